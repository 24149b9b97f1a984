"""The gap between layers: Δ = smallest application round trip − smallest kernel round trip.

Where the browser itself ends TCP, Δ is the noise of its event loop; where something at the exit
does, Δ is the round trip from there to the browser. In densities over log Δ:

    noise  f(Δ) = (1 − τ) N(ln Δ; ln 2 ms, 0.6) + τ / ln(3000 / 2)
    gap    g(Δ | c, x) = sigmoid(1.7 (ln Δ − ln μ(c, x)) / 0.5) / ln(3000 / μ(c, x))

with μ = base delay over d(c, x) + 12 ms last mile. g only rises: delay can be added and never
removed, so above the physical round trip every Δ is alike, and a longer one never clears anybody.
Below 2 ms f is held at its top for the same reason. f / g therefore falls in Δ.

τ is the chance that even the smallest of n volleys waited: 0.02 / n², at least 0.0003; networks
that split TCP (satellite, some mobile carriers) add to it.

    direct, roaming, VPN: f;   proxy: g;   relay: 0.7 g + 0.3 f;   Tor: g with μ + 150 ms

An edge with an undeclared proxy before it measures the proxy's gap for every visitor: with the
chance ρ (0.0002 unless the facts show it) Δ says nothing, 1 / ln(3000 / 2), of any hypothesis. If
the facts show it they carry no Δ at all. A missing Δ adds 0.

Source: ours. The noise is set after Chromium's usual 1 to 5 ms, at times 8; it was not measured for
this and is to be fitted on the delay line.
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
from octet.service.engine.likelihoods.ip import by_slot

WEIGHT = 1.0
NOISE_MS, NOISE_SPREAD = 2.0, 0.6
LONGEST_MS = 3000.0
"""A pong later than 3 s closes the channel, so no Δ is longer (wire contract, version 1)."""
STALL_ONE, STALL_LEAST = 0.02, 0.0003
SPLIT_TCP = {AsType.SATELLITE: 0.5, AsType.MOBILE: 0.003}
"""What networks that split TCP add to τ."""
LAST_MILE_MS = 12.0
GAP_SPREAD = 0.5
LOGISTIC = 1.702
"""The logistic function with this slope is the normal distribution's within 0.01."""
TOR_MS = 150.0
RELAY_ENDS_TCP = 0.7
FRONTED = 0.0002
FLAT = 1.0 / float(np.log(LONGEST_MS / NOISE_MS))


@frozen(eq=False)
class CrossLayer:
    """The gap family of one atlas."""

    log_gap_ms: Array
    """(C, C) ln μ(c, x)."""
    log_gap_tor_ms: Array
    """(C, C) the same through Tor."""

    @classmethod
    def of(cls, atlas: Atlas) -> "CrossLayer":
        """Return the family over the distances of *atlas*."""
        gap_ms = base_delay_ms(atlas.distance_km) + LAST_MILE_MS
        return cls(np.log(gap_ms), np.log(gap_ms + TOR_MS))

    def evidence(self, facts: Sequence[Facts], named: Array, network: Array) -> Evidence:
        """Return w log P(Δ | c, s, x), (B, C, S, 1, K).

        Args:
            facts: B of them.
            named: (B, D) the countries of the exit slots, -1 for unused ones.
            network: (B,) `AsType`, -1 when unknown; widens the noise.
        """
        seen = np.array([fact.delta_ms is not None for fact in facts])
        delta = np.array([fact.delta_ms or 0.0 for fact in facts])
        log_delta = np.log(np.clip(delta, NOISE_MS, LONGEST_MS))
        noise = _noise(log_delta, stall_chance(facts, network))[:, None, None]
        gap, tor = (
            _gap(log_delta[:, None, None], self._by_slot(table, named))
            for table in (self.log_gap_ms, self.log_gap_tor_ms)
        )
        columns = {
            Transport.DIRECT: noise,
            Transport.ROAMING: noise,
            Transport.VPN: noise,
            Transport.PROXY: gap,
            Transport.RELAY: RELAY_ENDS_TCP * gap + (1 - RELAY_ENDS_TCP) * noise,
            Transport.TOR: tor,
        }
        density = np.stack([np.broadcast_to(columns[s], gap.shape) for s in Transport], axis=2)
        log_density = np.log((1.0 - FRONTED) * density + FRONTED * FLAT)
        log_density *= WEIGHT * seen[:, None, None, None]
        return Evidence("crossLayer", Group.TIMING, log_density[:, :, :, None, :])

    def _by_slot(self, table: Array, named: Array) -> Array:
        """Return (B, C, K) of a (C, C) table: own, named and typical exits."""
        own = np.broadcast_to(np.diagonal(table), (len(named), len(table)))
        slots = by_slot(own, np.zeros(len(named)), named)
        slots[:, :, 1:-1] = table[:, np.maximum(named, 0)].swapaxes(0, 1)
        slots[:, :, -1] = table.mean(axis=1)
        return slots


def stall_chance(facts: Sequence[Facts], network: Array) -> Array:
    """Return τ, (B,)."""
    volleys = np.array([max(fact.volleys, 1) for fact in facts], dtype=np.float64)
    split = np.zeros(len(facts))
    for kind, chance in SPLIT_TCP.items():
        split[network == kind] = chance
    return np.asarray(np.maximum(STALL_ONE / volleys**2, STALL_LEAST) + split)


def _noise(log_delta: Array, stall: Array) -> Array:
    away = (log_delta - np.log(NOISE_MS)) / NOISE_SPREAD
    bell = np.exp(-0.5 * away**2) / (NOISE_SPREAD * np.sqrt(2.0 * np.pi))
    return np.asarray((1.0 - stall) * bell + stall * FLAT)


def _gap(log_delta: Array, log_typical: Array) -> Array:
    rise = 1.0 / (1.0 + np.exp(LOGISTIC * (log_typical - log_delta) / GAP_SPREAD))
    return np.asarray(rise / np.maximum(np.log(LONGEST_MS) - log_typical, 1.0))
