"""What the edge and the service are to reach, each as a number of one run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import frozen

from benchmarks.speed.loading import Outcome
from benchmarks.speed.ratios import Estimate, cost_us, estimate, ratio
from benchmarks.speed.results import Result
from benchmarks.speed.sections.latency import DELAYS_MS, lagged

Results = Mapping[str, Result]


@frozen(kw_only=True)
class Target:
    """One of them."""

    text: str
    section: str
    goal: float
    at_least: bool
    """Whether more is better."""
    number: Callable[[Sequence[Outcome]], Estimate | None]

    def met(self, reached: Estimate) -> bool:
        """Whether the median reaches the goal."""
        return reached.middle >= self.goal if self.at_least else reached.middle <= self.goal


def _speed_beside(peer: str) -> Callable[[Sequence[Outcome]], Estimate | None]:
    return lambda outcomes: ratio(outcomes, peer, "octet")


def _at_half(outcomes: Sequence[Outcome], delay_ms: int) -> Sequence[Outcome]:
    """Return the windows at half of each one's capacity whose load was not late itself."""
    return [
        o
        for o in outcomes
        if o.setting["share"] == 0.5  # noqa: PLR2004
        and o.setting["delayMs"] == delay_ms
        and o.good
        and not lagged(o)
    ]


def _tail(delay_ms: int) -> Callable[[Sequence[Outcome]], Estimate | None]:
    def number(outcomes: Sequence[Outcome]) -> Estimate | None:
        half = _at_half(outcomes, delay_ms)
        return ratio(half, "octet", "go-edge", of=lambda outcome: quantile_us(outcome, 0.99))

    return number


def _middle_at_50_ms(outcomes: Sequence[Outcome]) -> Estimate | None:
    chosen = [o for o in _at_half(outcomes, 50) if o.program == "octet"]
    return estimate([quantile_us(o, 0.5) / 50_000 for o in chosen]) if chosen else None


def _idle_kib(outcomes: Sequence[Outcome]) -> Estimate | None:
    chosen = [o.setting["kibEach"] for o in outcomes if o.program == "octet" and o.good]
    return estimate(chosen) if chosen else None


def _second_worker(outcomes: Sequence[Outcome]) -> Estimate | None:
    return ratio(outcomes, "workers-2", "workers-1")


def _verdicts(outcomes: Sequence[Outcome]) -> Estimate | None:
    chosen = [1e6 / cost_us(o) for o in outcomes if o.program == "service" and o.good]
    return estimate(chosen) if chosen else None


def _verdict_ms(name: str) -> Callable[[Sequence[Outcome]], Estimate | None]:
    def number(outcomes: Sequence[Outcome]) -> Estimate | None:
        chosen = [o.setting[name]["p50"] for o in outcomes if o.good]
        return estimate(chosen) if chosen else None

    return number


def quantile_us(outcome: Outcome, share: float) -> float:
    """Return a quantile of the latency of *outcome*, microseconds."""
    assert outcome.latency is not None  # noqa: S101 - every paced window has one
    return outcome.latency.quantile_us(share)


TARGETS: Final = (
    Target(
        text="posts: × naive", section="posts", goal=20, at_least=True,
        number=_speed_beside("naive"),
    ),
    Target(
        text="posts: × aiohttp", section="posts", goal=3, at_least=True,
        number=_speed_beside("aiohttp"),
    ),
    Target(
        text="posts: × Go ReverseProxy", section="posts", goal=0.7, at_least=True,
        number=_speed_beside("go-proxy"),
    ),
    Target(
        text="visits: × edge in Go", section="visits", goal=0.6, at_least=True,
        number=_speed_beside("go-edge"),
    ),
    *(
        Target(
            text=f"p99 at half capacity, service {delay_ms} ms: × edge in Go",
            section="latency", goal=1.5, at_least=False, number=_tail(delay_ms),
        )
        for delay_ms in DELAYS_MS
    ),
    Target(
        text="p50 at half capacity, service 50 ms: × its delay",
        section="latency", goal=1.1, at_least=False, number=_middle_at_50_ms,
    ),
    Target(
        text="an idle TLS connection, KiB", section="idle", goal=30, at_least=False,
        number=_idle_kib,
    ),
    Target(
        text="a post with two workers: × with one", section="workers", goal=1.1, at_least=False,
        number=_second_worker,
    ),
    Target(
        text="verdicts a second a core, batches of 64", section="service", goal=1500, at_least=True,
        number=_verdicts,
    ),
    Target(
        text="a verdict alone, ms", section="engine", goal=1, at_least=False,
        number=_verdict_ms("verdictAloneMs"),
    ),
    Target(
        text="a verdict in a batch of 64, ms", section="engine", goal=0.3, at_least=False,
        number=_verdict_ms("verdictInBatchOf64Ms"),
    ),
)  # fmt: skip
