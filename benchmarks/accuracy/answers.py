"""What the engine or a rule says of all sessions."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import frozen

from octet.schema import Envelope
from octet.schema.verdict import Verdict
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine import Engine
from octet.service.engine.posterior import Posterior

ENGINE: Final = "engine"
AT_ONCE: Final = 24
"""Sessions that are judged at once."""
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


class Witness(Engine):
    """An engine that tells at once what it believes and what it says."""

    def hear(self, envelopes: Sequence[Envelope]) -> tuple[Posterior, list[Verdict]]:
        """Return both of the envelopes, at least one."""
        reasoning = self.reason(envelopes)
        return reasoning.posterior, [one.verdict for one in self._judgements(reasoning)]


def judge(atlas: Atlas, envelopes: Sequence[Envelope], countries: Sequence[str]) -> Judged:
    """Return what the engine says, with the tables of *atlas*, of sessions in the *countries*."""
    engine, size = Witness(atlas), len(envelopes)
    true = np.array([atlas.country_row[code] for code in countries])
    said = np.empty(size, dtype=object)
    sure, odds, shares = np.empty(size), np.empty(size), np.empty(size)
    level = np.empty(size, dtype=np.int64)
    order = np.argsort(_named(atlas, envelopes), kind="stable")
    for at in range(0, size, AT_ONCE):
        rows = order[at : at + AT_ONCE]
        believed, verdicts = engine.hear([envelopes[row] for row in rows])
        bad = believed.suspicion
        odds[rows] = np.log(bad + _LEAST) - np.log(1.0 - bad + _LEAST)
        shares[rows] = believed.country[np.arange(len(rows)), true[rows]]
        said[rows] = [verdict.country for verdict in verdicts]
        sure[rows] = [verdict.confidence for verdict in verdicts]
        level[rows] = [verdict.alarm.level for verdict in verdicts]
    return Judged(said, sure, odds, level, shares)


def _named(atlas: Atlas, envelopes: Sequence[Envelope]) -> Array:
    """Return how many countries the databases name, (N,): as many together are quickest."""
    votes, _, _ = atlas.addresses.look_up([one.observed.source_ip for one in envelopes])
    votes = np.sort(votes, axis=1)
    return np.asarray((np.diff(votes, axis=1, prepend=-1) > 0).sum(axis=1))
