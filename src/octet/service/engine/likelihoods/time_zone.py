"""The time zone: how often people of each country have it.

    P(zone | c) = (1 − ε) T[c, zone] + ε Σ_h P(h) T[h, zone]

T is the share of the country's people who live in the zone; ε covers border areas and wrong tables.
Where the name is missing or says nothing (UTC and its kin), the January and July offsets stand in:
T summed over the zones that share them. Offsets of UTC say nothing either.

Who moves the clock's hands instead of its zone has the wrong zone without knowing: a browser's
clock that is whole half hours off makes the zone as good as unknown with the chance 0.7. A clock
that is off otherwise says nothing, and one that differs because the edge's is wrong costs evidence
but never alarms.

A name that its own offsets contradict speaks for settings that somebody changed:
P(contradiction | honest, traveller) = 0.01, else 0.1.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from attrs import field, frozen

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import GOOD_ENVIRONMENTS, Environment

STRAY = 0.0005
"""ε. Judgement."""

CONTRADICTION = np.array([0.01 if e in GOOD_ENVIRONMENTS else 0.1 for e in Environment])
"""P(the offsets contradict the name | e): old browsers do not know the newest rules. Judgement."""

HANDS_MOVED = 0.7
HALF_HOUR_MS = 30 * 60 * 1000.0
HANDS_WITHIN_MS = 3 * 60 * 1000.0
"""Who moves the hands meets the time so well. Judgement."""
MOST_HALF_HOURS = 28
"""No two zones are further apart than 26 hours; nobody moves the hands by more than half of it."""

ZONES_KEPT = 1024
"""Rows of zones that are kept: all there are, and the usual pairs of offsets."""


@frozen(eq=False)
class TimeZones:
    """The zone tables of one atlas."""

    atlas: Atlas
    country: Array
    """(C,) P(c)."""
    _kept: "_Rows" = field(repr=False)

    @classmethod
    def of(cls, atlas: Atlas, country: Array) -> "TimeZones":
        """Return the tables of *atlas*, with the countries' prior."""
        return cls(atlas, country, _Rows(atlas, country))

    def by_country(self, facts: Sequence[Facts]) -> Array:
        """Return P(zone | settings of country c), (B, C); rows of 1 where nothing is known."""
        out = np.ones((len(facts), len(self.country)))
        for row, fact in enumerate(facts):
            found = self._row(fact)
            if found is not None:
                moved = HANDS_MOVED if hands_moved(fact) else 0.0
                out[row] = found if not moved else (1.0 - moved) * found + moved
        return out

    def consistency(self, facts: Sequence[Facts]) -> Array:
        """Return log P(name and offsets agree or not | e), (B, E); 0 where either is missing."""
        out = np.zeros((len(facts), len(Environment)))
        for row, fact in enumerate(facts):
            zone = None if fact.zone is None else self.atlas.zone_row.get(fact.zone)
            if zone is not None and fact.offsets_min is not None:
                agree = self._kept.offsets[zone] == fact.offsets_min
                out[row] = _LOG_AGREE if agree else _LOG_CONTRADICTION
        return out

    def _row(self, fact: Facts) -> Array | None:
        """Return the row of the zones that the facts may mean, None for no information."""
        zone = None if fact.zone is None else self.atlas.zone_row.get(fact.zone)
        if zone is not None:
            return self._kept.of_zone(zone)
        if fact.offsets_min is None or fact.offsets_min == (0, 0):
            return None
        return self._kept.of_offsets(fact.offsets_min)


def hands_moved(fact: Facts) -> bool:
    """Say whether the clock is whole half hours off, as one is whose hands were moved."""
    if fact.clock_ahead_ms is None:
        return False
    steps = round(fact.clock_ahead_ms / HALF_HOUR_MS)
    off_ms = abs(fact.clock_ahead_ms - steps * HALF_HOUR_MS)
    return 0 < abs(steps) <= MOST_HALF_HOURS and off_ms <= HANDS_WITHIN_MS


class _Rows:
    """P(zone | c) of zones already seen: a bounded memory of a pure function."""

    def __init__(self, atlas: Atlas, country: Array) -> None:
        self._atlas, self._country = atlas, country
        self.offsets = [(jan, jul) for jan, jul in atlas.zone_offset_min.tolist()]
        self.of_zone = lru_cache(maxsize=ZONES_KEPT)(self._of_zone)
        self.of_offsets = lru_cache(maxsize=ZONES_KEPT)(self._of_offsets)

    def _of_zone(self, zone: int) -> Array:
        return self._share(np.array([zone]))

    def _of_offsets(self, offsets: tuple[int, int]) -> Array | None:
        zones = [row for row, other in enumerate(self.offsets) if other == offsets]
        return self._share(np.array(zones)) if zones else None

    def _share(self, zones: Array) -> Array:
        share = self._atlas.zone_share[:, zones].sum(axis=1, dtype=np.float64)
        return np.asarray((1.0 - STRAY) * share + STRAY * float(self._country @ share))


_LOG_AGREE, _LOG_CONTRADICTION = np.log(1.0 - CONTRADICTION), np.log(CONTRADICTION)
