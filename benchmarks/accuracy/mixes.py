"""Who visits: how much each class counts. Judgement, all of it."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from benchmarks.accuracy.sessions import Case
from octet.service.atlas.container import Array

HIDDEN_SHARES: Final = (0.05, 0.1, 0.2)
"""Calibration is to hold at each of these."""
POPULARITY: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
"""How many hide, swept."""

OPEN_MIX: Final[dict[Case, float]] = {
    Case.DIRECT: 0.89,
    Case.TRAVELLER: 0.07,
    Case.ROAMING: 0.01,
    Case.OFFICE: 0.028,
    Case.SATELLITE: 0.002,
}
"""Who does not hide. A company whose egress is abroad is in no mix: it hides, and means no harm."""
USUAL_MIX: Final[dict[Case, float]] = {
    Case.DIRECT: 0.92,
    Case.TRAVELLER: 0.07,
    Case.ROAMING: 0.01,
}
"""Whose false alarms thresholds are set by: people at home, travelling and roaming, as the goals
say. Companies and satellites alarm more often; they count among those whose alarms are not true."""
HIDDEN_MIX: Final[dict[Case, float]] = {
    Case.VPN_HOME: 0.24,
    Case.VPN_HONEST: 0.29,
    Case.VPN_SPOOFED: 0.1,
    Case.PROXY_ABROAD: 0.06,
    Case.PROXY_HOME: 0.04,
    Case.PROXY_SPOOFED: 0.05,
    Case.RELAY: 0.2,
    Case.TOR: 0.02,
}
TO_ALARM: Final[dict[Case, float]] = {
    case: share for case, share in HIDDEN_MIX.items() if case is not Case.RELAY
}
"""Who hides and should alarm: a relay keeps its own country."""


def weights(cases: Array, mix: Mapping[Case, float]) -> Array:
    """Return what each session counts, (N,); those of a class share its share evenly."""
    counts = np.zeros(len(cases))
    for case, share in mix.items():
        mine = cases == case
        counts[mine] = share / max(int(mine.sum()), 1)
    return counts


def mixed(cases: Array, hidden: float) -> Array:
    """Return what each session counts when so many visitors hide, (N,)."""
    mix = {case: share * (1.0 - hidden) for case, share in OPEN_MIX.items()}
    mix |= {case: share * hidden for case, share in HIDDEN_MIX.items()}
    return weights(cases, mix)
