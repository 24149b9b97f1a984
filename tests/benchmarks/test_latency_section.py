"""Windows of an open loop: whose load was late itself is told, and gives no target."""

from benchmarks.speed.loading import Histogram, Outcome
from benchmarks.speed.sections.latency import lagged, timely
from benchmarks.speed.tables import latency
from benchmarks.speed.targets import TARGETS, Target

AT_HALF = next(target for target in TARGETS if target.section == "latency")


def paced(program: str, number: int, p99_us: int, lag_us: int = 10, **more: float) -> Outcome:
    return Outcome(
        program=program,
        round=number,
        mode="paced",
        seconds=1.0,
        done=100,
        processor_seconds=0.5,
        latency=Histogram.of([1000] * 90 + [p99_us] * 10),
        lag=Histogram.of([lag_us] * 100),
        setting={"share": 0.5, "delayMs": 0, "rate": 100.0, **more},
    )


def test_a_window_whose_load_was_late() -> None:
    """The load is late when its own lag is a quarter of what it measured."""
    assert not lagged(paced("octet", 0, 4000, lag_us=900))
    assert lagged(paced("octet", 0, 4000, lag_us=1100))


def test_late_windows_count_only_where_all_are() -> None:
    """A late window is left out beside one that was in time."""
    late, good = paced("octet", 0, 4000, lag_us=3000), paced("octet", 1, 4000)
    assert timely([late, good]) == [good]
    assert timely([late]) == [late]


def number(target: Target, outcomes: list[Outcome]) -> float | None:
    reached = target.number(outcomes)
    return reached.middle if reached else None


def test_the_target_is_a_ratio_of_windows_in_time() -> None:
    """A round counts where neither load was late, and the upstream's delay is its own."""
    ours = [paced("octet", 0, 9000, lag_us=8000), paced("octet", 1, 4000)]
    theirs = [paced("go-edge", 0, 2000), paced("go-edge", 1, 2000)]
    assert 1.9 < (number(AT_HALF, [*ours, *theirs]) or 0) < 2.1
    assert number(AT_HALF, [ours[0], theirs[0]]) is None
    assert number(AT_HALF, [paced("octet", 0, 1, delayMs=5), paced("go-edge", 0, 1)]) is None


def test_the_table_tells_lag_and_what_is_added() -> None:
    """A row says how many windows were late, and what an edge adds to the upstream alone."""
    rows = latency(
        [
            paced("octet", 0, 9000, lag_us=8000),
            paced("octet", 1, 4000),
            paced("direct", 0, 1000),
            paced("direct", 1, 1000),
        ]
    )
    [edge] = [row for row in rows if "Octet's edge" in row]
    [direct] = [row for row in rows if "stand-in" in row]
    assert edge.endswith("| 1 of 2 |")
    assert direct.endswith("| 0 of 2 |")
    cells = [cell.strip() for cell in edge.split("|")]
    assert cells[1] == "50%"
    assert 3.9 < float(cells[7]) < 4.1  # p99, of the window in time
    assert float(cells[9]) == 0  # the median is the upstream's own
