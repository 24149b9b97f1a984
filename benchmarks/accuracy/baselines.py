"""Simpler rules, answering the same sessions as the engine.

Each rule has a score by which it would alarm: what is public of networks, how far clock and address
are apart, Δ, how far the address is beyond what light reaches. Where it alarms is not the rule's to
say: every rule is given the threshold that alarms for as many honest visitors as the engine does,
and besides it the one that finds as many of those who hide.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import frozen

from benchmarks.accuracy.answers import Answers
from benchmarks.accuracy.exits import Known
from benchmarks.accuracy.sessions import EDGES, Session
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.atlas.delay import REACH_KM_PER_MS
from octet.service.atlas.sphere import distance_km

IP_ONLY: Final = "IP only"
ZONE_RULE: Final = "IP + zone rule"
DELTA_RULE: Final = "Δ threshold"
DISKS: Final = "disk intersection"
BASELINES: Final = (IP_ONLY, ZONE_RULE, DELTA_RULE, DISKS)
SLACK_KM: Final = 100.0


@frozen
class Looked:
    """What the tables say of a session's address and clock."""

    country: int
    """Row that most databases name, or -1."""
    agreed: float
    """Share of the databases that name it."""
    system: int
    kind: int
    zone_agrees: bool
    zone_country: int
    """Row with most people in that zone; -1 where it is of no place."""


def look_up(atlas: Atlas, sessions: Sequence[Session]) -> list[Looked]:
    """Return what the tables say of each session."""
    votes, kinds, systems = atlas.addresses.look_up([s.seen.address for s in sessions])
    people = atlas.zone_share * atlas.population[:, None]
    fullest = np.argmax(people, axis=0)
    rows = zip(sessions, votes, kinds, systems, strict=True)
    return [_looked(atlas, fullest, s, v, int(k), int(n)) for s, v, k, n in rows]


def _looked(  # noqa: PLR0913, PLR0917 - a row of the look-up
    atlas: Atlas, fullest: Array, session: Session, votes: Array, kind: int, system: int
) -> Looked:
    named = Counter(int(vote) for vote in votes if vote >= 0)
    country, count = named.most_common(1)[0] if named else (-1, 0)
    zone = atlas.zone_row.get(session.seen.zone)
    return Looked(
        country=country,
        agreed=count / len(votes),
        system=system,
        kind=kind,
        zone_agrees=bool(count) and zone is not None and bool(atlas.zone_share[country, zone] > 0),
        zone_country=-1 if zone is None else int(fullest[zone]),
    )


def answers(
    atlas: Atlas, known: Known, sessions: Sequence[Session], looked: Sequence[Looked]
) -> dict[str, Answers]:
    """Return what each rule says."""
    named = np.array([one.country for one in looked])
    agreed = np.array([one.agreed for one in looked])
    delta_ms = np.array([session.seen.delta_ms for session in sessions])
    return {
        IP_ONLY: _answers(atlas, named, agreed, _listed(known, looked) + 0.5 * (1.0 - agreed)),
        ZONE_RULE: _zone_rule(atlas, looked, named, agreed),
        DELTA_RULE: _answers(atlas, named, agreed, delta_ms),
        DISKS: _disks(atlas, sessions, named, agreed),
    }


def _answers(atlas: Atlas, named: Array, agreed: Array, score: Array) -> Answers:
    codes = np.array([*atlas.countries, None], dtype=object)
    return Answers(codes[named], np.where(named >= 0, agreed, 0.0), score=score)


def _listed(known: Known, looked: Sequence[Looked]) -> Array:
    """Return whether a public list, or the kind of network, says that hosts are there."""
    return np.array([o.system in known.listed or o.kind == AsType.HOSTING for o in looked], float)


def _zone_rule(atlas: Atlas, looked: Sequence[Looked], named: Array, agreed: Array) -> Answers:
    """Return the country of the address where the clock agrees, else the clock's."""
    agrees = np.array([one.zone_agrees for one in looked])
    told = np.array([one.zone_country for one in looked])
    apart_km = np.where(agrees, 0.0, 1.0 + atlas.distance_km[named, told])
    country = np.where(agrees | (told < 0), named, told)
    return _answers(atlas, country, agreed, apart_km)


def _disks(atlas: Atlas, sessions: Sequence[Session], named: Array, agreed: Array) -> Answers:
    """Return the country of the address where light reaches it in time, else the fullest it does.

    Light reaches a country that has a point within 100 km for each ms of every edge's round trip.
    """
    nearest_km = {edge: _nearest_km(atlas, edge) for edge in EDGES}
    beyond = np.ones((len(sessions), len(atlas.countries)))
    for row, session in enumerate(sessions):
        reached = [
            nearest_km[timed.edge]
            / (
                REACH_KM_PER_MS * (timed.kernel_ms + session.seen.gap_ms + timed.noise_ms)
                + SLACK_KM
            )
            for timed in session.seen.landmarks
        ]
        beyond[row] = np.max(reached, axis=0)
    there = beyond <= 1.0
    fullest = np.argmax(np.where(there, atlas.population, -1.0), axis=1)
    rows = np.arange(len(sessions))
    holds = there[rows, named] & (named >= 0)
    score = np.where(named >= 0, beyond[rows, named], 0.0)
    return _answers(atlas, np.where(holds, named, fullest), agreed, score)


def _nearest_km(atlas: Atlas, edge: tuple[float, float]) -> Array:
    away = distance_km(lat=atlas.point_lat, lon=atlas.point_lon, to_lat=edge[0], to_lon=edge[1])
    return np.asarray(np.where(atlas.point_weight > 0, away, np.inf).min(axis=1))
