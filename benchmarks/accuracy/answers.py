"""What the engine or a rule says of all sessions."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import frozen

from octet.schema import Envelope
from octet.service.atlas.container import Array
from octet.service.engine import Engine

ENGINE: Final = "engine"
BATCH: Final = 64
REASONED_AT_ONCE: Final = 8
"""As many as the engine takes at once: their tables fit a core's own cache."""
_LEAST: Final = 1e-300


@frozen(eq=False)
class Answers:
    """Of N sessions."""

    country: Array
    """(N,) code, or None of those that it is silent about."""
    confidence: Array
    """(N,) of an answer, or of silence."""
    score: Array
    """(N,) what the alarm rises with; of no common scale."""


@frozen(eq=False)
class Judged(Answers):
    """What the engine says."""

    level: Array
    """(N,) of the alarm."""
    true_share: Array
    """(N,) probability that the posterior gives to the true country."""


def judge(engine: Engine, envelopes: Sequence[Envelope], countries: Sequence[str]) -> Judged:
    """Return what the engine says of sessions in the *countries*."""
    verdicts = [
        verdict
        for at in range(0, len(envelopes), BATCH)
        for verdict in engine.judge(envelopes[at : at + BATCH])
    ]
    score, true_share = _believed(engine, envelopes, countries)
    return Judged(
        country=np.array([verdict.country for verdict in verdicts], dtype=object),
        confidence=np.array([verdict.confidence for verdict in verdicts]),
        score=score,
        level=np.array([verdict.alarm.level for verdict in verdicts]),
        true_share=true_share,
    )


def _believed(
    engine: Engine, envelopes: Sequence[Envelope], countries: Sequence[str]
) -> tuple[Array, Array]:
    """Return the log odds of suspicion, and what is believed of the true country."""
    rows = np.array([engine.atlas.country_row[code] for code in countries])
    odds, shares = np.empty(len(envelopes)), np.empty(len(envelopes))
    for at in range(0, len(envelopes), REASONED_AT_ONCE):
        part = slice(at, at + REASONED_AT_ONCE)
        believed = engine.reason(envelopes[part]).posterior
        bad = believed.suspicion
        odds[part] = np.log(bad + _LEAST) - np.log(1.0 - bad + _LEAST)
        shares[part] = believed.country[np.arange(len(bad)), rows[part]]
    return odds, shares
