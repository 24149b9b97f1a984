"""The kernel's round trips to the edges against the distances that they have to cross.

A path's expected delay to edge j is the base delay of its distances plus a last mile, which is
unknown, the same for all edges, and integrated over its quantiles, by the type of network where the
visitor's own is known; what is measured spreads around it by a Student t (ν = 4, σ = 0.35) in the
logarithm, heavy enough for detours and queues:

    P(ln r_1 … ln r_J | path) = mean_q Π_j [ (1 − κ) t( (ln r_j − ln(base_j + L_q)) / σ ) + κ / 9 ]

    direct                       base_j from the country's places to edge j, by where people live
    VPN, roaming                 base(c, x) + base(x, edge j)
    proxy, relay, Tor, fronted   base(x, edge j): what is behind the exit shows in no kernel

Of an edge without a kernel delay the application's stands in. That one crosses the whole path in
every transport, as through a VPN.

r below 3 ms counts as 3 ms: a short last mile is nothing to suspect. κ = 0.02 is the chance that an
edge does not stand where it says: the hypothesis of a wrong ``EDGE_LOCATION``, by itself for each
edge. It also bounds what a delay can do: an impossible one costs every transport the same few nats,
so alone it raises no alarm, and with several landmarks a wrong one is outvoted. An exit that no
database names may be anywhere: 1 / 9.

w = 0.5: a consistency test, not an estimator of the country. A missing delay or place adds 0.

Source: base delay `atlas.delay`, fitted. σ widens the fitted spread (0.233, between data centres)
for end users; the last miles lie between published spreads of home lines (3 to 14 ms), WiFi, LTE
(17 to 45 ms) and Starlink; w and κ are judgement.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from attrs import field, frozen

from octet.schema.verdict import Location
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.atlas.delay import base_delay_ms
from octet.service.atlas.sphere import distance_km
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport
from octet.service.engine.paths import Landmark
from octet.service.engine.places import Places

WEIGHT = 0.5
LAST_MILE_MS = np.array([1.0, 5.0, 12.0, 30.0, 60.0], np.float32)
LAST_MILE = {
    int(AsType.ACCESS): np.array([0.20, 0.35, 0.30, 0.10, 0.05], np.float32),
    int(AsType.MOBILE): np.array([0.02, 0.08, 0.30, 0.40, 0.20], np.float32),
    int(AsType.SATELLITE): np.array([0.00, 0.02, 0.08, 0.45, 0.45], np.float32),
}
"""P(L | type of a direct visitor's network); all alike where that says nothing."""
_ANY_MILE = np.full(len(LAST_MILE_MS), 1.0 / len(LAST_MILE_MS), np.float32)
SPREAD, FREEDOM = 0.35, 4.0
SHORTEST_MS, LONGEST_MS = 3.0, 10_000.0
MISPLACED = 0.02
FLAT = 1.0 / 9.0
"""1 over the width of ln r from 1 ms to 10 s, rounded."""
_PEAK = 3.0 / 8.0 / SPREAD
"""The t density with four degrees of freedom at its centre."""
EDGES_KEPT = 256
"""Edge locations whose distances are kept: a deployment has a handful."""
THROUGH = (Transport.VPN, Transport.ROAMING)
"""The kernel's round trip crosses the whole path through the exit."""
ENDED = (Transport.PROXY, Transport.RELAY, Transport.TOR, Transport.FRONTED)
"""It ends at the exit."""


@frozen(eq=False)
class Delay:
    """The delay family of one atlas."""

    between_ms: Array
    """(C, C) base delay between two countries."""
    _paths: "_Paths" = field(repr=False, eq=False)

    @classmethod
    def of(cls, atlas: Atlas, places: Places) -> "Delay":
        """Return the family over the distances of *atlas*."""
        return cls(base_delay_ms(atlas.distance_km).astype(np.float32), _Paths(places))

    def evidence(self, facts: Sequence[Facts], named: Array, network: Array) -> Evidence:
        """Return w log P(r | c, s, x), over (B, S, K, C).

        Args:
            facts: B of them.
            named: (B, D) the countries of the exit slots, -1 for unused ones.
            network: (B,) `AsType`, -1 when unknown: a direct visitor's own last mile.
        """
        shape = (len(facts), len(Transport), named.shape[1] + 2, len(self.between_ms))
        out = np.zeros(shape, np.float32)
        for row, fact in enumerate(facts):
            if fact.landmarks:
                self._fill(out[row], fact.landmarks, named[row], int(network[row]))
        return Evidence("delay", Group.TIMING, path=out)

    def _fill(self, out: Array, landmarks: Sequence[Landmark], named: Array, network: int) -> None:
        """Write one envelope's (S, K, C)."""
        seen = [mark for mark in landmarks if mark.kernel_ms is not None]
        rest = [mark for mark in landmarks if mark.kernel_ms is None]
        own, any_mile = self._direct([*seen, *rest], network)
        out[Transport.DIRECT] = WEIGHT * own
        out[THROUGH, :] = WEIGHT * self._through([*seen, *rest], named, any_mile)
        ended = self._ended(self._direct(seen)[1] if rest else any_mile, len(seen), named)
        if rest:
            ended = ended + self._through(rest, named, self._direct(rest)[1])
        out[ENDED, :] = WEIGHT * ended

    def _direct(self, landmarks: Sequence[Landmark], network: int = -1) -> Array:
        """Return log P(r | direct from c), (2, C): over this network's last mile, and over any."""
        density: Array = np.ones((1, 1), np.float32)
        for mark in landmarks:
            log_expected, _ = self._paths.to_edge(mark.place)
            density = density * _density(_log_ms(mark) - log_expected)
        if density.size == 1:
            return np.zeros((2, len(self.between_ms)), np.float32)
        weights = np.stack([LAST_MILE.get(network, _ANY_MILE), _ANY_MILE])
        return _log(self._paths.by_country(weights @ density))

    def _through(self, landmarks: Sequence[Landmark], named: Array, direct: Array) -> Array:
        """Return log P(r | from c through x), (K, C); slot 0, the own country, is near *direct*."""
        exits = np.maximum(named, 0)
        density: Array = np.ones(1, np.float32)
        for mark in landmarks:
            _, to_edge_ms = self._paths.to_edge(mark.place)
            legs = self.between_ms[exits] + to_edge_ms[exits][:, None]
            expected = np.log(legs[:, None] + LAST_MILE_MS[:, None])
            density = density * _density(_log_ms(mark) - expected)
        out = np.full((len(named) + 2, len(direct)), len(landmarks) * np.log(FLAT), np.float32)
        out[0] = direct
        out[1:-1] = _log(density.sum(axis=1)) - np.float32(np.log(len(LAST_MILE_MS)))
        return out

    def _ended(self, at_exit: Array, landmarks: int, named: Array) -> Array:
        """Return log P(r | from x), (K, C), out of that of every country."""
        out = np.full((len(named) + 2, len(at_exit)), landmarks * np.log(FLAT), np.float32)
        out[0] = at_exit
        out[1:-1] = at_exit[np.maximum(named, 0)][:, None]
        return out


class _Paths:
    """Expected delays from everywhere to an edge; remembers the edges it has seen.

    A bounded memory of a pure function: it changes speed, never an answer.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self.by_country = places.by_country
        self.to_edge = lru_cache(maxsize=EDGES_KEPT)(self._to_edge)

    def _to_edge(self, edge: Location) -> tuple[Array, Array]:
        """Return ln(base + last mile), (Q, N), and the mean base delay, (C,), in ms."""
        lat, lon = self._places.lat, self._places.lon
        away = distance_km(lat=lat, lon=lon, to_lat=edge.lat, to_lon=edge.lon)
        base = base_delay_ms(away).astype(np.float32)
        return np.log(base + LAST_MILE_MS[:, None]), self.by_country(base)


def _log_ms(mark: Landmark) -> np.float32:
    ms = mark.app_ms if mark.kernel_ms is None else mark.kernel_ms
    return np.float32(np.log(min(max(ms or 0.0, SHORTEST_MS), LONGEST_MS)))


def _density(away: Array) -> Array:
    """Return (1 − κ) t + κ / 9 of *away* nats, t = peak · (1 + u²)^(-5/2) having ν = 4."""
    away *= away
    away *= np.float32(1.0 / (FREEDOM * SPREAD * SPREAD))
    away += np.float32(1.0)
    root = np.sqrt(away)
    away *= away
    away *= root
    np.divide(np.float32((1.0 - MISPLACED) * _PEAK), away, out=away)
    away += np.float32(MISPLACED * FLAT)
    return away


def _log(density: Array) -> Array:
    return np.asarray(np.log(density))
