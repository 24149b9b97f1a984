"""What an envelope looks like from outside: how it is grouped for calibration.

Things that anybody can see without believing anything: the kind of network, whether the browser's
time zone is one of the country that the address tables favour, whether the gap between the layers
is a browser's own or more, whether the tables agree with each other, and whether something is
missing. Hidden classes that look alike share a pattern; nothing here tells them apart.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import numpy as np

from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.likelihoods.ip import Votes

SMALL_GAP_MS: Final = 10.0


class Clock(IntEnum):
    """Whether the time zone is one of the address's country."""

    AGREES = 0
    DIFFERS = 1
    UNKNOWN = 2


class Gap(IntEnum):
    """What lies between the layers."""

    SMALL = 0
    LARGE = 1
    UNKNOWN = 2


NETWORKS: Final = ("unknown", *(kind.name.lower() for kind in AsType))
OUTLINES: Final = tuple(
    f"{network}, clock {clock.name.lower()}, gap {gap.name.lower()}"
    for network in NETWORKS
    for clock in Clock
    for gap in Gap
)
"""The first three; several patterns share one."""
DETAILS: Final = (
    "tables agree, all there",
    "tables agree, some missing",
    "tables differ, all there",
    "tables differ, some missing",
)
NAMES: Final = tuple(f"{outline}, {detail}" for outline in OUTLINES for detail in DETAILS)
"""The patterns, in the order of their numbers."""


def outline_of(pattern: Array) -> Array:
    """Return the rows of `OUTLINES` of rows of `NAMES`."""
    return pattern // len(DETAILS)


def patterns(facts: Sequence[Facts], votes: Votes, atlas: Atlas) -> Array:
    """Return each envelope's pattern, (B,) rows of `NAMES`."""
    seen = (votes.network.tolist(), votes.favoured.tolist(), votes.exits.tolist())
    rows = zip(facts, *seen, strict=True)
    return np.array(
        [
            _row(network, _clock(fact, country, atlas), _gap(fact)) * len(DETAILS)
            + 2 * (exits > 1)
            + _some_missing(fact)
            for fact, network, country, exits in rows
        ],
        dtype=np.int64,
    )


def _row(network: int, clock: Clock, gap: Gap) -> int:
    return ((network + 1) * len(Clock) + clock) * len(Gap) + gap


def _clock(fact: Facts, country: int, atlas: Atlas) -> Clock:
    zone = None if fact.zone is None else atlas.zone_row.get(fact.zone)
    if zone is None or country < 0:
        return Clock.UNKNOWN
    return Clock.AGREES if atlas.zone_share[country, zone] > 0 else Clock.DIFFERS


def _gap(fact: Facts) -> Gap:
    if fact.delta_ms is None:
        return Gap.UNKNOWN
    return Gap.SMALL if fact.delta_ms < SMALL_GAP_MS else Gap.LARGE


def _some_missing(fact: Facts) -> bool:
    """Say whether languages, delays to a known place, or what SYN and user agent say is missing."""
    return not fact.tags or not fact.landmarks or fact.stack.claimed is None
