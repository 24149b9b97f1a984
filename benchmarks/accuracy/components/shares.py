"""Shares and quantiles of what is not independent, with intervals over the groups that are."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from benchmarks.accuracy.scores import TAIL
from octet.service.atlas.container import Array

RESAMPLES: Final = 500


def share(hits: Array, groups: Array, rng: np.random.Generator) -> Mapping[str, float]:
    """Return the mean of *hits*, with an interval of 95 % over *groups*.

    The bootstrap draws groups, never members. Where nothing or everything hit, the end of the
    interval is the binomial one over groups.

    Args:
        hits: (N,) of 0 to 1.
        groups: (N,) number of the node, country or network.
        rng: of the bootstrap.
    """
    _, at = np.unique(groups, return_inverse=True)
    count, total = np.bincount(at), np.bincount(at, weights=hits)
    drawn = rng.integers(len(count), size=(RESAMPLES, len(count)))
    again = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    low, high = np.quantile(again, [TAIL, 1.0 - TAIL])
    value = float(np.mean(hits))
    if value == 0.0:
        high = 1.0 - TAIL ** (1.0 / len(count))
    if value == 1.0:
        low = TAIL ** (1.0 / len(count))
    return {"value": value, "low": float(low), "high": float(high), "groups": len(count)}


def of_pairs(
    statistic: Callable[[Array], float], chosen: Array, rng: np.random.Generator
) -> Mapping[str, float]:
    """Return a statistic of pairs of nodes, with an interval over the nodes.

    A pair counts as often as both its nodes were drawn: pairs of one node resemble each other.

    Args:
        statistic: of the weights of all pairs, (N, N), 0 where a pair is not chosen.
        chosen: (N, N) bool.
        rng: of the bootstrap.
    """
    again = []
    for _ in range(RESAMPLES // 2):
        times = np.bincount(rng.integers(len(chosen), size=len(chosen)), minlength=len(chosen))
        again.append(statistic(chosen * np.outer(times, times)))
    low, high = np.nanquantile(again, [TAIL, 1.0 - TAIL])
    return {"value": statistic(chosen.astype(float)), "low": float(low), "high": float(high)}


def quantile(values: Array, weights: Array, share_below: float) -> float:
    """Return the weighted quantile of *values*, any shape; NaN where nothing weighs."""
    kept = weights > 0
    if not kept.any():
        return float("nan")
    order = np.argsort(values[kept])
    reached = np.cumsum(weights[kept][order])
    at = int(np.searchsorted(reached, share_below * reached[-1]))
    return float(values[kept][order][min(at, len(order) - 1)])
