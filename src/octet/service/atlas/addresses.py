"""What the address tables say of an address."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address

import numpy as np
from attrs import field, frozen

from octet.service.atlas.as_types import AsType, as_type
from octet.service.atlas.container import Array
from octet.service.atlas.operator import OperatorTables
from octet.service.atlas.special_addresses import Address, public_address

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
    operator: OperatorTables = field(factory=OperatorTables)
    """What the operator adds; with a country database there is one more vote."""
    country_row: Mapping[str, int] = field(factory=dict)
    """Country code to its row, for the operator's database."""

    @property
    def votes(self) -> int:
        """How many databases vote."""
        return int(self.v4.country.shape[1]) + (self.operator.country is not None)

    def look_up(self, addresses: Sequence[str]) -> tuple[Array, Array, Array]:
        """Return what is known of each address; of private and special ones nothing is.

        Args:
            addresses: B valid addresses in text.

        Returns:
            votes (B, D) country rows or -1; types (B,) `AsType` or -1; numbers (B,) or -1.
        """
        size, own = len(addresses), self.v4.country.shape[1]
        votes = np.full((size, self.votes), -1, np.int16)
        types, numbers = np.full(size, -1, np.int16), np.full(size, -1, np.int64)
        parsed = [public_address(address) for address in addresses]
        for table, version in ((self.v4, 4), (self.v6, 6)):
            found = [(i, _key(a)) for i, a in enumerate(parsed) if a and a.version == version]
            if not found:
                continue
            mine = [row for row, _ in found]
            keys = np.array([key for _, key in found], dtype=table.first.dtype)
            row = np.searchsorted(table.first, keys, side="right") - 1
            named = table.country[row].astype(np.int16)
            votes[mine, :own] = np.where(named == NO_COUNTRY, -1, named)
            system = table.system[row].astype(np.int64)
            known = system < len(self.as_number)
            at = np.where(known, system, 0)
            types[mine] = np.where(known, self.as_type[at], int(AsType.OTHER))
            numbers[mine] = np.where(known, self.as_number[at].astype(np.int64), -1)
        if self.operator.says_anything:
            for place, address in enumerate(parsed):
                if address is not None:
                    self._ask_operator(address, place, votes, types, numbers)
        return votes, types, numbers

    def _ask_operator(
        self,
        address: Address,
        row: int,
        votes: Array,
        types: Array,
        numbers: Array,
    ) -> None:
        """Write what the operator's tables say of one address into its row."""
        if self.operator.country is not None:
            votes[row, -1] = self.country_row.get(self.operator.country_of(address) or "", -1)
        told = self.operator.system_of(address)
        if told is not None and told[0] != numbers[row]:
            numbers[row], types[row] = told[0], self._type_of(*told)
        if int(numbers[row]) in self.operator.hosts:
            types[row] = AsType.HOSTING

    def _type_of(self, number: int, name: str) -> int:
        at = int(np.searchsorted(self.as_number, number))
        if at < len(self.as_number) and self.as_number[at] == number:
            return int(self.as_type[at])
        return int(as_type(number, name, 0))


def _key(address: Address) -> int:
    return int(address) >> (_V6_LOW_BITS if isinstance(address, IPv6Address) else 0)
