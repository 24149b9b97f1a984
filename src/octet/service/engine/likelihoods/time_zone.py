"""The time zone: how often people of each country have it.

    P(zone | c) = (1 − ε) T[c, zone] + ε Σ_h P(h) T[h, zone]

T is the share of the country's people who live in the zone; ε covers border areas and wrong tables.
Where the name is missing or says nothing (UTC and its kin), the January and July offsets stand in:
T summed over the zones that share them. Offsets of UTC say nothing either.

A name that its own offsets contradict speaks for settings that somebody changed:
P(contradiction | honest, traveller) = 0.01, else 0.1.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import GOOD_ENVIRONMENTS, Environment

STRAY = 0.0005
"""ε. Ours."""

CONTRADICTION = np.array([0.01 if e in GOOD_ENVIRONMENTS else 0.1 for e in Environment])
"""P(the offsets contradict the name | e): old browsers do not know the newest rules. Ours."""


@frozen(eq=False)
class TimeZones:
    """The zone tables of one atlas."""

    atlas: Atlas
    country: Array
    """(C,) P(c)."""

    def by_country(self, facts: Sequence[Facts]) -> Array:
        """Return P(zone | settings of country c), (B, C); rows of 1 where nothing is known."""
        out = np.ones((len(facts), len(self.country)))
        for row, fact in enumerate(facts):
            columns = self._zones(fact)
            if columns is not None:
                share = self.atlas.zone_share[:, columns].sum(axis=1, dtype=np.float64)
                out[row] = (1.0 - STRAY) * share + STRAY * float(self.country @ share)
        return out

    def consistency(self, facts: Sequence[Facts]) -> Array:
        """Return log P(name and offsets agree or not | e), (B, E); 0 where either is missing."""
        out = np.zeros((len(facts), len(Environment)))
        for row, fact in enumerate(facts):
            zone = None if fact.zone is None else self.atlas.zone_row.get(fact.zone)
            if zone is not None and fact.offsets_min is not None:
                agree = tuple(self.atlas.zone_offset_min[zone].tolist()) == fact.offsets_min
                out[row] = np.log(1.0 - CONTRADICTION if agree else CONTRADICTION)
        return out

    def _zones(self, fact: Facts) -> Array | None:
        """Return the columns of the zones that the facts may mean, None for no information."""
        zone = None if fact.zone is None else self.atlas.zone_row.get(fact.zone)
        if zone is not None:
            return np.array([zone])
        if fact.offsets_min is None or fact.offsets_min == (0, 0):
            return None
        columns = np.flatnonzero((self.atlas.zone_offset_min == fact.offsets_min).all(axis=1))
        return columns if len(columns) else None
