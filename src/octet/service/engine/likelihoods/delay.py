"""The kernel's round trip to the edge against the distance that it has to cross.

A path's expected delay is the base delay of its distances plus a last mile, which is unknown and
integrated over its quantiles; what is measured spreads around it by a Student t (ν = 4, σ = 0.35)
in the logarithm, heavy enough for detours and queues:

    P(ln r | d) = (1 − κ) mean_q t( (ln r − ln(base(d) + L_q)) / σ ) + κ / 9

    direct                  d from the country's places to the edge
    VPN, roaming            base(c, x) + base(x, edge)
    proxy, relay, Tor       base(x, edge): what is behind the exit does not show in the kernel

r below 3 ms counts as 3 ms: a short last mile is nothing to suspect. κ = 0.02 is the chance that
the edge does not stand where it says. It also bounds what a delay can do: an impossible one costs
every transport the same few nats, so by itself it raises no alarm. An exit that no database names
may be anywhere: 1 / 9.

w = 0.5: a consistency test, not an estimator of the country. A missing delay or place adds 0.

Source: base delay `atlas.delay`. The last miles are ours, between published spreads of home lines
(3 to 14 ms), WiFi, LTE (17 to 45 ms) and Starlink.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from attrs import field, frozen

from octet.schema.verdict import Location
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.atlas.delay import base_delay_ms
from octet.service.atlas.sphere import distance_km
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport
from octet.service.engine.likelihoods.ip import by_slot

WEIGHT = 0.5
LAST_MILE_MS = np.array([1.0, 5.0, 12.0, 30.0, 60.0])
SPREAD, FREEDOM = 0.35, 4.0
SHORTEST_MS, LONGEST_MS = 3.0, 10_000.0
MISPLACED = 0.02
FLAT = 1.0 / 9.0
"""1 over the width of ln r from 1 ms to 10 s, rounded."""
_PEAK = 3.0 / 8.0 / SPREAD
"""The t density with four degrees of freedom at its centre."""
EDGES_KEPT = 256
"""Edge locations whose distances are kept: a deployment has a handful."""


@frozen(eq=False)
class Delay:
    """The delay family of one atlas."""

    atlas: Atlas
    between_ms: Array
    """(C, C) base delay between two countries."""
    _paths: "_Paths" = field(repr=False, eq=False)

    @classmethod
    def of(cls, atlas: Atlas) -> "Delay":
        """Return the family over the places of *atlas*."""
        return cls(atlas, base_delay_ms(atlas.distance_km), _Paths(atlas))

    def evidence(self, facts: Sequence[Facts], named: Array) -> Evidence:
        """Return w log P(r | c, s, x), (B, C, S, 1, K).

        Args:
            facts: B of them.
            named: (B, D) the countries of the exit slots, -1 for unused ones.
        """
        countries, slots = len(self.atlas.countries), named.shape[1] + 2
        out = np.zeros((len(facts), countries, len(Transport), 1, slots))
        for row, fact in enumerate(facts):
            if fact.kernel_ms is not None and fact.edge is not None:
                self._fill(out[row, :, :, 0], fact.kernel_ms, fact.edge, named[row])
        return Evidence("delay", Group.TIMING, out)

    def _fill(self, out: Array, ms: float, edge: Location, named: Array) -> None:
        """Write one envelope's (C, S, K)."""
        log_ms = np.log(np.clip(ms, SHORTEST_MS, LONGEST_MS))
        log_expected, to_edge_ms = self._paths.to_edge(edge)
        near = _density(log_ms - log_expected)
        direct = np.einsum("cpq,cp->c", near, self.atlas.point_weight) / len(LAST_MILE_MS)
        at_exit = by_slot(_log(direct)[None], np.log([FLAT]), named[None])[0]

        legs = by_slot((np.diagonal(self.between_ms) + to_edge_ms)[None], np.ones(1), named[None])[
            0
        ]
        exits = np.maximum(named, 0)
        legs[:, 1:-1] = self.between_ms[:, exits] + to_edge_ms[exits]
        tunnel = _density(log_ms - np.log(legs[:, :, None] + LAST_MILE_MS)).mean(axis=2)
        through = _log(tunnel)
        through[:, -1] = np.log(FLAT)

        for transport in Transport:
            tunnelled = transport in (Transport.VPN, Transport.ROAMING)
            out[:, transport] = WEIGHT * (through if tunnelled else at_exit)


class _Paths:
    """Expected delays from everywhere to an edge; remembers the edges it has seen.

    A bounded memory of a pure function: it changes speed, never an answer.
    """

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self.to_edge = lru_cache(maxsize=EDGES_KEPT)(self._to_edge)

    def _to_edge(self, edge: Location) -> tuple[Array, Array]:
        """Return ln(base + last mile), (C, P, Q), and the mean base delay, (C,), in ms."""
        atlas = self._atlas
        lat, lon = atlas.point_lat, atlas.point_lon
        away = distance_km(lat=lat, lon=lon, to_lat=edge.lat, to_lon=edge.lon)
        base = base_delay_ms(away)
        return np.log(base[:, :, None] + LAST_MILE_MS), (base * atlas.point_weight).sum(axis=1)


def _density(away: Array) -> Array:
    """Return the Student t density with ν = 4 of *away* nats: peak · (1 + u²)^(-5/2)."""
    spread = 1.0 + np.square(away) * (1.0 / (FREEDOM * SPREAD * SPREAD))
    return np.asarray(_PEAK / (spread * spread * np.sqrt(spread)))


def _log(density: Array) -> Array:
    return np.asarray(np.log((1.0 - MISPLACED) * density + MISPLACED * FLAT))
