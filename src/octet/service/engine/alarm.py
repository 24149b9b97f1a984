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
    suspicion: Array,
    log_odds: Callable[[Group | None, Array], Array],
    thresholds: Thresholds,
) -> list[Alarm]:
    """Return each envelope's alarm.

    Args:
        suspicion: (B,) ln m / (1 − m).
        log_odds: gives those of m against what is good without a relay, for the rows of an index
            array, with a group's evidence left out or none; asked of rows alone that would be high.
        thresholds: where each level starts.
    """
    levels = np.searchsorted(thresholds.rising, suspicion, side="right")
    steep = np.flatnonzero(levels == Alarm.HIGH.level)
    if len(steep):
        levels[steep[~_supported(steep, log_odds)]] = Alarm.MEDIUM.level
    scale = list(Alarm)
    return [scale[level] for level in levels]


def _supported(rows: Array, log_odds: Callable[[Group | None, Array], Array]) -> Array:
    """Say of which rows enough groups of families speak for the alarm, (rows,) bool."""
    whole = log_odds(None, rows)
    supporters = np.zeros(len(rows), np.int64)
    for group in SUPPORT:
        lacking = np.flatnonzero(supporters < SUPPORTERS)
        if len(lacking):
            gains = whole[lacking] - log_odds(group, rows[lacking])
            supporters[lacking] += gains >= SUPPORT_NATS
    return np.asarray(supporters >= SUPPORTERS)
