"""The gap between layers, composed of measured legs: what a proxy shows, and what none shows.

A proxy at node x, a user at node u: the kernel sees edge to x, the application that and x to u, so
Δ = rtt(x, u) + noise. The legs are pings between servers, the noise is that of real browsers over
lines without a proxy. Users have a last mile on top, which makes real gaps longer than these.
"""

import math
from typing import Any, Final

import numpy as np

from benchmarks.accuracy.components.matrices import Matrix
from benchmarks.accuracy.components.shares import of_pairs, quantile
from benchmarks.accuracy.scores import TAIL
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport
from octet.service.engine.likelihoods import CrossLayer

SHORT_MS: Final = (10.0, 20.0)
FALSE_ALARMS: Final = (0.01, 0.001)
GRID_MS: Final = np.round(np.geomspace(0.5, 500.0, 61), 3)
BISECTIONS: Final = 40
DRAWS: Final = 20
"""Noises that every pair is detected with, drawn from those measured."""


def measure(
    atlas: Atlas, matrix: Matrix, noise_ms: Array, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the distribution of gaps, and how many a threshold on Δ finds."""
    there = matrix.measured
    same = matrix.country[:, None] == matrix.country
    groups = {"cross-border": there & ~same, "same country": there & same}
    leg_ms = np.where(there, matrix.rtt_ms, np.nan)
    return {
        "nodes": len(matrix.names),
        "groups": {
            name: _group(leg_ms, chosen, noise_ms, rng) | {"curve": _curve(leg_ms, chosen)}
            for name, chosen in groups.items()
            if chosen.any()
        },
        "noise": {
            "visits": len(noise_ms),
            "median": float(np.median(noise_ms)),
            "p99": float(np.quantile(noise_ms, 0.99)),
            "most": float(noise_ms.max()),
            "curve": [float((noise_ms <= ms).mean()) for ms in GRID_MS],
        },
        "gridMs": GRID_MS.tolist(),
        "engine": _engine(atlas),
    }


def thresholds_ms(noise_ms: Array) -> dict[str, dict[str, float]]:
    """Return the Δ that so many visits without a proxy exceed, and what is known of that share.

    Of fewer visits than 1 / share the largest Δ stands in. The bound is the upper end of 95 %.
    """
    found = {}
    for alarms in FALSE_ALARMS:
        many = len(noise_ms) * alarms >= 1.0
        at = float(np.quantile(noise_ms, 1.0 - alarms, method="higher") if many else noise_ms.max())
        over = int((noise_ms > at).sum())
        found[str(alarms)] = {
            "ms": at,
            "falseAlarms": over / len(noise_ms),
            "bound": upper_bound(over, len(noise_ms)),
        }
    return found


def upper_bound(hits: int, trials: int) -> float:
    """Return the share at which no more than *hits* come about in one of forty runs.

    Source: Clopper and Pearson 1934.
    """
    low, high = hits / trials, 1.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        terms = (
            math.exp(
                math.lgamma(trials + 1)
                - math.lgamma(k + 1)
                - math.lgamma(trials - k + 1)
                + k * math.log(middle)
                + (trials - k) * math.log1p(-middle)
            )
            for k in range(hits + 1)
        )
        low, high = (middle, high) if math.fsum(terms) > TAIL else (low, middle)
    return high


def _group(
    leg_ms: Array, chosen: Array, noise_ms: Array, rng: np.random.Generator
) -> dict[str, Any]:
    short = {
        str(below): of_pairs(lambda w, b=below: _share(leg_ms < b, w), chosen, rng)  # type: ignore[misc]
        for below in SHORT_MS
    }
    median = of_pairs(lambda w: quantile(leg_ms, w, 0.5), chosen, rng)
    noise = rng.choice(noise_ms, size=(DRAWS, *leg_ms.shape))
    found = {}
    for alarms, threshold in thresholds_ms(noise_ms).items():
        caught = (leg_ms + noise > threshold["ms"]).mean(axis=0)
        found[alarms] = threshold | {
            "detected": of_pairs(lambda w, c=caught: _share(c, w), chosen, rng)  # type: ignore[misc]
        }
    return {"pairs": int(chosen.sum()), "below": short, "medianMs": median, "detection": found}


def _share(hits: Array, weights: Array) -> float:
    total = float(weights.sum())
    return float((np.nan_to_num(hits) * weights).sum() / total) if total else float("nan")


def _curve(leg_ms: Array, chosen: Array) -> list[float]:
    """Return the cumulative share of gaps without noise over the grid."""
    ordered = np.sort(leg_ms[chosen])
    return [float(np.searchsorted(ordered, ms, side="right") / len(ordered)) for ms in GRID_MS]


def _engine(atlas: Atlas) -> list[dict[str, float]]:
    """Return the nats that Δ gives a proxy over a direct path, of a German beside his own exit."""
    country = atlas.country_row["DE"]
    facts = [
        Facts(source_ip="192.0.2.1", delta_ms=ms, kernel_ms=20.0, volleys=24, received_at_ms=0)
        for ms in (0.5, 1, 2, 4, 8, 16, 32, 64, 128)
    ]
    named = np.full((len(facts), 1), country)
    path = CrossLayer.of(atlas).evidence(facts, named, np.full(len(facts), -1)).path
    gained = path[:, Transport.PROXY, 1, country] - path[:, Transport.DIRECT, 1, country]
    return [
        {"deltaMs": float(fact.delta_ms or 0.0), "nats": float(nats)}
        for fact, nats in zip(facts, gained, strict=True)
    ]
