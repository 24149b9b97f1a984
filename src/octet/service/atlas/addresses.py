"""What the address tables say of an address."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import numpy as np
from attrs import frozen

from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array

NO_COUNTRY = 255
_V6_LOW_BITS = 64


@frozen(eq=False)
class AddressTable:
    """One family's ranges: row i holds from ``first[i]`` to the address before ``first[i + 1]``."""

    first: Array
    """(N,) rising; of IPv6 the upper 64 bits."""
    country: Array
    """(N, D) uint8, the row of the country each database names, 255 for none."""
    system: Array
    """(N,) row of the autonomous system; past the end for none."""


@frozen(eq=False)
class AddressBook:
    """Both families and the autonomous systems."""

    v4: AddressTable
    v6: AddressTable
    as_number: Array
    """(A,) rising."""
    as_type: Array
    """(A,) values of `AsType`."""

    def look_up(self, addresses: Sequence[str]) -> tuple[Array, Array, Array]:
        """Return what is known of each address; of private and special ones nothing is.

        Args:
            addresses: B valid addresses in text.

        Returns:
            votes (B, D) country rows or -1; types (B,) `AsType` or -1; numbers (B,) or -1.
        """
        size = len(addresses)
        votes = np.full((size, self.v4.country.shape[1]), -1, np.int16)
        types, numbers = np.full(size, -1, np.int16), np.full(size, -1, np.int64)
        parsed = [_plain(address) for address in addresses]
        for table, version in ((self.v4, 4), (self.v6, 6)):
            mine = [i for i, a in enumerate(parsed) if a.version == version and a.is_global]
            if not mine:
                continue
            keys = np.array([_key(parsed[i]) for i in mine], dtype=table.first.dtype)
            row = np.searchsorted(table.first, keys, side="right") - 1
            named = table.country[row].astype(np.int16)
            votes[mine] = np.where(named == NO_COUNTRY, -1, named)
            system = table.system[row].astype(np.int64)
            known = system < len(self.as_number)
            at = np.where(known, system, 0)
            types[mine] = np.where(known, self.as_type[at], int(AsType.OTHER))
            numbers[mine] = np.where(known, self.as_number[at].astype(np.int64), -1)
        return votes, types, numbers


def _plain(address: str) -> IPv4Address | IPv6Address:
    parsed = ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def _key(address: IPv4Address | IPv6Address) -> int:
    return int(address) >> (_V6_LOW_BITS if isinstance(address, IPv6Address) else 0)
