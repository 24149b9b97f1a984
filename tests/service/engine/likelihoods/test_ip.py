from types import SimpleNamespace
from typing import cast

import attrs
import numpy as np
import pytest

from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Environment, Transport
from octet.service.engine.likelihoods.ip import (
    ADVERTISED,
    HOMES,
    HOSTS,
    LEAST_SHARE,
    PRETENDED,
    RELAYS,
    TYPE,
    TYPE_STALE,
    WEIGHT,
    Ip,
)
from tests.service.engine import sessions


def fact(address: str) -> Facts:
    return Facts(source_ip=address, received_at_ms=0)


SCATTERED_HOME = "138.198.5.10"  # Verizon Japan; the databases say CH, JP, SG


@pytest.fixture(scope="module")
def ip(atlas: Atlas) -> Ip:
    return Ip.of(atlas)


def test_types_are_distributions() -> None:
    """Every transport comes from some network."""
    np.testing.assert_allclose(TYPE.sum(axis=1), 1.0, atol=1e-9)
    assert TYPE_STALE.sum() == pytest.approx(1.0)


def test_agreement_names_the_country(ip: Ip, atlas: Atlas) -> None:
    """Three equal votes fill one slot and favour their country by far."""
    votes = ip.votes([fact(sessions.GERMAN_HOME)])
    row = atlas.country_row["DE"]
    assert votes.named.tolist() == [[row, -1, -1]]
    direct = ip.of_votes(votes).path[0, Transport.DIRECT, 0]
    assert int(np.argmax(direct)) == row
    assert direct[row] - np.delete(direct, row).max() > 8
    assert votes.exits.tolist() == [1]


def test_disagreement_speaks_for_a_tunnel(ip: Ip) -> None:
    """On a network of homes scattered votes are a tunnel's, equal ones a home's."""
    votes = ip.votes([fact(SCATTERED_HOME), fact(sessions.GERMAN_HOME)])
    best = votes.at_named.max(axis=2)
    assert best[0, Transport.VPN] > best[0, Transport.DIRECT]
    assert best[1, Transport.VPN] < best[1, Transport.DIRECT]
    assert (votes.named[0] >= 0).all()


def test_among_hosts_disagreement_is_usual(ip: Ip) -> None:
    """The databases are as wrong of whoever is at home in a hosting network as of a tunnel."""
    votes = ip.votes([fact(sessions.SCATTERED_EXIT)])
    np.testing.assert_array_equal(
        votes.at_named[0, Transport.VPN], votes.at_named[0, Transport.DIRECT]
    )


def test_homes_live_in_large_networks(ip: Ip) -> None:
    """Of two networks of homes the small one is likelier to hold a tunnel's exit."""
    votes = ip.votes([fact(sessions.GERMAN_HOME)])
    small = attrs.evolve(votes, size=np.zeros_like(votes.size), usual=np.array([0.03]))
    unknown = attrs.evolve(votes, size=np.full_like(votes.size, -1))
    tunnel = [
        odds[Transport.VPN] - odds[Transport.DIRECT]
        for odds in (ip.of_network(one).manner[0, :, 0] for one in (votes, unknown, small))
    ]
    assert tunnel[0] < tunnel[1] < tunnel[2]


def test_a_private_address_says_nothing(ip: Ip) -> None:
    """No vote and no network: zeros."""
    votes = ip.votes([fact("10.0.0.1")])
    for evidence in (ip.of_votes(votes), ip.of_network(votes)):
        assert np.abs(evidence.log_prob()).max() == 0


def test_hosting_speaks_for_a_tunnel(ip: Ip) -> None:
    """The kind of network moves the transport."""
    table = ip.of_network(ip.votes([fact(sessions.DUTCH_HOST)])).manner
    best = table[0, :, Environment.HONEST]
    assert best[Transport.VPN] > best[Transport.DIRECT] + 2


def test_slots(ip: Ip) -> None:
    """Own, named and unnamed exits each get their value; empty slots can be cut off."""
    votes = ip.votes([fact(sessions.SCATTERED_EXIT), fact(sessions.GERMAN_HOME)])
    path = ip.of_votes(votes).path
    for row in range(2):
        for slot, country in enumerate(votes.named[row][votes.named[row] >= 0], 1):
            assert (path[row, :, slot] == path[row, :, slot, :1]).all()
            np.testing.assert_array_equal(path[row, :, 0, country], path[row, :, slot, 0])
    one = votes.of(np.array([1]))
    assert one.named.shape == (1, 1)
    np.testing.assert_array_equal(ip.of_votes(one).path[0, :, 0], path[1, :, 0])


def users(transport: Transport, kind: int) -> tuple[float, ...]:
    """Return how often the databases are right of who uses such a network so."""
    if transport is Transport.RELAY or kind == AsType.RELAY:
        return RELAYS
    if transport in {Transport.VPN, Transport.TOR} or kind == AsType.HOSTING:
        return HOSTS
    return HOMES


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("kind", [-1, AsType.ACCESS, AsType.HOSTING, AsType.RELAY])
@pytest.mark.parametrize("told", [(5, 5, 5), (5, -1, 7), (5, 9, 7), (-1, -1, -1)])
def test_votes_weigh_what_the_formula_says(
    ip: Ip, atlas: Atlas, told: tuple[int, ...], kind: int, transport: Transport
) -> None:
    """The tables hold w Σ log(a [v = x] + (1 - a) q), vote by vote; no vote adds nothing."""
    seen = np.array([told], np.int16), np.array([kind], np.int16), np.array([-1])
    book = SimpleNamespace(look_up=lambda _: seen)
    tables = cast(Atlas, SimpleNamespace(addresses=book))
    votes = attrs.evolve(ip, atlas=tables).votes([fact("192.0.2.1")])

    def weight(exit_: int, right: tuple[float, ...]) -> float:
        share = np.maximum(atlas.vote_share, LEAST_SHARE)
        return sum(
            float(np.log(right[base] * (vote == exit_) + (1 - right[base]) * share[base, vote]))
            for base, vote in enumerate(told)
            if vote >= 0
        )

    named = [row for row in dict.fromkeys(told) if row >= 0]
    assert [row for row in votes.named[0].tolist() if row >= 0] == named
    mine = users(transport, kind)
    for slot, row in enumerate(named):
        assert votes.at_named[0, transport, slot] == pytest.approx(WEIGHT * weight(row, mine))
    chance = np.exp(weight(-1, mine))
    if transport in {Transport.VPN, Transport.TOR}:
        home = users(Transport.DIRECT, kind)
        chance += PRETENDED / ADVERTISED * sum(np.exp(weight(row, home)) for row in named)
    assert votes.elsewhere[0, transport] == pytest.approx(WEIGHT * np.log(chance), abs=1e-9)
