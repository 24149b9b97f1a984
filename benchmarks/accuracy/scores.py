"""Numbers from answers, and how far they may be trusted."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array

RESAMPLES: Final = 400
TAIL: Final = 0.025
BINS: Final = 15
LEAST: Final = 1e-6
"""No probability is taken for smaller, or for nearer to 1: one session may not outweigh all."""


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


class Bootstrap:
    """Draws worlds and networks again, for one set of sessions.

    Sessions of one world resemble each other, and so do sessions through one network, in whatever
    world: both are drawn with replacement, and a session counts as often as its world was drawn,
    times as often as its network was. That is a little too wide rather than too narrow.

    Source: Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1 (2007).
    """

    def __init__(self, world: Array, network: Array, rng: np.random.Generator) -> None:
        """Draw; *world* and *network* are (N,) numbers.

        Raises:
            ValueError: there are no sessions.
        """
        if not len(world):
            raise ValueError("no sessions")
        self._worlds, self._world = np.unique(world, return_inverse=True)
        networks, self._network = np.unique(network, return_inverse=True)
        pair = self._world * len(networks) + self._network
        pairs, self._pair = np.unique(pair, return_inverse=True)
        self._times = _drawn(len(self._worlds), rng)[:, pairs // len(networks)]
        self._times *= _drawn(len(networks), rng)[:, pairs % len(networks)]

    def times(self, number: int) -> Array:
        """Return how often each session counts in a resample, (N,)."""
        return np.asarray(self._times[number, self._pair])

    def rate(self, hits: Array) -> Rate:
        """Return how often *hits*, (N,) in [0, 1], are.

        Where nothing or everything hit, no resample tells how rare the opposite is; there the end
        of the interval is the binomial one, 1 − 0.025^(1/n).
        """
        sizes = np.bincount(self._pair)
        sums = np.bincount(self._pair, weights=hits)
        drawn = self._times @ sizes
        again = (self._times @ sums)[drawn > 0] / drawn[drawn > 0]
        total, value = len(hits), float(hits.mean())
        low, high = np.quantile(again, [TAIL, 1.0 - TAIL])
        if value == 0.0:
            high = 1.0 - TAIL ** (1.0 / total)
        if value == 1.0:
            low = TAIL ** (1.0 / total)
        shares = np.bincount(self._world, weights=hits) / np.bincount(self._world)
        return Rate(value, float(low), float(high), float(shares.min()), float(shares.max()), total)


def _drawn(count: int, rng: np.random.Generator) -> Array:
    """Return how often each of *count* is drawn, (RESAMPLES, count)."""
    return rng.multinomial(count, np.full(count, 1.0 / count), size=RESAMPLES).astype(np.float32)


def reliability(confidence: Array, right: Array, weight: Array) -> list[Bin]:
    """Return bins of equal weight, by rising confidence."""
    order = np.argsort(confidence, kind="stable")
    confidence, right, weight = confidence[order], right[order], weight[order]
    reached = np.cumsum(weight) / weight.sum()
    place = np.minimum((reached * BINS - 1e-9).astype(int), BINS - 1)
    share = np.bincount(place, weights=weight)
    sure = np.bincount(place, weights=weight * confidence)
    found = np.bincount(place, weights=weight * right)
    return [
        Bin(float(sure[n] / share[n]), float(found[n] / share[n]), float(share[n] / share.sum()))
        for n in np.flatnonzero(share)
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: Σ weight · |confidence − share right|."""
    return sum(one.weight * abs(one.confidence - one.right) for one in bins)


def log_loss(confidence: Array, right: Array, weight: Array) -> float:
    """Return the mean of −ln of what was said of what came out, nats."""
    said = np.clip(np.where(right, confidence, 1.0 - confidence), LEAST, 1.0)
    return float(np.average(-np.log(said), weights=weight))


def brier(confidence: Array, right: Array, weight: Array) -> float:
    """Return the mean square of what confidence is off by."""
    return float(np.average((confidence - right) ** 2, weights=weight))


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
