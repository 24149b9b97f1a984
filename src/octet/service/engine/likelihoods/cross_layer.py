"""The gap between layers: Δ = smallest application round trip − smallest kernel round trip.

Where the browser itself ends TCP, Δ is the noise of its event loop; where something at the exit
does, Δ is the round trip from there to the browser. In densities over log Δ:

    noise  f(Δ) = (1 − σ − τ) N(ln Δ; ln 0.8 ms, 0.7) + σ b(Δ) + τ / ln(3000 / 0.8)
    busy   b(Δ) = sigmoid(1.7 (ln 20 − ln Δ) / 0.35) / ln(20 / 0.8)
    gap    g(Δ | c, x) = sigmoid(1.7 (ln Δ − ln μ(c, x)) / 0.5) / ln(3000 / μ(c, x))

with μ = base delay over d(c, x) + 12 ms last mile. g only rises: delay can be added and never
removed, so above the physical round trip every Δ is alike, and a longer one never clears anybody.
Below 0.8 ms f is held at its top for the same reason, and b only falls. f / g therefore falls in Δ.

σ is the chance that the page is so busy that even its fastest volley of n waited, 0.08 / n, at most
0.1: up to some tens of milliseconds. τ is the chance of any delay at all: 0.0003, and what networks
add that split TCP (satellite, some carriers).

    direct, roaming, VPN: f;   proxy, fronted: g;   relay: 0.7 g + 0.3 f;   Tor: g with μ + 150 ms

With the chance ρ = 0.0002 Δ says nothing, 1 / ln(3000 / 0.8), of any hypothesis. Where no channel
was timed, the page's own TCP connect stands in for the application's round trip, with ρ = 0.7: it
may have led to another host. A missing Δ adds 0.

Source: the form is ours. The noise is that of Chromium and Firefox over all lines of
`docs/channel_noise.md` (340 visits: median 0.76 ms, 95 % below 2.5, 99 % below 4.1). How often
pages are busy is judgement; on a processor four times slower 95 % of Chromium's were below 3.5 ms.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.atlas.delay import base_delay_ms
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport

WEIGHT = 1.0
NOISE_MS, NOISE_SPREAD = 0.8, 0.7
LONGEST_MS = 3000.0
"""A pong later than 3 s closes the channel, so no Δ is longer (wire contract, version 1)."""
BUSY_ONE, BUSY_MOST = 0.08, 0.1
BUSY_MS, BUSY_SPREAD = 20.0, 0.35
STALL = 0.0003
SPLIT_TCP = {
    AsType.SATELLITE: 0.5,
    AsType.MOBILE: 0.003,
    AsType.ACCESS: 0.001,
    AsType.OTHER: 0.02,
}
"""What networks that split TCP add to τ: ground stations, carriers, the gateways of companies."""
LAST_MILE_MS = 12.0
GAP_SPREAD = 0.5
LOGISTIC = 1.702
"""The logistic function with this slope is the normal distribution's within 0.01."""
GAP_SLOPE = LOGISTIC / GAP_SPREAD
TOR_MS = 150.0
RELAY_ENDS_TCP = 0.7
NO_SIGN = 0.0002
OTHER_HOST = 0.7
SLOW_LINK = 0.02
"""What a link that the browser calls slow adds to τ."""
_SPLIT = np.array([SPLIT_TCP.get(kind, 0.0) for kind in AsType] + [0.0])
"""By `AsType`; the last is of no type."""
FLAT = 1.0 / float(np.log(LONGEST_MS / NOISE_MS))


@frozen(eq=False)
class CrossLayer:
    """The gap family of one atlas."""

    rise: Array
    """(2, C + 2, C) μ(c, x)^(1.7 / 0.5) by exit, ms, without Tor and through it; the last row but
    one is for x = c, the last is of the mean ln μ over all exits."""
    width: Array
    """(2, C + 2, C) ln(3000 / μ(c, x)), at least 1."""

    @classmethod
    def of(cls, atlas: Atlas) -> "CrossLayer":
        """Return the family over the distances of *atlas*."""
        gap_ms = base_delay_ms(atlas.distance_km) + LAST_MILE_MS
        log_gap_ms = np.log(np.stack([gap_ms, gap_ms + TOR_MS]))
        own = np.diagonal(log_gap_ms, axis1=1, axis2=2)[:, None]
        table = np.concatenate([log_gap_ms, own, log_gap_ms.mean(axis=1, keepdims=True)], axis=1)
        width = np.maximum(np.log(LONGEST_MS) - table, 1.0)
        return cls(np.exp(table * GAP_SLOPE).astype(np.float32), width.astype(np.float32))

    def evidence(self, facts: Sequence[Facts], named: Array, network: Array) -> Evidence:
        """Return w log P(Δ | c, s, x), over (B, S, K, C).

        Args:
            facts: B of them.
            named: (B, D) the countries of the exit slots, -1 for unused ones.
            network: (B,) `AsType`, -1 when unknown; widens the noise.
        """
        size, countries = len(facts), self.rise.shape[2]
        path = np.zeros((size, len(Transport), named.shape[1] + 2, countries), np.float32)
        rows, delta_ms, blur = _measured(facts)
        if not len(rows):
            return Evidence("crossLayer", Group.TIMING, path=path)
        log_delta = np.log(np.minimum(np.maximum(delta_ms, NOISE_MS), LONGEST_MS))
        some = [facts[row] for row in rows]
        noise = _noise(log_delta, busy_chance(some), stall_chance(some, network[rows]))
        noise = noise[:, None, None].astype(np.float32)
        gap, tor = self._gap(log_delta, named[rows])
        relay = RELAY_ENDS_TCP * gap + (1 - RELAY_ENDS_TCP) * noise
        blur = blur[:, None, None].astype(np.float32)

        def nats(density: Array) -> Array:
            return np.asarray(WEIGHT * np.log((1.0 - blur) * density + blur * np.float32(FLAT)))

        timed = slice(None) if len(rows) == size else rows
        path[timed] = nats(noise)[:, None]
        path[timed, Transport.PROXY] = path[timed, Transport.FRONTED] = nats(gap)
        path[timed, Transport.RELAY] = nats(relay)
        path[timed, Transport.TOR] = nats(tor)
        return Evidence("crossLayer", Group.TIMING, path=path)

    def _gap(self, log_delta: Array, named: Array) -> Array:
        """Return g, (2, B, K, C): without Tor and through it."""
        slots = np.full((len(named), named.shape[1] + 2), -1)
        slots[:, 0], slots[:, 1:-1] = self.rise.shape[1] - 2, named
        fall = np.exp(-GAP_SLOPE * log_delta).astype(np.float32)[:, None, None]
        return np.asarray(1.0 / ((1.0 + self.rise[:, slots] * fall) * self.width[:, slots]))


def _measured(facts: Sequence[Facts]) -> tuple[Array, Array, Array]:
    """Return the rows that have a gap, the gaps in ms, and how likely each says nothing."""
    found = []
    for row, fact in enumerate(facts):
        if fact.delta_ms is not None:
            found.append((row, fact.delta_ms, NO_SIGN))
        elif fact.connect_ms is not None and fact.kernel_ms is not None:
            found.append((row, fact.connect_ms - fact.kernel_ms, OTHER_HOST))
    table = np.array(found, dtype=np.float64).reshape(-1, 3)
    return table[:, 0].astype(np.int64), table[:, 1], table[:, 2]


def busy_chance(facts: Sequence[Facts]) -> Array:
    """Return σ, (B,)."""
    volleys = np.array([max(fact.volleys, 1) for fact in facts], dtype=np.float64)
    return np.asarray(np.minimum(BUSY_ONE / volleys, BUSY_MOST))


def stall_chance(facts: Sequence[Facts], network: Array) -> Array:
    """Return τ, (B,)."""
    slow = np.array([fact.slow_link for fact in facts])
    return np.asarray(STALL + _SPLIT[network] + SLOW_LINK * slow)


def _noise(log_delta: Array, busy: Array, stall: Array) -> Array:
    away = (log_delta - np.log(NOISE_MS)) / NOISE_SPREAD
    bell = np.exp(-0.5 * away**2) / (NOISE_SPREAD * np.sqrt(2.0 * np.pi))
    rise = np.exp((log_delta - np.log(BUSY_MS)) * (LOGISTIC / BUSY_SPREAD))
    waits = 1.0 / ((1.0 + rise) * np.log(BUSY_MS / NOISE_MS))
    return np.asarray((1.0 - busy - stall) * bell + busy * waits + stall * FLAT)
