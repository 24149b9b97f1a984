"""The address: what three databases vote, and what kind of network it belongs to.

Votes, for an exit x and a transport s:

    log P(votes | x, s) = w Σ_d log( a_ds [v_d = x] + (1 − a_ds) q_d(v_d) )

a_ds is how often database d names the right country, q_d its share of the address space: a wrong
vote falls where the database puts much. w < 1 because the three copy from each other. The accuracy
falls from homes to tunnels, so disagreement between the databases speaks for a tunnel by itself.
Where all follow an owner who pretends, x is none of the countries named, and the votes are those of
a home in the pretended one.

Network type: log P(type | s), and of stale environments P(type | s, traveller): phones take their
time zone from the network, so a stale zone is rare on mobile networks.

Missing votes and types add 0.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Environment, Transport, log

WEIGHT = 0.8
"""Of the votes, for three databases that share registry data. Ours."""

ACCURACY = np.array(
    [
        [0.953, 0.880, 0.953],
        [0.953, 0.880, 0.953],
        [0.650, 0.260, 0.890],
        [0.900, 0.800, 0.920],
        [0.150, 0.150, 0.500],
        [0.650, 0.260, 0.890],
        [0.900, 0.800, 0.920],
    ]
)
"""P(right vote), rows over `Transport`, columns as `COUNTRY_SOURCES`. Homes and VPN: measured on
316 home connections and on real VPN exits; proxy (homes and hosts mixed) and relay: ours."""

OPERATOR_ACCURACY = np.array([0.960, 0.960, 0.750, 0.920, 0.500, 0.750, 0.920])
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
        [0.125, 0.727, 0.130, 0.008, 0.005, 0.005],
        [0.040, 0.300, 0.640, 0.010, 0.005, 0.005],
        [0.200, 0.050, 0.005, 0.710, 0.002, 0.033],
        [0.150, 0.400, 0.100, 0.340, 0.005, 0.005],
        [0.010, 0.010, 0.010, 0.070, 0.001, 0.899],
        [0.200, 0.050, 0.010, 0.720, 0.005, 0.015],
        [0.200, 0.100, 0.010, 0.590, 0.001, 0.099],
    ]
)
"""P(type | s), rows over `Transport`, columns over `AsType`. Judgement. `atlas.as_types` takes 0.86
of one provider's exits for hosting and 0.06 for other; of the systems on two public lists of hosts
it is 0.50 and 0.40 (evaluation data). What stands here leaves room for both."""

TYPE_STALE = np.array([0.17, 0.728, 0.08, 0.012, 0.005, 0.005])
"""P(type | direct, traveller): laptops behind hotels and homes. Ours."""


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
        )


@frozen(eq=False)
class Ip:
    """The address family of one atlas."""

    atlas: Atlas

    def votes(self, facts: Sequence[Facts]) -> Votes:
        """Look the addresses up and weigh the votes for each possible exit."""
        votes, network, _ = self.atlas.addresses.look_up([fact.source_ip for fact in facts])
        known = votes >= 0
        share = np.maximum(self.atlas.vote_share, LEAST_SHARE)
        q = share[np.arange(votes.shape[1]), np.maximum(votes, 0)]
        right = np.column_stack([ACCURACY, OPERATOR_ACCURACY])[None, :, : votes.shape[1]]
        wrong = (1.0 - right) * q[:, None, :]
        missed = np.where(known[:, None], np.log(wrong), 0.0)
        gain = np.where(known[:, None], np.log((right + wrong) / wrong), 0.0)
        named = _named(votes)
        same = (named[:, :, None] == votes[:, None, :]) & known[:, None]
        elsewhere = missed.sum(axis=2)
        at_named = elsewhere[:, :, None] + np.einsum("bsd,bkd->bsk", gain, same)
        agreed = np.exp(at_named[:, Transport.DIRECT]) * (named >= 0)
        pretended = np.log(PRETENDED / ADVERTISED * agreed.sum(axis=1) + _LEAST)
        some = (named >= 0).any(axis=1)
        for transport in (Transport.VPN, Transport.TOR):
            either = np.logaddexp(elsewhere[:, transport], pretended)
            elsewhere[:, transport] = np.where(some, either, elsewhere[:, transport])
        return Votes(named, WEIGHT * at_named, WEIGHT * elsewhere, network)

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
        """Return log P(type | s, e), over (B, S, E)."""
        known = votes.network >= 0
        kind = np.where(known, votes.network, int(AsType.OTHER))
        return Evidence(
            "network", Group.ADDRESS, manner=np.where(known[:, None, None], _LOG_TYPE[kind], 0.0)
        )


def _log_type() -> Array:
    """Return log P(type | s, e), (types, S, E)."""
    table = np.repeat(TYPE[:, None, :], len(Environment), axis=1)
    table[Transport.DIRECT, Environment.TRAVELLER] = TYPE_STALE
    return np.moveaxis(log(table), 2, 0)


_LOG_TYPE = _log_type()


def _named(votes: Array) -> Array:
    """Return each row's different countries, first come first."""
    named = votes.astype(np.int64)
    for column in range(1, votes.shape[1]):
        repeat = (votes[:, :column] == votes[:, column, None]).any(axis=1)
        named[repeat, column] = -1
    order = np.argsort(named < 0, axis=1, kind="stable")
    return np.take_along_axis(named, order, axis=1)
