"""How cautious the customer should be.

    m = 1 − P(s ∈ {direct, roaming, relay, fronted}, e ∈ {honest, traveller})

low from m = 0.20, medium from 0.50, high from 0.97. High also wants two groups of families that
each, taken away alone, would lower its odds (`Posterior.log_odds`) by 1.5 nats: one mismatch alone
never makes high.

An edge that is deployed wrongly sees the same of everybody; that is a hypothesis of its own and no
cause for alarm (`likelihoods.front`, and κ in `likelihoods.delay`).

The thresholds are provisional: of simulated travellers (delays and noise from other families than
the engine's, addresses of homes out of the tables) some 5 % are above low, below 1 % above medium,
none in 1,200 above high; people at home and roamers hardly ever. The accuracy benchmark is to set
them at 5 %, 1 % and 0.1 % false alarms. Source: ours.
"""

from collections.abc import Callable

import numpy as np

from octet.schema.verdict import Alarm
from octet.service.atlas.container import Array
from octet.service.engine.evidence import Group

LOW, MEDIUM, HIGH = 0.20, 0.50, 0.97
SUPPORT_NATS = 1.5
SUPPORTERS = 2
SUPPORT = tuple(group for group in Group if group is not Group.DEPLOYMENT)


def alarms(
    suspicion: Array,
    log_odds: Array,
    without: Callable[[Group, Array], Array],
) -> list[Alarm]:
    """Return each envelope's alarm.

    Args:
        suspicion: (B,) m.
        log_odds: (B,) those of m.
        without: gives the log odds of the rows of an index array when a group's evidence is left
            out; called only for rows that would be high and lack supporters.
    """
    levels = np.searchsorted([LOW, MEDIUM, HIGH], suspicion, side="right")
    steep = np.flatnonzero(levels == Alarm.HIGH.level)
    supporters = np.zeros(len(levels), np.int64)
    for group in SUPPORT:
        open_rows = steep[supporters[steep] < SUPPORTERS]
        if len(open_rows):
            gains = log_odds[open_rows] - without(group, open_rows)
            supporters[open_rows] += gains >= SUPPORT_NATS
    levels[steep[supporters[steep] < SUPPORTERS]] = Alarm.MEDIUM.level
    scale = list(Alarm)
    return [scale[level] for level in levels]
