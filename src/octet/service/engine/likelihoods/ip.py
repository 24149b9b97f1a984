"""The address: what three databases vote, and what kind of network it belongs to.

Votes, for an exit x, a transport s and a network's type:

    log P(votes | x, s, type) = w Σ_d log( a_d [v_d = x] + (1 − a_d) q_d(v_d) )

a_d is how often database d names the right country there, q_d its share of the address space: a
wrong vote falls where the database puts much. w < 1 because the three copy from each other. They
are right of homes and wrong of hosts, whoever uses them: on a network of homes disagreement speaks
for a tunnel by itself, among hosts it speaks for nothing. Where all follow an owner who pretends, x
is none of the countries named, and the votes are those of a home in the pretended one.

Network: log P(type | s), and of stale environments P(type | s, traveller): phones take their time
zone from the network, laptops behind them do not. And log P(size | type, s): homes live in large
networks; a small one that is not called a host may be one all the same.

Missing votes and types add 0.
"""

from collections.abc import Sequence

import numpy as np
from attrs import field, frozen

from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Environment, Transport, log

WEIGHT = 0.9
"""Of the votes, for three databases that share registry data. Ours."""

HOMES, HOSTS, RELAYS = (0.953, 0.880, 0.953), (0.650, 0.260, 0.890), (0.150, 0.150, 0.500)
"""P(right vote) by columns as `COUNTRY_SOURCES`, for three kinds of user of a network. Homes and
hosts: measured on 316 home connections and on real VPN exits; relays: ours."""

OPERATOR = {HOMES: 0.960, HOSTS: 0.750, RELAYS: 0.500}
"""The same of a database that an operator brings: judgement, between the best of the three and what
vendors claim; a bought database knows more of tunnels than registries do."""

PRETENDED, ADVERTISED = 0.10, 100.0
"""Share of a provider's exits that stand elsewhere than its owner tells the registries, in which
the databases follow him as if they stood there (17 % of the exits of one, evaluation data), and the
number of countries that such exits are advertised in, about."""
_LEAST = 1e-300

LEAST_SHARE = 1e-3
"""No country's share of wrong votes is smaller."""

#                other  access mobile hosting satell. relay
TYPE = np.array(
    [
        [0.127, 0.729, 0.130, 0.004, 0.005, 0.005],
        [0.040, 0.150, 0.790, 0.010, 0.005, 0.005],
        [0.200, 0.050, 0.005, 0.710, 0.002, 0.033],
        [0.150, 0.400, 0.100, 0.340, 0.005, 0.005],
        [0.010, 0.010, 0.010, 0.010, 0.001, 0.959],
        [0.200, 0.050, 0.010, 0.720, 0.005, 0.015],
        [0.200, 0.100, 0.010, 0.590, 0.001, 0.099],
    ]
)
"""P(type | s), rows over `Transport`, columns over `AsType`. Judgement. `atlas.as_types` takes 0.86
of one provider's exits for hosting and 0.06 for other; of the systems on two public lists of hosts
it is 0.50 and 0.40 (evaluation data). What stands here leaves room for both."""

TYPE_STALE = np.array([0.17, 0.694, 0.12, 0.006, 0.005, 0.005])
"""P(type | direct, traveller): laptops behind hotels and homes, some behind a phone of the country.
Judgement; the share of mobile networks was chosen on sessions of the accuracy benchmark's
simulator: a larger one places as many fewer right of those who roam as it places more of these."""

SIZES = (2**12, 2**14, 2**16, 2**18)
"""Addresses announced from which a network is of the next size."""
SIZE_OF_HOMES = np.array([0.03, 0.04, 0.05, 0.08, 0.80])
"""P(size | access or mobile network, its own visitor) anywhere; three quarters of what is taken is
the share of the country's own address space, so that nobody is suspected for living where providers
are small."""
COUNTRY_OF_HOMES = 0.75
SIZE_OF_OTHERS = np.array([0.10, 0.10, 0.15, 0.25, 0.40])
"""P(size | other, its own visitor): companies, schools, small providers. Judgement."""
SIZE_OF_HIDDEN = np.array([0.40, 0.25, 0.15, 0.10, 0.10])
"""P(size | access or other, a tunnel's exit): hosts whose names do not say so. Judgement; networks
of hosts in the atlas by the square root of their size are 0.22, 0.15, 0.13, 0.13 and 0.37."""
HIDDEN_SHARE = np.array([0.0, 0.0, 1.0, 0.15, 0.0, 1.0, 0.5])
"""Of an exit in an access or other network, over `Transport`: that it is such a host. Judgement."""


@frozen(eq=False)
class Votes:
    """What the tables say of a batch of addresses."""

    named: Array
    """(B, D) rows of the different countries, -1 in the places after the last: the exit slots."""
    at_named: Array
    """(B, S, D) log P(votes | x = that country, s), weighted."""
    elsewhere: Array
    """(B, S) the same of every country that no database names."""
    network: Array
    """(B,) `AsType`, -1 when unknown."""
    size: Array
    """(B,) how large the network is, a row of `SIZE_OF_HOMES`, -1 when unknown."""
    usual: Array
    """(B,) P(size | type, its own visitor)."""
    favoured: Array
    """(B,) row of the country that the votes of a direct visitor's address favour, or -1."""

    @property
    def exits(self) -> Array:
        """(B,) how many countries are named."""
        return np.asarray((self.named >= 0).sum(axis=1))

    def of(self, rows: Array) -> "Votes":
        """Return the votes on some of the addresses, with no more slots than they use."""
        used = int(self.exits[rows].max(initial=0))
        return Votes(
            self.named[rows, :used],
            self.at_named[rows, :, :used],
            self.elsewhere[rows],
            self.network[rows],
            self.size[rows],
            self.usual[rows],
            self.favoured[rows],
        )


@frozen(eq=False)
class Ip:
    """The address family of one atlas."""

    atlas: Atlas
    _number: Array = field(repr=False)
    """(A,) the autonomous systems, rising."""
    _size: Array = field(repr=False)
    """(A,) how large each is, -1 for those that announce no IPv4."""
    _usual: Array = field(repr=False)
    """(types + 1, C + 1, sizes) P(size | type, its own visitor) by country; the last for none."""
    _missed: Array = field(repr=False)
    """(types + 1, D, C + 1, S) log P(a wrong vote); the last are for no type, no vote."""
    _gain: Array = field(repr=False)
    """The same: by how much the vote is likelier where it is right, nats."""

    @classmethod
    def of(cls, atlas: Atlas) -> "Ip":
        """Return the family over the addresses of *atlas*."""
        sizes, homes = _sizes(atlas)
        usual = np.repeat(homes[None], len(AsType) + 1, axis=0)
        usual[AsType.OTHER] = SIZE_OF_OTHERS
        numbers = atlas.addresses.as_number.astype(np.int64)
        return cls(atlas, numbers, sizes, usual, *_weights(atlas))

    def _size_of(self, numbers: Array) -> Array:
        row = np.minimum(np.searchsorted(self._number, numbers), len(self._number) - 1)
        return np.where(self._number[row] == numbers, self._size[row], -1)

    def votes(self, facts: Sequence[Facts]) -> Votes:
        """Look the addresses up and weigh the votes for each possible exit."""
        book = self.atlas.addresses
        votes, network, numbers = book.look_up([fact.source_ip for fact in facts])
        size = self._size_of(numbers)
        place = network[:, None], np.arange(votes.shape[1]), votes
        missed, gain = self._missed[place], self._gain[place]
        named = _named(votes)
        same = named[:, None] == votes[:, :, None]
        elsewhere = missed.sum(axis=1)
        at_named = elsewhere[:, :, None] + gain.swapaxes(1, 2) @ same
        agreed = (np.exp(at_named[:, Transport.DIRECT]) * (named >= 0)).sum(axis=1)
        pretended = np.log(PRETENDED / ADVERTISED * agreed + _LEAST)
        for hidden in (Transport.VPN, Transport.TOR):
            elsewhere[:, hidden] = np.logaddexp(elsewhere[:, hidden], pretended)
        favoured = _favoured(named, at_named)
        usual = self._usual[network, favoured, size]
        weighted = WEIGHT * at_named, WEIGHT * elsewhere
        return Votes(named, *weighted, network, size, usual, favoured)

    def of_votes(self, votes: Votes) -> Evidence:
        """Return w log P(votes | s, x), over (B, S, K, C)."""
        size, databases = votes.named.shape
        shape = (size, len(Transport), databases + 2, len(self.atlas.countries))
        path = np.empty(shape, np.float32)
        path[:] = votes.elsewhere[:, :, None, None]
        path[:, :, 1:-1] = votes.at_named[..., None]
        row, slot = np.nonzero(votes.named >= 0)
        path[row, :, 0, votes.named[row, slot]] = votes.at_named[row, :, slot]
        return Evidence("votes", Group.ADDRESS, path=path)

    def of_network(self, votes: Votes) -> Evidence:
        """Return log P(type, size | s, e) less log P(size | its own visitor), over (B, S, E)."""
        known = votes.network >= 0
        kind = np.where(known, votes.network, int(AsType.OTHER))
        hidden = _HIDDEN[kind] * (known & (votes.size >= 0))[:, None]
        other = SIZE_OF_HIDDEN[votes.size] / votes.usual
        sized = np.log(1.0 - hidden + hidden * other[:, None])
        return Evidence(
            "network",
            Group.ADDRESS,
            manner=np.where(known[:, None, None], _LOG_TYPE[kind], 0.0) + sized[:, :, None],
        )


def _accuracy() -> Array:
    """Return P(right vote) by type, transport and database, (types + 1, S, D); unknown types last.

    Whoever is direct is of the network's own kind, a tunnel ends at a host.
    """
    own = {AsType.HOSTING: HOSTS, AsType.RELAY: RELAYS}
    table = np.empty((len(AsType) + 1, len(Transport), len(HOMES) + 1))
    for kind in (*AsType, -1):
        users = {transport: own.get(AsType(max(kind, 0)), HOMES) for transport in Transport}
        if kind != AsType.RELAY:
            users |= {Transport.VPN: HOSTS, Transport.TOR: HOSTS}
        users |= {Transport.RELAY: RELAYS}
        for transport, user in users.items():
            table[kind, transport] = (*user, OPERATOR[user])
    return table


def _sizes(atlas: Atlas) -> tuple[Array, Array]:
    """Return how large each autonomous system is, (A,), and P(size | its own visitor at home),
    (C + 1, sizes).
    """
    table, systems = atlas.addresses.v4, len(atlas.addresses.as_number)
    spans = np.diff(table.first.astype(np.float64), append=2.0**32)
    row = np.minimum(table.system.astype(np.int64), systems)
    announced = np.bincount(row, weights=spans, minlength=systems + 1)[:-1]
    size = np.searchsorted(SIZES, announced, side="right")
    homes = np.isin(atlas.addresses.as_type, (AsType.ACCESS, AsType.MOBILE))
    mine = np.append(homes, False)[row] & (table.country[:, -1] < len(atlas.countries))
    space = np.zeros((len(atlas.countries) + 1, len(SIZE_OF_HOMES)))
    np.add.at(space, (table.country[mine, -1], size[row[mine]]), spans[mine])
    whole = space.sum(axis=1, keepdims=True)
    share = np.where(whole > 0, space / np.maximum(whole, 1.0), SIZE_OF_HOMES)
    usual = COUNTRY_OF_HOMES * share + (1.0 - COUNTRY_OF_HOMES) * SIZE_OF_HOMES
    return np.where(announced > 0, size, -1), usual


def _weights(atlas: Atlas) -> tuple[Array, Array]:
    """Return log P(a wrong vote) and what a right one adds, (types + 1, D, C + 1, S), nats."""
    share = np.maximum(atlas.vote_share, LEAST_SHARE)[:, :, None]
    right = _accuracy().swapaxes(1, 2)[:, : len(share), None]
    wrong = (1.0 - right) * share
    nothing = (0, 0), (0, 0), (0, 1), (0, 0)
    return np.pad(np.log(wrong), nothing), np.pad(np.log((right + wrong) / wrong), nothing)


def _log_type() -> Array:
    """Return log P(type | s, e), (types, S, E)."""
    table = np.repeat(TYPE[:, None, :], len(Environment), axis=1)
    table[Transport.DIRECT, Environment.TRAVELLER] = TYPE_STALE
    return np.moveaxis(log(table), 2, 0)


def _hidden() -> Array:
    """Return how likely an exit there is a host by another name, (types, S)."""
    table = np.zeros((len(AsType), len(Transport)))
    table[[AsType.OTHER, AsType.ACCESS]] = HIDDEN_SHARE
    return table


_LOG_TYPE, _HIDDEN = _log_type(), _hidden()


def _named(votes: Array) -> Array:
    """Return each row's different countries, first come first, then -1."""
    different = [dict.fromkeys(vote for vote in row if vote >= 0) for row in votes.tolist()]
    named = np.full(votes.shape, -1, np.int64)
    for row, countries in enumerate(different):
        named[row, : len(countries)] = list(countries)
    return named


def _favoured(named: Array, at_named: Array) -> Array:
    """Return the country with the best direct votes, (B,), -1 for none."""
    best = np.argmax(np.where(named >= 0, at_named[:, Transport.DIRECT], -np.inf), axis=1)
    return np.asarray(named[np.arange(len(best)), best])
