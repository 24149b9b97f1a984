"""What may be true of a session, and how likely it is before any evidence.

A hypothesis is a place in an array with five axes, always in this order:

    B  the envelope
    C  the country the browser is in
    S  the transport between it and the edge (`Transport`)
    E  what its environment (time zone, languages) was set by (`Environment`)
    K  the exit: slot 0 is "the country itself", slots 1 to D are the countries that the D address
       databases name, the last is "none of these"

    P(c, s, e, x) = P(c) · P(s) · P(e | s) · P(x | c, s)

The exit needs no axis of all countries: where no database names it, nothing that we see tells one
exit from another, so those share a slot.

Source of the structure: ours. Every number here is ours too, a guess at the mix of an ordinary web
site, to be replaced by fitted ones; the golden sessions hold the behaviour meanwhile.
"""

from enum import IntEnum

import numpy as np
from attrs import frozen

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array

IMPOSSIBLE = -1e9
"""A log probability that no evidence outweighs, yet finite: it cannot turn into NaN."""

COUNTRY_POWER = 0.5
"""Countries count by this power of their population: a site's audience is not the world's."""

POPULARITY_POWER = 0.75
"""Exits count by this power of a country's hosting addresses."""

TRAVEL_SCALE_KM = 1500.0
"""Journeys to a country fall off with distance, 1 / (1 + d / scale)."""


class Transport(IntEnum):
    """How the browser's packets reach the edge."""

    DIRECT = 0
    ROAMING = 1
    """A mobile network abroad that routes home: the exit is the SIM's country."""
    VPN = 2
    """A tunnel below TCP: the round trip runs through the exit to the browser."""
    PROXY = 3
    """Something at the exit ends TCP (SOCKS, residential proxy)."""
    RELAY = 4
    """A relay that ends TCP near the user and keeps the country (Private Relay kind)."""
    TOR = 5


class Environment(IntEnum):
    """What the browser's own settings speak of."""

    HONEST = 0
    """The country the browser is in."""
    TRAVELLER = 1
    """The home that its owner is away from."""
    AT_EXIT = 2
    """The exit: set to match it."""
    ELSEWHERE = 3
    """Anywhere else, on purpose."""


GOOD_TRANSPORTS = (Transport.DIRECT, Transport.ROAMING, Transport.RELAY)
PLAIN_TRANSPORTS = (Transport.DIRECT, Transport.ROAMING)
GOOD_ENVIRONMENTS = (Environment.HONEST, Environment.TRAVELLER)

TRANSPORT = np.array([0.896, 0.008, 0.060, 0.015, 0.020, 0.001])
"""P(s) over `Transport`."""

ENVIRONMENT = np.array(
    [
        [0.960, 0.035, 0.0005, 0.0045],
        [0.930, 0.065, 0.0005, 0.0045],
        [0.760, 0.040, 0.150, 0.050],
        [0.450, 0.020, 0.480, 0.050],
        [0.960, 0.035, 0.0005, 0.0045],
        [0.900, 0.040, 0.010, 0.050],
    ]
)
"""P(e | s), rows over `Transport`, columns over `Environment`."""

OWN_EXIT = np.array([1.0, 0.0, 0.30, 0.35, 0.95, 0.05])
"""P(x = c | s): how often the exit is in the visitor's own country."""


@frozen(eq=False)
class Hypotheses:
    """The priors of one atlas, and what travels and exits between countries weigh."""

    log_prior: Array
    """(1, C, S, E, 1) log P(c, s, e), nats."""
    country: Array
    """(C,) P(c)."""
    travel: Array
    """(C, C) P(home | country), a traveller's; rows sum to 1, the diagonal is 0."""
    exits: Array
    """(C, C) P(exit | country, exit abroad); rows sum to 1, the diagonal is 0."""

    def log_exit(self, named: Array) -> Array:
        """Return log P(x | c, s) of each slot, (B, C, S, 1, K).

        Args:
            named: (B, D) rows of the countries that the databases name, -1 for none or a repeat.
        """
        known = named >= 0
        at = np.where(known, named, 0)
        is_own = at[:, None, :] == np.arange(len(self.country))[:, None]
        usable = known[:, None, :] & ~is_own
        shares = [np.where(usable, table[:, at].swapaxes(0, 1), 0.0) for table in self._tables]
        foreign = np.stack([shares[kind] for kind in _EXIT_TABLE], axis=2)
        foreign = foreign * (1.0 - OWN_EXIT)[:, None]
        own = np.broadcast_to(OWN_EXIT[:, None], (*foreign.shape[:3], 1))
        rest = np.maximum(1.0 - own - foreign.sum(axis=3, keepdims=True), 0.0)
        return log(np.concatenate([own, foreign, rest], axis=3))[:, :, :, None, :]

    @property
    def _tables(self) -> tuple[Array, Array]:
        return self.exits, self.travel


_EXIT_TABLE = tuple(int(transport is Transport.ROAMING) for transport in Transport)
"""A SIM comes from where travellers come from, any other exit from where hosting is."""


def hypotheses(atlas: Atlas) -> Hypotheses:
    """Return the priors over the countries of *atlas*.

    P(c) ∝ population^0.5;  P(home | c) ∝ P(home) / (1 + d / 1500 km);
    P(x | c, abroad) ∝ (hosting addresses of x)^0.75
    """
    country = atlas.population**COUNTRY_POWER
    country = country / country.sum()
    popular = np.maximum(atlas.exit_share, 1e-6) ** POPULARITY_POWER
    travel = country / (1.0 + atlas.distance_km / TRAVEL_SCALE_KM)
    prior = country[:, None, None] * (TRANSPORT[:, None] * ENVIRONMENT)
    return Hypotheses(
        log_prior=log(prior)[None, :, :, :, None],
        country=country,
        travel=_abroad(travel),
        exits=_abroad(np.broadcast_to(popular, travel.shape)),
    )


def log(probability: Array) -> Array:
    """Return the natural logarithm, `IMPOSSIBLE` where there is no probability."""
    floor = np.exp(-700.0)
    return np.where(probability > floor, np.log(np.maximum(probability, floor)), IMPOSSIBLE)


def _abroad(weights: Array) -> Array:
    table = np.array(weights, dtype=np.float64)
    np.fill_diagonal(table, 0.0)
    return np.asarray(table / table.sum(axis=1, keepdims=True))
