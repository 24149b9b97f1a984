"""What a receipt tells of how its channel was seen."""

from typing import Any

import pytest

from octet.edge.connection.forwarding import Source
from octet.edge.observer import Facts
from octet.edge.receipt import ReceiptSealer
from octet.edge.sight import Sight, digest
from octet.schema import AbsenceReason, ChannelTiming, TcpTiming, Tls
from tests.edge.fakes import LICENSE, NOW_MS, REF

BEHIND = AbsenceReason.BEHIND_PROXY
SYN, HELLO = "RQAAPA==", "AQAB/AMD"


def facts(**more: Any) -> Facts:
    own: dict[str, Any] = {
        "source": Source("203.0.113.7", "direct"),
        "tcp": TcpTiming(rtt_us=1),
        "syn": SYN,
        "tls": Tls(client_hello=HELLO, version="TLSv1.3"),
        "h2": None,
        "client_hello": None,
        "header_order": None,
        "headers": (),
    }
    return Facts(**own | more)


def test_first_hand() -> None:
    """Of a connection of the edge's own no value is told, since nobody could have forged it."""
    assert Sight.of(facts(), "203.0.113.7") == Sight(via="direct")


def test_told_by_a_proxy() -> None:
    """Of hints there is the digest, by which one who sent them recognises them."""
    told = facts(
        source=Source("203.0.113.7", "trusted-proxy"),
        tls=Tls(client_hello=HELLO),
        header_order=BEHIND,
    )
    sight = Sight.of(told, "203.0.113.7")
    assert sight.via == "trusted-proxy"
    assert sight.missing == {"headerOrder": BEHIND}
    assert sight.told == {"syn": digest(SYN), "clientHello": digest(HELLO)}
    assert SYN not in str(sight)


def test_not_told() -> None:
    """What a proxy did not tell is missing, with the reason."""
    blind = facts(tcp=BEHIND, syn=BEHIND, tls=BEHIND, header_order=BEHIND)
    sight = Sight.of(blind, "203.0.113.7")
    assert sight.missing == dict.fromkeys(("tcp", "syn", "tls", "headerOrder"), BEHIND)
    assert sight.told == {}


@pytest.mark.parametrize("shown_ip", ["203.0.113.7", "192.0.2.1"])
def test_stand_in(shown_ip: str) -> None:
    """The address that was found is told where another is shown, and only there."""
    sight = Sight.of(facts(), shown_ip)
    assert sight.source_ip == (None if shown_ip == "203.0.113.7" else "203.0.113.7")


@pytest.mark.parametrize("sight", [None, Sight.of(facts(tcp=BEHIND, header_order=BEHIND), "::1")])
def test_sealed(sight: Sight | None) -> None:
    """It travels in the receipt, reaches no report, and may be absent."""
    timing = ChannelTiming(edge="fra-1", source_ip="203.0.113.7", rtt_us=(1,), at=NOW_MS)
    sealer = ReceiptSealer(LICENSE, lambda: NOW_MS)
    receipt = sealer.seal(REF, timing, sight)
    assert sealer.unseal(receipt).sight == sight
    assert sealer.open_all((receipt,), REF).channels == (timing,)
