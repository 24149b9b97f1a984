"""Addresses of a kind in a country.

Which country an address is in, nobody knows offline. One database, drawn anew for every session, is
taken for the truth, so the others err as often as databases differ from each other.
"""

from enum import Enum
from ipaddress import IPv4Address, IPv6Address

import numpy as np

from octet.service.atlas import Atlas
from octet.service.atlas.addresses import AddressTable
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array


class Kind(Enum):
    """Who uses an address."""

    HOME = (AsType.ACCESS, AsType.MOBILE)
    SIM = (AsType.MOBILE,)
    OFFICE = (AsType.OTHER,)
    HOST = (AsType.HOSTING,)
    RELAY = (AsType.RELAY,)
    SATELLITE = (AsType.SATELLITE,)


class Space:
    """Draws addresses of both families."""

    def __init__(self, atlas: Atlas) -> None:
        as_type = np.append(atlas.addresses.as_type, AsType.OTHER)
        self._v4 = _Family(atlas.addresses.v4, as_type, len(atlas.countries), bits=32)
        self._v6 = _Family(atlas.addresses.v6, as_type, len(atlas.countries), bits=64)

    def countries(self, kind: Kind) -> Array:
        """Return which countries every database knows IPv4 addresses of the kind in, (C,) bool."""
        return self._v4.countries(kind)

    def address(self, kind: Kind, country: int, rng: np.random.Generator) -> str:
        """Return any IPv4 address of the kind in the country, one that some database puts there."""
        number = self._v4.number(kind, country, rng)
        if number is None:
            raise LookupError(f"no {kind.name} in country {country}")
        return str(IPv4Address(number))

    def address6(self, kind: Kind, country: int, rng: np.random.Generator) -> str | None:
        """Return such an address of IPv6; None where there is none."""
        number = self._v6.number(kind, country, rng)
        return None if number is None else str(IPv6Address((number << 64) + 1))


class _Family:
    """One family's ranges, by kind, country and database."""

    def __init__(self, table: AddressTable, as_type: Array, countries: int, *, bits: int) -> None:
        self._first, self._bits = table.first, bits
        self._span = np.diff(table.first.astype(np.float64), append=2.0**bits)
        self._named = np.asarray(table.country)
        kind_of = as_type[np.minimum(table.system, len(as_type) - 1)]
        self._countries = countries
        self._of_kind = {kind: np.flatnonzero(np.isin(kind_of, kind.value)) for kind in Kind}
        self._rows: dict[tuple[Kind, int, int], tuple[Array, Array]] = {}

    def countries(self, kind: Kind) -> Array:
        every = np.ones(self._countries, dtype=bool)
        for database in range(self._named.shape[1]):
            named = self._named[self._of_kind[kind], database]
            every &= np.bincount(named, minlength=256)[: self._countries] > 0
        return every

    def number(self, kind: Kind, country: int, rng: np.random.Generator) -> int | None:
        """Return the upper bits of an address, or None."""
        database = int(rng.integers(self._named.shape[1]))
        rows, ends = self._of(kind, country, database)
        if not len(rows):
            return None
        # A range of IPv6 counts as one: how many of its addresses are used does not go with size.
        row = rows[np.searchsorted(ends, rng.random() * ends[-1], side="right")]
        return int(self._first[row]) + int(rng.random() * self._span[row])

    def _of(self, kind: Kind, country: int, database: int) -> tuple[Array, Array]:
        key = (kind, country, database)
        if key not in self._rows:
            of_kind = self._of_kind[kind]
            rows = of_kind[self._named[of_kind, database] == country]
            weight = self._span[rows] if self._bits == 32 else np.ones(len(rows))  # noqa: PLR2004
            self._rows[key] = rows, np.cumsum(weight)
        return self._rows[key]
