"""Exits to fit on: drawn from address space, so the provider's real ones stay for the test.

Networks of hosts count by the square root of their size, since exits do not stand where most
cloud servers do; a share stands in small networks whose names say nothing of hosting. Where an exit
stands is what some database says of it, by how often each is right of exits; some stand elsewhere
than all of them say.
"""

from typing import Final

import numpy as np

from benchmarks.accuracy.exits import Exit, Known
from octet.service.atlas import Atlas
from octet.service.atlas.addresses import NO_COUNTRY
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array

EXITS: Final = 1000
IN_PLAIN_NETWORKS: Final = 0.12
SMALL_NETWORK: Final = 2**14
PRETENDED: Final = 0.15
TRUSTED: Final = (0.3, 0.1, 0.6)
"""How often each database is believed."""


def drawn_exits(atlas: Atlas, rng: np.random.Generator, count: int = EXITS) -> Known:
    """Return *count* exits, on no list."""
    table = atlas.addresses.v4
    first = table.first.astype(np.int64)
    span = np.diff(first, append=2**32)
    known = (table.country != NO_COUNTRY).all(axis=1)
    hosts, plain = _weights(atlas, span, known)
    hosting = popular_countries(atlas)
    found = []
    for _ in range(count):
        weights = plain if rng.random() < IN_PLAIN_NETWORKS else hosts
        row = int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))
        number = int(first[row]) + int(rng.integers(span[row]))
        said = int(table.country[row, rng.choice(len(TRUSTED), p=TRUSTED)])
        stands = said
        if rng.random() < PRETENDED:
            stands = int(rng.choice(len(hosting), p=hosting))
        address = ".".join(map(str, number.to_bytes(4, "big")))
        found.append(Exit(address, atlas.countries[stands], atlas.countries[said]))
    return Known(tuple(found))


def popular_countries(atlas: Atlas) -> Array:
    """Return where exits stand that pretend to stand elsewhere, (C,) shares."""
    share = np.sqrt(atlas.exit_share.astype(np.float64))
    return np.asarray(share / share.sum())


def _weights(atlas: Atlas, span: Array, known: Array) -> tuple[Array, Array]:
    """Return cumulative weights of the ranges in hosting, and in small plain networks."""
    table = atlas.addresses.v4
    system = np.minimum(table.system.astype(np.int64), len(atlas.addresses.as_number))
    size = np.bincount(system, weights=span, minlength=len(atlas.addresses.as_number) + 1)
    kind = np.append(atlas.addresses.as_type, AsType.OTHER)[system]
    rooted = known * span / np.sqrt(size[system])
    named = system < len(atlas.addresses.as_number)
    small = named & (size[system] < SMALL_NETWORK)
    plain = small & np.isin(kind, (AsType.OTHER, AsType.ACCESS))
    return np.cumsum(rooted * (kind == AsType.HOSTING)), np.cumsum(rooted * plain)
