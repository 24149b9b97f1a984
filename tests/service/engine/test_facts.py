import attrs
import pytest

from octet.schema import Intl, Present, Signals, TcpTiming
from octet.schema.verdict import Location
from octet.service.engine.facts import facts, is_public
from tests.service.engine.sessions import session


def test_an_envelope_in_numbers() -> None:
    """Every fact is read in its unit."""
    found = facts(session(offsets=(60, 120), kernel_ms=12.0, delta_ms=2.0, volleys=8))
    assert found.zone == "Europe/Berlin"
    assert found.offsets_min == (60, 120)
    assert found.language == "de-DE"
    assert found.kernel_ms == pytest.approx(12.0)
    assert found.delta_ms == pytest.approx(2.0)
    assert found.volleys == 8
    assert found.edge == Location(50.11, 8.68)
    assert not found.fronted


def test_what_is_missing_is_none() -> None:
    """Absence stays absence."""
    found = facts(session(zone=None, languages=None, edge=None, kernel_ms=None, delta_ms=None))
    assert (found.zone, found.language, found.edge) == (None, None, None)
    assert (found.kernel_ms, found.delta_ms, found.volleys) == (None, None, 0)


def test_the_locale_stands_in_for_languages() -> None:
    """Without languages the formatting locale tells the language."""
    envelope = session(languages=None)
    intl = Present(Intl(locale="tr-TR", calendar="gregory", numbering_system="latn"))
    report = attrs.evolve(envelope.report, signals=Signals({"intl": intl}))
    assert facts(attrs.evolve(envelope, report=report)).language == "tr-TR"


def test_the_smallest_kernel_time_counts() -> None:
    """Of all round trips of one path the smallest is nearest to its length; 0 is none at all."""
    envelope = session(kernel_ms=12.0)
    tcp = TcpTiming(rtt_us=30_000, min_rtt_us=0, accept_rtt_us=9_000)
    observed = attrs.evolve(envelope.observed, tcp=tcp)
    found = facts(attrs.evolve(envelope, observed=observed))
    assert found.kernel_ms == pytest.approx(9.0)
    assert found.delta_ms == pytest.approx(2.0)  # the channel has its own connection


def test_a_channel_from_another_address_is_left_out() -> None:
    """Its delays are another path's."""
    found = facts(session(channel_ip="198.41.0.4"))
    assert (found.delta_ms, found.volleys) == (None, 0)


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.168.1.1", "::1", "::ffff:10.0.0.1"])
def test_a_private_peer_is_a_proxy(peer: str) -> None:
    """Delays of an undeclared proxy are no visitor's."""
    found = facts(session(peer=peer))
    assert found.fronted
    assert found.delta_ms is found.kernel_ms is None


def test_a_declared_proxy_is_no_misdeployment() -> None:
    """Behind a trusted proxy only what the proxy saw of the browser's connection counts."""
    found = facts(session(peer="10.0.0.1", via="trusted-proxy"))
    assert not found.fronted
    assert found.delta_ms is not None
    unhinted = session(peer="10.0.0.1", via="trusted-proxy")
    observed = attrs.evolve(unhinted.observed, tcp=None)
    found = facts(attrs.evolve(unhinted, observed=observed))
    assert found.delta_ms is found.kernel_ms is None


@pytest.mark.parametrize(
    ("address", "public"),
    [("91.0.32.10", True), ("2003:c0::1", True), ("10.0.0.1", False), ("::ffff:10.0.0.1", False)],
)
def test_public_addresses(address: str, public: bool) -> None:
    """Mapped addresses are what they map."""
    assert is_public(address) is public
