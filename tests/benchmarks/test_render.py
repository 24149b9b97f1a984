"""The page says what was measured, and what failed."""

from pathlib import Path

from attrs import evolve

from benchmarks.speed.loading import Histogram, Outcome
from benchmarks.speed.render import render
from benchmarks.speed.results import Result, read, write
from benchmarks.speed.tables import ENGINE

ENVIRONMENT = {
    "at": "2026-01-01T00:00:00+00:00",
    "cpu": "a processor",
    "cores": 2,
    "memoryMib": 1024,
    "kernel": "6",
    "python": "3.11",
    "openssl": "3",
    "loadAverage": [0.0, 0.0, 0.0],
    "bodyBytes": 1700,
    "seed": 1,
    "quick": False,
    "packages": {"trio": "1"},
    "programs": {"go": "go 1"},
    "commit": "abcdef1",
}


def posts(program: str, processor_s: float, **failed: int) -> Outcome:
    return Outcome(
        program=program,
        round=0,
        mode="posts",
        seconds=1.0,
        done=1000,
        failed=failed,
        processor_seconds=processor_s,
        latency=Histogram.of([100, 200]),
    )


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    """What is kept is all that was measured."""
    result = Result("posts", ENVIRONMENT, [posts("octet", 0.1)], failure="it broke", took_s=2.5)
    write(result, tmp_path)
    assert read("posts", tmp_path) == result
    assert read("visits", tmp_path) is None


def test_page(tmp_path: Path) -> None:
    """A target that is met, one that is missed and one that was not measured are told apart."""
    outcomes = [posts("octet", 0.1), posts("naive", 2.5), posts("aiohttp", 0.2)]
    write(Result("posts", ENVIRONMENT, outcomes), tmp_path)
    page = tmp_path / "page.md"
    render(tmp_path, page)
    text = page.read_text()
    assert (
        "| posts: × naive | ≥ 20 | 25 | 25 – 25 | yes | 1 | [posts](./speed-posts.json) |" in text
    )
    assert "| posts: × aiohttp | ≥ 3 | 2 | 2 – 2 | **no** |" in text
    assert "| visits: × edge in Go | ≥ 0.6 | not measured |" in text
    assert (tmp_path / "performance/posts.svg").exists()


def test_a_failed_run_is_shown_as_failed(tmp_path: Path) -> None:
    """A window with failures gives no number, and the page says what failed."""
    outcomes = [posts("octet", 0.1), posts("naive", 2.5, dial=3)]
    write(Result("posts", ENVIRONMENT, outcomes, failure="out of ports"), tmp_path)
    page = tmp_path / "page.md"
    render(tmp_path, page)
    text = page.read_text()
    assert "**This run failed:** `out of ports`" in text
    assert "- naive, round 0: **failed**, 3 × dial" in text
    assert "| naive: Quart-Trio, httpx | failed |" in text
    assert "| posts: × naive | ≥ 20 | **failed** |" in text


def test_runs_are_told_apart(tmp_path: Path) -> None:
    """Each section, and each target, says of which run it is."""
    later = ENVIRONMENT | {"at": "2026-02-02T00:00:00+00:00"}
    write(Result("posts", ENVIRONMENT, [posts("octet", 0.1), posts("naive", 2.5)]), tmp_path)
    write(Result("visits", later, [posts("octet", 0.3), posts("go-edge", 0.1)]), tmp_path)
    page = tmp_path / "page.md"
    render(tmp_path, page)
    text = page.read_text()
    assert f"**Run {ENVIRONMENT['at']}**: posts." in text
    assert f"**Run {later['at']}**: visits." in text
    targets = {row.split("|")[1].strip(): row for row in text.splitlines() if "≥" in row}
    assert targets["posts: × naive"].endswith(f"| {ENVIRONMENT['at']} |")
    assert targets["visits: × edge in Go"].endswith(f"| {later['at']} |")


def test_every_section_is_drawn(tmp_path: Path) -> None:
    """Sections of each kind have a table and a picture that need nothing but what is kept."""
    times = Histogram.of([1000, 2000])
    engine = {name: {"p50": 0.5, "p95": 0.6, "p99": 0.7} for name in ENGINE}
    windows = {
        "latency": evolve(
            posts("octet", 0.1), lag=times, setting={"share": 0.5, "delayMs": 0, "rate": 10.0}
        ),
        "idle": evolve(posts("octet", 0.1), setting={"connections": 10, "kibEach": 20.0}),
        "workers": posts("workers-1", 0.1),
        "cold-start": posts("octet", 0.1),
        "service": evolve(posts("service", 0.64), beside_seconds=0.064, setting={"each": 64}),
        "polls": evolve(
            posts("service-1000", 0.1),
            posts=times,
            setting={"polls": 1000, "kibEach": 30.0, "holdShare": 0.02},
        ),
        "engine": evolve(
            posts("engine", 0.1),
            setting=engine | {"startUp": {"readyCpuS": 1.0, "peakMiB": 90.0}},
        ),
    }
    for name, outcome in windows.items():
        write(Result(name, ENVIRONMENT, [outcome]), tmp_path)
    page = tmp_path / "page.md"
    render(tmp_path, page)
    text = page.read_text()
    for name in windows:
        assert f"![{name}](performance/{name}.svg)" in text
        assert (tmp_path / f"performance/{name}.svg").read_text().startswith("<?xml")
    assert "| memory | 10 | 10 – 10 | 100,000 |" in text  # a batch's cost is shared by its verdicts
    assert "| memory | 1,000 | 30 | 2.0% |" in text
    assert "| a verdict, alone | 0.5 | 0.6 | 0.7 |" in text
