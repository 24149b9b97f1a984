"""Simpler rules, answering the same sessions as the engine."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import frozen

from benchmarks.accuracy.sessions import Case, Session
from octet.schema.verdict import Alarm
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine import Engine

FALSE_ALARMS: Final = 0.01
"""On direct sessions, for the rule on Δ: the share that its threshold is set to."""

BATCH: Final = 64
ENGINE, IP_ONLY, ZONE_RULE, DELTA_RULE = "engine", "IP only", "IP + zone rule", "Δ threshold"


@frozen
class Answer:
    """What a rule says of a session."""

    country: str | None
    confidence: float
    alarm: Alarm


@frozen
class Looked:
    """What the tables say of a session's address and clock."""

    country: str | None
    """That most databases name."""
    agreed: float
    """Share of the databases that name it."""
    system: int
    kind: int
    zone_agrees: bool
    zone_country: str | None
    """With most people in that zone; None where it is of no place."""


def judge(engine: Engine, sessions: Sequence[Session]) -> list[Answer]:
    """Return what the engine says."""
    answers: list[Answer] = []
    for at in range(0, len(sessions), BATCH):
        verdicts = engine.judge([session.envelope for session in sessions[at : at + BATCH]])
        answers += [Answer(v.country, v.confidence, v.alarm) for v in verdicts]
    return answers


def look_up(atlas: Atlas, sessions: Sequence[Session]) -> list[Looked]:
    """Return what the tables say of each session."""
    votes, kinds, systems = atlas.addresses.look_up([s.seen.address for s in sessions])
    people = atlas.zone_share * atlas.population[:, None]
    rows = zip(sessions, votes, kinds, systems, strict=True)
    return [_looked(atlas, people, s, v, int(k), int(n)) for s, v, k, n in rows]


def _looked(  # noqa: PLR0913, PLR0917 - a row of the look-up
    atlas: Atlas, people: Array, session: Session, votes: Array, kind: int, system: int
) -> Looked:
    named = Counter(int(vote) for vote in votes if vote >= 0)
    country, count = named.most_common(1)[0] if named else (-1, 0)
    zone = atlas.zone_row.get(session.seen.zone)
    return Looked(
        country=atlas.countries[country] if count else None,
        agreed=count / len(votes),
        system=system,
        kind=kind,
        zone_agrees=bool(count) and zone is not None and bool(atlas.zone_share[country, zone] > 0),
        zone_country=None if zone is None else atlas.countries[int(np.argmax(people[:, zone]))],
    )


def ip_only(looked: Sequence[Looked]) -> list[Answer]:
    """Return the country that most databases name; nothing alarms."""
    return [Answer(one.country, one.agreed, Alarm.NONE) for one in looked]


def zone_rule(looked: Sequence[Looked]) -> list[Answer]:
    """Return the country of the address where the clock agrees, else the clock's, and an alarm."""
    return [
        Answer(one.country, one.agreed, Alarm.NONE)
        if one.zone_agrees
        else Answer(one.zone_country, one.agreed, Alarm.MEDIUM)
        for one in looked
    ]


def delta_rule(sessions: Sequence[Session], looked: Sequence[Looked]) -> list[Answer]:
    """Return the country of the address, and an alarm where Δ is above a threshold.

    The threshold is the one that alarms for `FALSE_ALARMS` of these very direct sessions, as
    CalcuLatency's is tuned; a deployed one could not know it.
    """
    direct = [s.seen.delta_ms for s in sessions if s.case is Case.DIRECT]
    threshold_ms = np.quantile(direct, 1.0 - FALSE_ALARMS)
    return [
        Answer(
            one.country,
            one.agreed,
            Alarm.MEDIUM if session.seen.delta_ms > threshold_ms else Alarm.NONE,
        )
        for session, one in zip(sessions, looked, strict=True)
    ]
