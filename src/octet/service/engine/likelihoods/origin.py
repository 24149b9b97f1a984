"""Where the browser's settings come from: time zone and language as one.

Both are set by the same person in the same place, so they are weighed together for each origin h,

    q(h) = P(zone | h)^0.9 · P(language | h)^0.5

and then for each environment:

    honest      P(zone | c)^0.9 · (0.85 P(language | c) + 0.15 Σ_h P(h) P(language | h))^0.5
                the second term: people who live where another language is spoken
    traveller   Σ_h P(home = h | c) q(h): zone and language of one and the same home
    at exit     P(zone | x)^0.9 · (0.5 P(language | x) + 0.5 P(language | c))^0.5
    elsewhere   Σ_h P(h) q(h)

Roaming is the exception: the zone follows the country, the language stays the SIM's, so honest is
P(zone | c)^0.9 · (0.97 P(language | x) + 0.03 P(language | c))^0.5.

Missing signals are 1 for every country, hence 0 in every environment.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Environment, Hypotheses, Transport
from octet.service.engine.likelihoods.ip import by_slot
from octet.service.engine.likelihoods.languages import Spoken
from octet.service.engine.likelihoods.time_zone import TimeZones

ZONE_WEIGHT = 0.9
LANGUAGE_WEIGHT = 0.5
SETTLED_ABROAD = 0.15
KEEPS_LANGUAGE = 0.5
SIM_LANGUAGE = 0.97
"""All ours."""


@frozen(eq=False)
class Origin:
    """The settings family of one atlas."""

    zones: TimeZones
    spoken: Spoken
    hypotheses: Hypotheses

    @classmethod
    def of(cls, atlas: Atlas, hypotheses: Hypotheses) -> "Origin":
        """Return the family over *atlas*."""
        country = hypotheses.country
        return cls(TimeZones(atlas, country), Spoken(atlas, country), hypotheses)

    def evidence(self, facts: Sequence[Facts], named: Array) -> Evidence:
        """Return log P(zone, language | c, s, e, x), (B, C, S, E, K).

        Args:
            facts: B of them.
            named: (B, D) the countries of the exit slots, -1 for unused ones.
        """
        zone, tongue = self.zones.by_country(facts), self.spoken.by_country(facts)
        zone_log = ZONE_WEIGHT * np.log(zone)
        at_home = np.exp(zone_log) * tongue**LANGUAGE_WEIGHT
        anywhere = at_home @ self.hypotheses.country
        foreign = (tongue @ self.hypotheses.country)[:, None]
        honest = zone_log + _tongue_log((1 - SETTLED_ABROAD) * tongue + SETTLED_ABROAD * foreign)
        stale = np.log(at_home @ self.hypotheses.travel.T)
        world_log = np.log(anywhere)

        zone_slots = by_slot(zone_log, world_log, named)
        tongue_slots = by_slot(tongue, foreign[:, 0], named)
        own = tongue[:, :, None]
        slots = np.empty((*zone_slots.shape[:2], len(Environment), zone_slots.shape[2]))
        slots[:, :, Environment.HONEST] = honest[:, :, None]
        slots[:, :, Environment.TRAVELLER] = stale[:, :, None]
        slots[:, :, Environment.AT_EXIT] = zone_slots + _tongue_log(
            KEEPS_LANGUAGE * own + (1 - KEEPS_LANGUAGE) * tongue_slots
        )
        slots[:, :, Environment.AT_EXIT, -1] = world_log[:, None]
        slots[:, :, Environment.ELSEWHERE] = world_log[:, None, None]
        slots += self.zones.consistency(facts)[:, None, :, None]

        full = np.repeat(slots[:, :, None], len(Transport), axis=2)
        abroad = _tongue_log(SIM_LANGUAGE * tongue_slots + (1 - SIM_LANGUAGE) * own)
        full[:, :, Transport.ROAMING, Environment.HONEST] += (
            zone_log[:, :, None] + abroad - honest[:, :, None]
        )
        return Evidence("origin", Group.ENVIRONMENT, full)


def _tongue_log(probability: Array) -> Array:
    return np.asarray(LANGUAGE_WEIGHT * np.log(probability))
