"""How cautious the customer should be.

    m = 1 − P(s ∈ {direct, roaming, relay}, e ∈ {honest, traveller})

low from m = 0.20, medium from 0.50, high from 0.97. High also wants two groups of families that
each, taken away alone, would lower its odds (`Posterior.log_odds`) by 1.5 nats: one mismatch alone
never makes high.

An edge whose peers are no visitors (an undeclared proxy before it) sees the same of everybody:
there the alarm stays at low.

The thresholds are provisional, set by hand on the golden sessions; the accuracy benchmark is to set
them on honest sessions, travellers and roamers among them, at 5 %, 1 % and 0.1 % false alarms.
Source: ours.
"""

from collections.abc import Callable, Sequence

import numpy as np

from octet.schema.verdict import Alarm
from octet.service.atlas.container import Array
from octet.service.engine.evidence import Group
from octet.service.engine.facts import Facts

LOW, MEDIUM, HIGH = 0.20, 0.50, 0.97
SUPPORT_NATS = 1.5
SUPPORTERS = 2


def alarms(
    suspicion: Array,
    log_odds: Array,
    facts: Sequence[Facts],
    without: Callable[[Group, Array], Array],
) -> list[Alarm]:
    """Return each envelope's alarm.

    Args:
        suspicion: (B,) m.
        log_odds: (B,) those of m.
        facts: the same envelopes'.
        without: gives the log odds of the rows of an index array when a group's evidence is left
            out; called only for rows that would be high.
    """
    levels = np.searchsorted([LOW, MEDIUM, HIGH], suspicion, side="right")
    steep = np.flatnonzero(levels == Alarm.HIGH.level)
    if len(steep):
        gains = np.stack([log_odds[steep] - without(group, steep) for group in Group])
        supported = (gains >= SUPPORT_NATS).sum(axis=0) >= SUPPORTERS
        levels[steep[~supported]] = Alarm.MEDIUM.level
    levels = np.where([fact.fronted for fact in facts], np.minimum(levels, 1), levels)
    scale = list(Alarm)
    return [scale[level] for level in levels]
