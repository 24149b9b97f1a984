"""What may be true of a session, and how likely it is before any evidence.

A hypothesis is a place in an array with five axes, always in this order:

    B  the envelope
    S  the transport between browser and edge (`Transport`)
    E  what the browser's environment (time zone, languages) was set by (`Environment`)
    K  the exit: slot 0 is "the country itself", slots 1 to D are the countries that the D address
       databases name, the last is "none of these"
    C  the country the browser is in

    P(s, e, x, c) = P(c) · P(s) · P(e | s) · P(x | c, s)

The exit needs no axis of all countries: where no database names it, nothing that we see tells one
exit from another, so those share a slot.

Source of the structure: ours. The mixes are judgement, a guess at an ordinary web site (public
surveys put regular use of VPNs at a few to thirty per cent of people, of sessions at less), to be
replaced by an operator's own counts where there are any; the golden sessions hold the behaviour.
"""

from enum import IntEnum
from functools import cached_property

import numpy as np
from attrs import define

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array

IMPOSSIBLE = -1e9
"""A log probability that no evidence outweighs, yet finite: it cannot turn into NaN."""
_LEAST = float(np.exp(-700.0))
"""A smaller probability is none."""

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
    FRONTED = 6
    """The edge is deployed wrongly: a proxy of its own, undeclared, ends every visitor's TCP. The
    exit is that proxy, and says nothing of the visitor."""


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


GOOD_TRANSPORTS = (Transport.DIRECT, Transport.ROAMING, Transport.RELAY, Transport.FRONTED)
PLAIN_TRANSPORTS = (Transport.DIRECT, Transport.ROAMING, Transport.FRONTED)
GOOD_ENVIRONMENTS = (Environment.HONEST, Environment.TRAVELLER)

TRANSPORT = np.array([0.881, 0.008, 0.060, 0.025, 0.020, 0.001, 0.005])
"""P(s) over `Transport`. Judgement."""

ENVIRONMENT = np.array(
    [
        [0.963, 0.035, 0.0005, 0.0015],
        [0.933, 0.065, 0.0005, 0.0015],
        [0.820, 0.040, 0.100, 0.040],
        [0.450, 0.020, 0.480, 0.050],
        [0.963, 0.035, 0.0005, 0.0015],
        [0.900, 0.040, 0.010, 0.050],
        [0.963, 0.035, 0.0005, 0.0015],
    ]
)
"""P(e | s), rows over `Transport`, columns over `Environment`. Judgement."""

OWN_EXIT = np.array([1.0, 0.0, 0.50, 0.35, 0.95, 0.05, 0.30])
"""P(x = c | s): how often the exit is in the visitor's own country; of a VPN where that is full of
hosts. Judgement."""

OWN_VPN_LEAST, OWN_VPN_HALF = 0.05, 0.005
"""A VPN's exit is in a country without hosts so often, and half as often as `OWN_EXIT` says where
so much of the world's hosting is: providers have few exits in small countries. Judgement."""

_THROUGH_HOSTING, _THROUGH_SIM, _THROUGH_HOMES = range(3)
_EXIT_KIND = np.full(len(Transport), _THROUGH_HOSTING)
_EXIT_KIND[[Transport.ROAMING, Transport.PROXY]] = _THROUGH_SIM, _THROUGH_HOMES
"""Over `Transport`. A SIM comes from where travellers come from, proxies stand in homes as often as
in hosting, and any other exit is where hosting is."""


@define(slots=False, eq=False)
class Hypotheses:
    """The priors of one atlas, and what travel and exits between countries weigh."""

    country: Array
    """(C,) P(c)."""
    log_country: Array
    """(C,) nats."""
    log_manner: Array
    """(S, E) log P(s, e), nats."""
    travel: Array
    """(C, C) P(home | country), a traveller's; rows sum to 1, the diagonal is 0."""
    exits: Array
    """(C, C) P(exit | country, exit abroad); rows sum to 1, the diagonal is 0."""
    own_exit: Array
    """(S, C) P(x = c | c, s)."""
    by_exit: Array
    """(C + 1, 3, C) P(x | c, abroad) by exit, through hosting, a SIM, or anybody's home; the last
    row, for no exit, is 0."""

    @cached_property
    def _log_own(self) -> Array:
        """(S, C) log P(x = c | c, s)."""
        return log(self.own_exit).astype(np.float32)

    @cached_property
    def _log_abroad(self) -> Array:
        """(S, C) log P(x ≠ c | c, s)."""
        return log(1.0 - self.own_exit).astype(np.float32)

    @cached_property
    def _log_by_exit(self) -> Array:
        """(C + 1, S, C) log P(x | c, s) by exit x ≠ c."""
        return (log(self.by_exit)[:, _EXIT_KIND] + self._log_abroad).astype(np.float32)

    def log_exit(self, named: Array) -> Array:
        """Return log P(x | c, s) of each slot, (B, S, K, C) float32, nats.

        Args:
            named: (B, D) rows of the countries that the databases name, -1 for none or a repeat.
        """
        size, databases = named.shape
        out = np.empty((size, len(Transport), databases + 2, len(self.country)), np.float32)
        out[:, :, 0] = self._log_own
        out[:, :, 1:-1] = self._log_by_exit[named].swapaxes(1, 2)
        rest = np.log(np.maximum(1.0 - self.by_exit[named].sum(axis=1), _LEAST)).astype(np.float32)
        np.add(rest[:, _EXIT_KIND], self._log_abroad, out=out[:, :, -1])
        return out


def hypotheses(atlas: Atlas) -> Hypotheses:
    """Return the priors over the countries of *atlas*.

    P(c) ∝ population^0.5;  P(home | c) ∝ P(home) / (1 + d / 1500 km);
    P(x | c, abroad) ∝ (hosting addresses of x)^0.75
    """
    country = atlas.population**COUNTRY_POWER
    country = country / country.sum()
    popular = np.maximum(atlas.exit_share, 1e-6) ** POPULARITY_POWER
    travel = _abroad(country / (1.0 + atlas.distance_km / TRAVEL_SCALE_KM))
    exits = _abroad(np.broadcast_to(popular, travel.shape))
    homes = 0.5 * exits + 0.5 * _abroad(np.broadcast_to(country, travel.shape))
    by_exit = np.stack([exits.T, travel.T, homes.T], axis=1)
    return Hypotheses(
        country=country,
        log_country=log(country),
        log_manner=log(TRANSPORT[:, None] * ENVIRONMENT),
        own_exit=_own_exit(atlas.exit_share),
        travel=travel,
        exits=exits,
        by_exit=np.concatenate([by_exit, np.zeros_like(by_exit[:1])]),
    )


def log(probability: Array) -> Array:
    """Return the natural logarithm, `IMPOSSIBLE` where there is no probability."""
    some = probability > _LEAST
    return np.where(some, np.log(np.maximum(probability, _LEAST)), IMPOSSIBLE)


def _own_exit(popular: Array) -> Array:
    own = np.repeat(OWN_EXIT[:, None], len(popular), axis=1)
    filled = popular / (popular + OWN_VPN_HALF)
    own[Transport.VPN] = np.maximum(own[Transport.VPN] * filled, OWN_VPN_LEAST)
    return own


def _abroad(weights: Array) -> Array:
    table = np.array(weights, dtype=np.float64)
    np.fill_diagonal(table, 0.0)
    return np.asarray(table / table.sum(axis=1, keepdims=True))
