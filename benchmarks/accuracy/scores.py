"""Numbers from answers, and how far they may be trusted."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array

RESAMPLES: Final = 1000
TAIL: Final = 0.025
BINS: Final = 15


@frozen
class Rate:
    """A share of sessions, with its interval of 95 %."""

    value: float
    low: float
    high: float
    worst_low: float
    """The least of any world."""
    worst_high: float
    """The most of any world."""
    count: int


@frozen
class Bin:
    """Answers of about the same confidence."""

    confidence: float
    right: float
    weight: float


def rate(hits: Array, worlds: Array, rng: np.random.Generator) -> Rate:
    """Return how often *hits* is true.

    The bootstrap draws worlds, then sessions within each: sessions of a world resemble each other.
    Where nothing or everything hit, it cannot tell how rare the opposite is; there the end of the
    interval is the binomial one, 1 − 0.025^(1/n).

    Args:
        hits: (N,) bool.
        worlds: (N,) number of the world.
        rng: of the bootstrap.

    Raises:
        ValueError: there are no sessions.
    """
    if not len(hits):
        raise ValueError("no sessions")
    counts = np.bincount(worlds)
    there = counts > 0
    sizes, found = counts[there], np.bincount(worlds, weights=hits)[there]
    shares = found / sizes
    drawn = rng.integers(len(sizes), size=(RESAMPLES, len(sizes)))
    again = rng.binomial(sizes[drawn], shares[drawn]).sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(again, [TAIL, 1.0 - TAIL])
    total, value = len(hits), float(hits.mean())
    if value == 0.0:
        high = 1.0 - TAIL ** (1.0 / total)
    if value == 1.0:
        low = TAIL ** (1.0 / total)
    return Rate(value, float(low), float(high), float(shares.min()), float(shares.max()), total)


def reliability(confidence: Array, right: Array, weight: Array) -> list[Bin]:
    """Return bins of equal weight, by rising confidence."""
    order = np.argsort(confidence, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    place = np.minimum((reached * BINS - 1e-9).astype(int), BINS - 1)
    bins = []
    for number in np.unique(place):
        mine = order[place == number]
        share = weight[mine]
        bins.append(
            Bin(
                float(np.average(confidence[mine], weights=share)),
                float(np.average(right[mine], weights=share)),
                float(share.sum() / weight.sum()),
            )
        )
    return bins


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: Σ weight · |confidence − share right|."""
    return sum(one.weight * abs(one.confidence - one.right) for one in bins)


def risk_coverage(confidence: Array, right: Array, weight: Array) -> list[tuple[float, float]]:
    """Return (share answered, share of those wrong) for falling thresholds of confidence.

    Silence has confidence 0 and is answered last, wrongly. Equal confidences are one point.
    """
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(weight[order])
    wrong = np.cumsum(weight[order] * ~right[order])
    ends = np.append(np.flatnonzero(np.diff(confidence[order])), len(order) - 1)
    kept = ends[np.unique(np.linspace(0, len(ends) - 1, 60).astype(int))]
    return [(float(share[at] / share[-1]), float(wrong[at] / share[at])) for at in kept]
