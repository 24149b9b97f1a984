"""The address: what three databases vote, and what kind of network it belongs to.

Votes, for an exit x and a transport s:

    log P(votes | x, s) = w Σ_d log( a_ds [v_d = x] + (1 − a_ds) q_d(v_d) )

a_ds is how often database d names the right country, q_d its share of the address space: a wrong
vote falls where the database puts much. w < 1 because the three copy from each other. The accuracy
falls from homes to tunnels, so disagreement between the databases speaks for a tunnel by itself.

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
    ]
)
"""P(right vote), rows over `Transport`, columns as `COUNTRY_SOURCES`. Homes and VPN: measured on
316 home connections and on real VPN exits; proxy (homes and hosts mixed) and relay: ours."""

LEAST_SHARE = 1e-3
"""No country's share of wrong votes is smaller."""

#                other  access mobile hosting satell. relay
TYPE = np.array(
    [
        [0.145, 0.703, 0.130, 0.012, 0.005, 0.005],
        [0.040, 0.300, 0.640, 0.010, 0.005, 0.005],
        [0.150, 0.050, 0.010, 0.750, 0.002, 0.038],
        [0.150, 0.400, 0.100, 0.340, 0.005, 0.005],
        [0.010, 0.010, 0.010, 0.070, 0.001, 0.899],
        [0.200, 0.050, 0.010, 0.720, 0.005, 0.015],
    ]
)
"""P(type | s), rows over `Transport`, columns over `AsType`. Ours; the rule of `atlas.as_types`
finds 0.88 of one provider's exits to be hosting, 0.75 leaves room for others."""

TYPE_STALE = np.array([0.17, 0.728, 0.08, 0.012, 0.005, 0.005])
"""P(type | direct, traveller): laptops behind hotels and homes. Ours."""


@frozen(eq=False)
class Votes:
    """What the tables say of a batch of addresses."""

    named: Array
    """(B, D) country rows, -1 for none or a repeat of an earlier one: the exit slots."""
    by_exit: Array
    """(B, C, S) log P(votes | x = c, s), weighted."""
    elsewhere: Array
    """(B, S) the same when no database names the exit."""
    network: Array
    """(B,) `AsType`, -1 when unknown."""


@frozen(eq=False)
class Ip:
    """The address family of one atlas."""

    atlas: Atlas

    def votes(self, facts: Sequence[Facts]) -> Votes:
        """Look the addresses up and weigh the votes for each possible exit."""
        votes, network, _ = self.atlas.addresses.look_up([fact.source_ip for fact in facts])
        share = np.maximum(self.atlas.vote_share, LEAST_SHARE)
        size, databases = votes.shape
        elsewhere = np.zeros((size, len(Transport)))
        by_exit = np.zeros((size, len(self.atlas.countries), len(Transport)))
        for column in range(databases):
            vote, accuracy = votes[:, column], ACCURACY[:, column]
            rows = np.flatnonzero(vote >= 0)
            wrong = (1.0 - accuracy) * share[column, vote[rows], None]
            elsewhere[rows] += np.log(wrong)
            by_exit[rows, vote[rows]] += np.log((accuracy + wrong) / wrong)
        by_exit += elsewhere[:, None, :]
        return Votes(_named(votes), WEIGHT * by_exit, WEIGHT * elsewhere, network)

    def of_votes(self, votes: Votes) -> Evidence:
        """Return w log P(votes | s, x), (B, C, S, 1, K)."""
        slots = by_slot(votes.by_exit, votes.elsewhere, votes.named)
        return Evidence("votes", Group.ADDRESS, slots[:, :, :, None, :])

    def of_network(self, votes: Votes) -> Evidence:
        """Return log P(type | s, e), (B, 1, S, E, 1)."""
        known = votes.network >= 0
        kind = np.where(known, votes.network, int(AsType.OTHER))
        log_prob = np.where(known[:, None, None], _LOG_TYPE[kind], 0.0)
        return Evidence("network", Group.ADDRESS, log_prob[:, None, :, :, None])


def _log_type() -> Array:
    """Return log P(type | s, e), (types, S, E)."""
    table = np.repeat(TYPE[:, None, :], len(Environment), axis=1)
    table[Transport.DIRECT, Environment.TRAVELLER] = TYPE_STALE
    return np.moveaxis(log(table), 2, 0)


_LOG_TYPE = _log_type()


def by_slot(own: Array, elsewhere: Array, named: Array) -> Array:
    """Spread a value that depends on the exit over the exit slots.

    Args:
        own: (B, C, …) the value for each country as the exit.
        elsewhere: (B, …) the value for an exit that no database names.
        named: (B, D) the countries of the middle slots, -1 for unused ones.

    Returns:
        (B, C, …, K) with K = D + 2; unused slots repeat *elsewhere*, their prior is `IMPOSSIBLE`.
    """
    batch = np.arange(len(named))[:, None]
    used = (named >= 0).reshape(*named.shape, *(1,) * (own.ndim - 2))
    middle = np.where(used, own[batch, np.maximum(named, 0)], elsewhere[:, None])
    shape = (*own.shape, 1)
    others = [*np.moveaxis(middle, 1, 0), elsewhere]
    spread = [np.broadcast_to(other[:, None, ..., None], shape) for other in others]
    return np.concatenate([np.reshape(own, shape), *spread], axis=-1)


def _named(votes: Array) -> Array:
    named = votes.astype(np.int64)
    for column in range(1, votes.shape[1]):
        repeat = (votes[:, :column] == votes[:, column, None]).any(axis=1)
        named[repeat, column] = -1
    return named
