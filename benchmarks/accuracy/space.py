"""Addresses of a kind in a country.

Which country an address is in, nobody knows offline. One database, drawn anew for every session, is
taken for the truth, so the others err as often as databases differ from each other.
"""

from enum import Enum

import numpy as np

from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array


class Kind(Enum):
    """Who uses an address."""

    HOME = (AsType.ACCESS, AsType.MOBILE)
    SIM = (AsType.MOBILE,)
    HOST = (AsType.HOSTING,)
    RELAY = (AsType.RELAY,)


class Space:
    """Draws IPv4 addresses."""

    def __init__(self, atlas: Atlas) -> None:
        table = atlas.addresses.v4
        self._first = table.first.astype(np.int64)
        self._span = np.diff(self._first, append=2**32)
        self._named = np.asarray(table.country)
        self._kind = np.append(atlas.addresses.as_type, AsType.OTHER)[table.system]
        self._countries = len(atlas.countries)
        self._of_kind = {kind: np.flatnonzero(np.isin(self._kind, kind.value)) for kind in Kind}
        self._rows: dict[tuple[Kind, int, int], tuple[Array, Array]] = {}

    def countries(self, kind: Kind) -> Array:
        """Return which countries every database knows addresses of the kind in, (C,) bool."""
        every = np.ones(self._countries, dtype=bool)
        for database in range(self._named.shape[1]):
            named = self._named[self._of_kind[kind], database]
            every &= np.bincount(named, minlength=256)[: self._countries] > 0
        return every

    def address(self, kind: Kind, country: int, rng: np.random.Generator) -> str:
        """Return any address of the kind in the country, one that some database puts there."""
        database = int(rng.integers(self._named.shape[1]))
        rows, ends = self._of(kind, country, database)
        row = rows[np.searchsorted(ends, rng.integers(ends[-1]), side="right")]
        number = int(self._first[row]) + int(rng.integers(self._span[row]))
        return ".".join(map(str, number.to_bytes(4, "big")))

    def _of(self, kind: Kind, country: int, database: int) -> tuple[Array, Array]:
        key = (kind, country, database)
        if key not in self._rows:
            of_kind = self._of_kind[kind]
            rows = of_kind[self._named[of_kind, database] == country]
            self._rows[key] = rows, np.cumsum(self._span[rows])
        return self._rows[key]
