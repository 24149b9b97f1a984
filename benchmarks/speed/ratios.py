"""Numbers from rounds: medians, and how far they may be trusted."""

import random
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final

from attrs import frozen

from benchmarks.speed.loading import Outcome

RESAMPLES: Final = 2000
TAIL: Final = 0.025


@frozen
class Estimate:
    """A median over rounds, with its bootstrap interval of 95 %."""

    middle: float
    low: float
    high: float
    rounds: int


def estimate(values: Sequence[float], *, seed: int = 0) -> Estimate:
    """Return the median of *values* and its interval.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("no round")
    source = random.Random(seed)  # noqa: S311 - a bootstrap, no secret
    again = sorted(median(source.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = int(TAIL * RESAMPLES)
    return Estimate(median(values), again[cut], again[-cut - 1], len(values))


def cost_us(outcome: Outcome) -> float:
    """Return the server's processor time for one of what an exchange carries, microseconds."""
    each: int = outcome.setting.get("each", 1)
    return outcome.processor_seconds / outcome.done / each * 1e6


def by_round(outcomes: Sequence[Outcome], program: str) -> Mapping[int, Outcome]:
    """Return the good windows of *program*."""
    return {o.round: o for o in outcomes if o.program == program and o.good}


def ratio(
    outcomes: Sequence[Outcome],
    program: str,
    to: str,
    of: Callable[[Outcome], float] = cost_us,
) -> Estimate | None:
    """Return how *of* one program stands to that of another, round by round; None: no round."""
    ours, theirs = by_round(outcomes, program), by_round(outcomes, to)
    both = sorted(ours.keys() & theirs.keys())
    return estimate([of(ours[r]) / of(theirs[r]) for r in both]) if both else None
