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

r counts in steps of five per cent, what is expected in grains of 0.2 per cent. Below 3 ms r counts
as 3 ms: a short last mile is nothing to suspect.
κ = 0.02 is the chance that an edge does not stand where it says: the hypothesis of a wrong
``EDGE_LOCATION``, by itself for each edge. It also bounds what a delay can do: an impossible one
costs every transport the same few nats, so alone it raises no alarm, and with several landmarks a
wrong one is outvoted. An exit that no database names may be anywhere: 1 / 9.

w = 0.7: a consistency test, not an estimator of the country. A missing delay or place adds 0.

Source: base delay `atlas.delay`, fitted. σ widens the fitted spread (0.233, between data centres)
for end users; the last miles lie between published spreads of home lines (3 to 14 ms), WiFi, LTE
(17 to 45 ms) and Starlink; w and κ are judgement.
"""

import math
from collections.abc import Iterable, Sequence
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

WEIGHT = 0.7
LAST_MILE_MS = np.array([1.0, 5.0, 12.0, 30.0, 60.0, 150.0, 400.0, 1000.0], np.float32)
"""Those beyond `LONG_MS` are queues, bad radio, and whoever holds packets back: a delay that
anybody can add is explained by that as well as by a longer way."""
LONG_MS = 100.0
LAST_MILE = {
    int(AsType.ACCESS): np.array([0.19, 0.33, 0.29, 0.10, 0.05, 0.015, 0.015, 0.01], np.float32),
    int(AsType.MOBILE): np.array([0.02, 0.08, 0.28, 0.38, 0.20, 0.015, 0.015, 0.01], np.float32),
    int(AsType.SATELLITE): np.array([0.00, 0.02, 0.08, 0.43, 0.43, 0.015, 0.015, 0.01], np.float32),
}
"""P(L | type of a direct visitor's network), judgement."""
ANY_MILE = np.array([0.192, 0.192, 0.192, 0.192, 0.192, 0.015, 0.015, 0.01], np.float32)
"""The same where that says nothing, and of the whole way through a tunnel."""
_USUAL = (LAST_MILE_MS <= LONG_MS).astype(np.float32)
_LEAST = 1e-9
SPREAD, FREEDOM = 0.35, 4.0
SHORTEST_MS, LONGEST_MS = 3.0, 10_000.0
MISPLACED = 0.02
FLAT = 1.0 / 9.0
"""1 over the width of ln r from 1 ms to 10 s, rounded."""
LOG_FLAT = math.log(FLAT)
_PEAK = 3.0 / 8.0 / SPREAD
"""The t density with four degrees of freedom at its centre."""
STEP = 0.05
"""Delays are told apart to five per cent, far below what they spread by; nats."""
GRAINS = 25
"""Expected delays count in grains, so many to a step."""
EDGES_KEPT, EXITS_KEPT, DELAYS_KEPT = 256, 2048, 4096
"""Edge locations whose distances are kept, a deployment has a handful; ways through a country to
one of them, 4 KiB each; and delays, directly and through a country."""
THROUGH = slice(Transport.ROAMING, Transport.VPN + 1)
"""The kernel's round trip crosses the whole path through the exit: roaming and VPN."""
ENDED = slice(Transport.PROXY, Transport.FRONTED + 1)
"""It ends at the exit: proxy, relay, Tor and fronted."""


Times = tuple[tuple[Location, int], ...]
"""Edges, each with its delay in steps of `STEP` nats."""


@frozen(eq=False)
class Delay:
    """The delay family of one atlas."""

    countries: int
    _paths: "_Paths" = field(repr=False, eq=False)

    @classmethod
    def of(cls, atlas: Atlas, places: Places) -> "Delay":
        """Return the family over the distances of *atlas*."""
        return cls(len(atlas.countries), _Paths(atlas, places))

    def evidence(self, facts: Sequence[Facts], named: Array, network: Array) -> Evidence:
        """Return w log P(r | c, s, x), over (B, S, K, C).

        Args:
            facts: B of them.
            named: (B, D) the countries of the exit slots, -1 for unused ones.
            network: (B,) `AsType`, -1 when unknown: a direct visitor's own last mile.
        """
        shape = (len(facts), len(Transport), named.shape[1] + 2, self.countries)
        out = np.zeros(shape, np.float32)
        for row, fact in enumerate(facts):
            if fact.landmarks:
                self._fill(out[row], fact.landmarks, named[row].tolist(), int(network[row]))
        return Evidence("delay", Group.TIMING, path=out)

    def misplaced(self, facts: Sequence[Facts], network: Array) -> Array:
        """Return how much of a direct path's density is κ's, or a long last mile's, (B, C).

        In [0, 1]; of an edge that alone timed the visitor, 0 where there is none or several.
        """
        out = np.zeros((len(facts), self.countries))
        for row, fact in enumerate(facts):
            if len(fact.landmarks) == 1:
                own, _, usual = self._paths.direct(_times(fact.landmarks), int(network[row]))
                out[row] = 1.0 - np.exp((usual - own).astype(np.float64) / WEIGHT)
        return out

    def _fill(
        self, out: Array, landmarks: Sequence[Landmark], named: list[int], network: int
    ) -> None:
        """Write one envelope's (S, K, C)."""
        seen = _times([mark for mark in landmarks if mark.kernel_ms is not None])
        rest = _times([mark for mark in landmarks if mark.kernel_ms is None])
        every = (*seen, *rest)
        own, any_mile, _ = self._paths.direct(every, network)
        out[Transport.DIRECT] = own
        out[THROUGH] = self._through(every, named, any_mile)
        at_exit = any_mile if not rest else self._paths.direct(seen, network)[1]
        ended = self._ended(at_exit, len(seen), named)
        if rest:
            ended += self._through(rest, named, self._paths.direct(rest, network)[1])
        out[ENDED] = ended

    def _through(self, times: Times, named: list[int], direct: Array) -> Array:
        """Return w log P(r | from c through x), (K, C); the own country's is near a direct path."""
        rows = [self._paths.through(times, row) for row in named if row >= 0]
        return self._slots(direct, rows, len(named), len(times))

    def _ended(self, at_exit: Array, landmarks: int, named: list[int]) -> Array:
        """Return w log P(r | from x), (K, C), out of that of every country."""
        exits = [at_exit[row] for row in named if row >= 0]
        return self._slots(at_exit, exits, len(named), landmarks)

    def _slots(self, own: Array, exits: Iterable[Array], most: int, landmarks: int) -> Array:
        """Return (K, C); of exits that no database names nothing is known."""
        out = np.empty((most + 2, self.countries), np.float32)
        out[:] = WEIGHT * landmarks * LOG_FLAT
        out[0] = own
        for slot, row in enumerate(exits, 1):
            out[slot] = row
        return out


class _Paths:
    """How delays fit paths, weighted nats; remembers the edges and the delays it has seen.

    A bounded memory of a pure function: it changes speed, never an answer.
    """

    def __init__(self, atlas: Atlas, places: Places) -> None:
        self._places = places
        self._between_ms = base_delay_ms(atlas.distance_km).astype(np.float32)
        self.to_edge = lru_cache(maxsize=EDGES_KEPT)(self._to_edge)
        self.to_exit = lru_cache(maxsize=EXITS_KEPT)(self._to_exit)
        self.by_mile = lru_cache(maxsize=DELAYS_KEPT)(self._by_mile)
        self.direct = lru_cache(maxsize=DELAYS_KEPT)(self._direct)
        self.through = lru_cache(maxsize=DELAYS_KEPT)(self._through)

    def _to_edge(self, edge: Location) -> tuple[Array, Array]:
        """Return ln(base + last mile), (Q, N) grains, and the mean base delay, (C,) ms."""
        lat, lon = self._places.lat, self._places.lon
        away = distance_km(lat=lat, lon=lon, to_lat=edge.lat, to_lon=edge.lon)
        base = base_delay_ms(away).astype(np.float32)
        return _grains(base + LAST_MILE_MS[:, None]), self._places.by_country(base)

    def _to_exit(self, edge: Location, exit_: int) -> Array:
        """Return ln(base + last mile) of the way through a country to the edge, (Q, C) grains."""
        legs_ms = self._between_ms[exit_] + self.to_edge(edge)[1][exit_]
        return _grains(legs_ms + LAST_MILE_MS[:, None])

    def _by_mile(self, times: Times) -> Array:
        """Return P(r | direct from c over each last mile), (Q, C)."""
        density: Array = np.ones((1, 1), np.float32)
        for edge, steps in times:
            density = density * _density(steps, self.to_edge(edge)[0])
        return _kept(self._places.by_country(density))

    def _direct(self, times: Times, network: int) -> Array:
        """Return w log P(r | direct from c), (3, C): over a network's last mile; over any; and as
        much of the first as is neither κ's nor of a long last mile.
        """
        own = LAST_MILE.get(network, ANY_MILE)
        miles = np.stack([own, ANY_MILE, own * _USUAL])
        if not times:
            return _kept(np.zeros((len(miles), len(self._between_ms)), np.float32))
        chance = miles @ self.by_mile(times)
        chance[2] = np.maximum(chance[2] - miles[2].sum() * MISPLACED * FLAT, _LEAST)
        return _kept(WEIGHT * np.log(chance))

    def _through(self, times: Times, exit_: int) -> Array:
        """Return w log P(r | from c through a country), (C,)."""
        density: Array = np.ones((1, 1), np.float32)
        for edge, steps in times:
            density = density * _density(steps, self.to_exit(edge, exit_))
        return _kept(WEIGHT * np.log(ANY_MILE @ density))


def _times(landmarks: Sequence[Landmark]) -> Times:
    return tuple((mark.place, _steps(mark)) for mark in landmarks)


def _steps(mark: Landmark) -> int:
    ms = mark.app_ms if mark.kernel_ms is None else mark.kernel_ms
    return round(math.log(min(max(ms or 0.0, SHORTEST_MS), LONGEST_MS)) / STEP)


def _kept(nats: Array) -> Array:
    """Return what several threads may share."""
    nats.flags.writeable = False
    return nats


def _grains(delay_ms: Array) -> Array:
    """Return ln delay in grains, int16."""
    return np.rint(np.log(delay_ms) * (GRAINS / STEP)).astype(np.int16)


def _density(steps: int, expected: Array) -> Array:
    """Return P(r | expected delays), of r in steps and expectations in grains."""
    return _BY_GRAIN.take(np.int16(_FAR + GRAINS * steps) - expected, mode="clip")


_FAR = 5000
"""Grains beyond which no two delays are apart."""


def _by_grain() -> Array:
    """Return (1 − κ) t + κ / 9 by how far apart both are, from −`_FAR` to `_FAR` grains.

    t = peak · (1 + u²)^(-5/2) has four degrees of freedom.
    """
    away = np.arange(-_FAR, _FAR + 1) * (STEP / GRAINS / SPREAD)
    bell = _PEAK * (1.0 + away**2 / FREEDOM) ** (-(FREEDOM + 1.0) / 2.0)
    return np.asarray((1.0 - MISPLACED) * bell + MISPLACED * FLAT, dtype=np.float32)


_BY_GRAIN = _by_grain()
