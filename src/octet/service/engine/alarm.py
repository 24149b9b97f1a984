"""How cautious the customer should be.

    m = 1 − P(s ∈ {direct, roaming, relay, fronted}, e ∈ {honest, traveller})

Each level starts at its own odds of m (`model.Thresholds`), fitted so that of the honest class that
alarms most (at home, travelling, roaming, behind a relay) at most 5 % are above low, 1 % above
medium, 0.1 % above high. High also wants two groups of families that each, taken away alone, would
lower its odds (`Posterior.log_odds`) by 1.5 nats: one mismatch alone never makes high.

An edge that is deployed wrongly sees the same of everybody; that is a hypothesis of its own and no
cause for alarm (`likelihoods.front`, and κ in `likelihoods.delay`). Source: ours.
"""

from collections.abc import Callable

import numpy as np

from octet.schema.verdict import Alarm
from octet.service.atlas.container import Array
from octet.service.engine.evidence import Group
from octet.service.engine.model import Thresholds

SUPPORT_NATS = 1.5
SUPPORTERS = 2
SUPPORT = tuple(group for group in Group if group is not Group.DEPLOYMENT)


def alarms(
    suspicion: Array, gains: Callable[[Array], Array], thresholds: Thresholds
) -> list[Alarm]:
    """Return each envelope's alarm.

    Args:
        suspicion: (B,) ln m / (1 − m).
        gains: gives by how many nats each group of `SUPPORT` raises the odds of m against what is
            good without a relay, (groups, rows), of the rows of an index array; asked only of those
            that would be high.
        thresholds: where each level starts.
    """
    levels = np.searchsorted(thresholds.rising, suspicion, side="right")
    steep = np.flatnonzero(levels == Alarm.HIGH.level)
    if len(steep):
        supporters = (gains(steep) >= SUPPORT_NATS).sum(axis=0)
        levels[steep[supporters < SUPPORTERS]] = Alarm.MEDIUM.level
    scale = list(Alarm)
    return [scale[level] for level in levels]
