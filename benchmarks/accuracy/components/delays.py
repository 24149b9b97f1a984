"""Consistency of delays on real round trips between servers: which claims they rule out.

A node is the visitor, other nodes are the edges, drawn anew; its claim is each country of the data.
Two tests: light (no place of the country is within 100 km a millisecond of every edge), and the
engine's delay family (the claim fits worse than the best country by some nats, where "some" is set
on the nodes of half of the countries at 1 % of true claims, and used on the others, both ways).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import define, field, frozen

from benchmarks.accuracy.components.matrices import Matrix
from benchmarks.accuracy.components.shares import share
from octet.schema.verdict import Location
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.atlas.delay import REACH_KM_PER_MS, base_delay_ms
from octet.service.atlas.sphere import distance_km
from octet.service.engine.facts import Facts
from octet.service.engine.feasible import SLACK_KM
from octet.service.engine.hypotheses import Transport, hypotheses
from octet.service.engine.likelihoods import Delay
from octet.service.engine.paths import Landmark
from octet.service.engine.places import Places

LANDMARKS: Final = (1, 3, 8)
FALSE_REJECTIONS: Final = 0.01
SPEEDS: Final = (200, 190, 180, 167, 160, 154, 145, 133)
"""km a millisecond one way: 200 is light in glass."""
QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@define(eq=False)
class Trials:
    """Visitors at nodes, T of them, against all C countries."""

    node: list[int] = field(factory=list)
    fit: list[Array] = field(factory=list)
    """(C,) the delay family's nats of a direct visitor in each country."""
    lit: list[Array] = field(factory=list)
    """(C,) whether light reaches a place of the country from every edge in time."""
    held: list[bool] = field(factory=list)
    """Whether the node itself is within reach of every edge."""


@frozen(eq=False)
class Judge:
    """The engine's delay family and its bound, of one atlas."""

    atlas: Atlas
    places: Places
    delay: Delay

    @classmethod
    def of(cls, atlas: Atlas) -> "Judge":
        """Return both over the places of *atlas*."""
        places = Places.of(atlas)
        return cls(atlas, places, Delay.of(atlas, places))

    def try_out(
        self, matrix: Matrix, landmarks: int, draws: int, rng: np.random.Generator
    ) -> Trials:
        """Draw edges for every node, *draws* times."""
        trials, measured = Trials(), matrix.measured
        for node in range(len(matrix.names)):
            others = np.flatnonzero(measured[:, node])
            if len(others) < landmarks:
                continue
            for _ in range(draws):
                edges = rng.choice(others, size=landmarks, replace=False)
                self._add(trials, matrix, node, edges)
        return trials

    def _add(self, trials: Trials, matrix: Matrix, node: int, edges: Array) -> None:
        marks = tuple(
            Landmark(
                place=Location(float(matrix.lat[edge]), float(matrix.lon[edge])),
                kernel_ms=float(matrix.rtt_ms[edge, node]),
            )
            for edge in edges
        )
        fact = Facts(source_ip="192.0.2.1", landmarks=marks, received_at_ms=0)
        found = self.delay.evidence([fact], np.full((1, 1), -1), np.array([int(AsType.HOSTING)]))
        trials.node.append(node)
        trials.fit.append(found.path[0, Transport.DIRECT, 0].astype(np.float64))
        trials.lit.append(self._lit(marks))
        away = matrix.away_km[edges, node]
        trials.held.append(bool((away <= _reach_km(matrix.rtt_ms[edges, node])).all()))

    def _lit(self, marks: Sequence[Landmark]) -> Array:
        within = np.ones(len(self.places.lat), dtype=bool)
        for mark in marks:
            away = distance_km(
                lat=self.places.lat,
                lon=self.places.lon,
                to_lat=mark.place.lat,
                to_lon=mark.place.lon,
            )
            within &= away <= _reach_km(mark.kernel_ms or 0.0)
        return np.logical_or.reduceat(within, self.places.first[:-1])


def measure(atlas: Atlas, matrix: Matrix, draws: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return rejections, ranks and bounds by number of edges."""
    judge, prior = Judge.of(atlas), hypotheses(atlas).log_country
    return {
        "nodes": len(matrix.names),
        "countries": len(set(matrix.country.tolist())),
        "pairs": int(matrix.measured.sum()),
        "draws": draws,
        "byLandmarks": {
            str(count): _claims(matrix, judge.try_out(matrix, count, draws, rng), prior, rng)
            for count in LANDMARKS
            if count < len(matrix.names)
        },
        "speeds": [_speed(matrix, speed, rng) for speed in SPEEDS],
        "residuals": residuals(matrix),
    }


def _claims(
    matrix: Matrix, trials: Trials, prior: Array, rng: np.random.Generator
) -> dict[str, Any]:
    node = np.array(trials.node)
    true = matrix.country[node]
    fit, lit = np.array(trials.fit), np.array(trials.lit)
    claims = np.unique(matrix.country)
    rows = np.arange(len(node))
    worse = fit.max(axis=1, keepdims=True) - fit
    refused = _refused(worse, true, rng)
    false = claims[None, :] != true[:, None]
    best, likeliest = fit.argmax(axis=1), (fit + prior).argmax(axis=1)
    among = claims[fit[:, claims].argmax(axis=1)]

    def of_false(rejected: Array) -> Mapping[str, float]:
        per_trial = (rejected[:, claims] & false).sum(axis=1) / false.sum(axis=1)
        return share(per_trial, true, rng)

    return {
        "trials": len(node),
        "light": {"false": of_false(~lit), "true": share(~lit[rows, true], true, rng)},
        "engine": {"false": of_false(refused), "true": share(refused[rows, true], true, rng)},
        "holdsTruth": share(np.array(trials.held), true, rng),
        "topOne": share(best == true, true, rng),
        "topOneAmongData": share(among == true, true, rng),
        "topOneWithPrior": share(likeliest == true, true, rng),
    }


def _refused(worse: Array, true: Array, rng: np.random.Generator) -> Array:
    """Return which claims fit too badly, (T, C), by a threshold from other countries' nodes."""
    countries = rng.permutation(np.unique(true))
    half = np.isin(true, countries[: len(countries) // 2])
    own = worse[np.arange(len(true)), true]
    refused = np.zeros(worse.shape, dtype=bool)
    for mine in (half, ~half):
        refused[mine] = worse[mine] > np.quantile(own[~mine], 1.0 - FALSE_REJECTIONS)
    return refused


def _speed(matrix: Matrix, speed: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return how many true places a bound of *speed* km/ms one way rules out."""
    there = matrix.measured
    away, rtt = matrix.away_km, np.where(there, matrix.rtt_ms, np.inf)
    bare = (away > speed / 2.0 * rtt) & there
    slack = (away > speed / 2.0 * rtt + SLACK_KM) & there
    node = np.broadcast_to(np.arange(len(matrix.names)), there.shape)[there]
    return {
        "kmPerMs": speed,
        "pairs": share(bare[there], node, rng),
        "pairsWithSlack": share(slack[there], node, rng),
        "nodesWithSlack": float(slack.any(axis=0).mean()),
    }


def residuals(matrix: Matrix) -> dict[str, Any]:
    """Return quantiles of ln(measured / base delay): what the shipped parameters leave."""
    there = matrix.measured
    left = np.log(matrix.rtt_ms[there] / base_delay_ms(matrix.away_km[there]))
    return {
        "pairs": int(there.sum()),
        "spread": float(left.std()),
        "quantiles": {str(q): float(np.quantile(left, q)) for q in QUANTILES},
    }


def _reach_km(rtt_ms: Any) -> Any:
    return REACH_KM_PER_MS * rtt_ms + SLACK_KM
