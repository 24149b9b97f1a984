"""Where the browser's settings come from: time zone, languages and conventions as one.

All are set by the same person in the same place, so they are weighed together for each origin h,

    q(h) = P(zone | h)^0.9 · P(tongue | h)^0.5

where tongue is languages and conventions, and then for each environment:

    honest      P(zone | c)^0.9 · (0.85 P(tongue | c) + 0.15 Σ_h P(h) P(tongue | h))^0.5
                the second term: people who live where another language is spoken
    traveller   Σ_h P(home = h | c) q(h): zone and language of one and the same home
    at exit     P(zone | x)^0.9 · (0.3 P(tongue | x) + 0.7 P(tongue | c))^0.5
    elsewhere   Σ_h P(h) q(h)

Roaming is the exception: the zone follows the country, the language stays the SIM's, so honest is
P(zone | c)^0.9 · (0.97 P(tongue | x) + 0.03 P(tongue | c))^0.5.

Missing signals are 1 for every country, hence 0 in every environment. Source: ours, judgement.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Environment, Hypotheses
from octet.service.engine.likelihoods.conventions import Conventions
from octet.service.engine.likelihoods.languages import Spoken
from octet.service.engine.likelihoods.time_zone import TimeZones

ZONE_WEIGHT = 0.9
LANGUAGE_WEIGHT = 0.5
SETTLED_ABROAD = 0.15
KEEPS_LANGUAGE = 0.7
SIM_LANGUAGE = 0.97


@frozen(eq=False)
class Origin:
    """The settings family of one atlas."""

    zones: TimeZones
    spoken: Spoken
    customs: Conventions
    hypotheses: Hypotheses

    @classmethod
    def of(cls, atlas: Atlas, hypotheses: Hypotheses) -> "Origin":
        """Return the family over *atlas*."""
        country = hypotheses.country
        zones, spoken = TimeZones.of(atlas, country), Spoken.of(atlas, country)
        return cls(zones, spoken, Conventions.of(atlas), hypotheses)

    def evidence(self, facts: Sequence[Facts], named: Array) -> Evidence:
        """Return log P(zone, tongue | c, s, e, x), over (B, E, C) and (B, 2, K, C).

        Args:
            facts: B of them.
            named: (B, D) the countries of the exit slots, -1 for unused ones.
        """
        zone = self.zones.by_country(facts)
        tongue = self.spoken.by_country(facts) * self.customs.by_country(facts)
        zone_log, agreed = ZONE_WEIGHT * np.log(zone), self.zones.consistency(facts)
        at_home = np.exp(zone_log) * tongue**LANGUAGE_WEIGHT
        foreign = (tongue @ self.hypotheses.country)[:, None]
        world_log = np.log(at_home @ self.hypotheses.country)[:, None]

        settings = np.zeros((len(facts), len(Environment), zone.shape[1]), np.float32)
        settings[:, Environment.HONEST] = zone_log + _tongue_log(
            (1 - SETTLED_ABROAD) * tongue + SETTLED_ABROAD * foreign
        )
        settings[:, Environment.TRAVELLER] = np.log(at_home @ self.hypotheses.travel.T)
        settings[:, Environment.ELSEWHERE] = world_log
        settings += agreed[:, :, None]

        exits = np.arange(len(facts))[:, None], np.maximum(named, 0)
        zone_at, tongue_at = zone_log[exits][:, :, None], tongue[exits][:, :, None]
        own = tongue[:, None]
        follows = np.empty((len(facts), 2, named.shape[1] + 2, zone.shape[1]), np.float32)
        forged, roaming = follows[:, 0], follows[:, 1]
        forged[:, 0] = zone_log + _tongue_log(tongue)
        forged[:, 1:-1] = zone_at + _tongue_log(
            KEEPS_LANGUAGE * own + (1 - KEEPS_LANGUAGE) * tongue_at
        )
        forged[:, -1] = world_log
        forged += agreed[:, Environment.AT_EXIT, None, None]
        roaming[:, 0] = forged[:, 0]
        roaming[:, 1:-1] = zone_log[:, None] + _tongue_log(
            SIM_LANGUAGE * tongue_at + (1 - SIM_LANGUAGE) * own
        )
        roaming[:, -1] = zone_log + _tongue_log(
            SIM_LANGUAGE * foreign + (1 - SIM_LANGUAGE) * tongue
        )
        roaming += agreed[:, Environment.HONEST, None, None]
        return Evidence("origin", Group.ENVIRONMENT, settings=settings, follows=follows)


def _tongue_log(probability: Array) -> Array:
    return np.asarray(LANGUAGE_WEIGHT * np.log(probability))
