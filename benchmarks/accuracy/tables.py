"""Address tables that know less than the engine's, or everything."""

from collections.abc import Mapping, Sequence
from enum import Enum

import attrs
from attrs import field, frozen

from benchmarks.accuracy.sessions import Case, Session
from octet.service.atlas import Atlas
from octet.service.atlas.addresses import AddressBook
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array

HIDING = frozenset(
    {
        Case.OFFICE_ABROAD,
        Case.VPN_HOME,
        Case.VPN_HONEST,
        Case.VPN_SPOOFED,
        Case.PROXY_ABROAD,
        Case.PROXY_HOME,
        Case.PROXY_SPOOFED,
        Case.TOR,
    }
)


class Known(Enum):
    """What tables know of one column."""

    AS_IT_IS = "as it is"
    NOTHING = "nothing"
    EVERYTHING = "everything"


@frozen(eq=False)
class Truth(AddressBook):
    """The engine's tables with a column that is gone, or right.

    A list that knows every exit calls each one a host, and no other address: the engine trusts it
    no more than it trusts its own table of hosts.
    """

    row: Mapping[str, tuple[int, bool]] = field(factory=dict)
    """Address to the country that it is in, and whether somebody hides behind it."""
    votes_known: Known = Known.AS_IT_IS
    kinds_known: Known = Known.AS_IT_IS

    def look_up(self, addresses: Sequence[str]) -> tuple[Array, Array, Array]:
        """Return what is said of each address."""
        votes, kinds, numbers = AddressBook.look_up(self, addresses)
        told = [self.row.get(address) for address in addresses]
        if self.votes_known is Known.NOTHING:
            votes[:] = -1
        if self.kinds_known is Known.NOTHING:
            kinds[:] = -1
        for at, one in enumerate(told):
            if one is None:
                continue
            if self.votes_known is Known.EVERYTHING:
                votes[at] = one[0]
            if self.kinds_known is Known.EVERYTHING:
                kinds[at] = _kind(int(kinds[at]), hides=one[1])
        return votes, kinds, numbers


def _kind(kind: int, *, hides: bool) -> int:
    if hides:
        return int(AsType.HOSTING)
    return int(AsType.OTHER) if kind == AsType.HOSTING else kind


def with_tables(atlas: Atlas, sessions: Sequence[Session], votes: Known, kinds: Known) -> Atlas:
    """Return the atlas with such tables; what is right they know of these sessions' addresses."""
    row = {
        session.seen.address: (atlas.country_row[session.exit_country], session.case in HIDING)
        for session in sessions
    }
    book = attrs.asdict(atlas.addresses, recurse=False)
    truth = Truth(**book, row=row, votes_known=votes, kinds_known=kinds)
    return attrs.evolve(atlas, addresses=truth, as_text={})
