"""Real browsers' openings, as an edge kept them: directly and through real tunnels.

Chromium 156 and Firefox 153 on Linux; the addresses in the SYNs are the simulated ones of
`benchmarks.real_stack`. OpenVPN 2.6 and wireguard-go by their defaults, over a line of 1500 bytes.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from octet.service.engine.stack import Engine, System
from octet.service.engine.stack.client_hello import read_client_hello
from octet.service.engine.stack.http import engine_of_headers
from octet.service.engine.stack.syn import read_syn
from octet.service.engine.stack.user_agent import read_user_agent

OPENINGS = Path(__file__).parents[3] / "data/openings"


def opening(name: str) -> dict[str, Any]:
    members: dict[str, Any] = json.loads((OPENINGS / f"{name}.json").read_text(encoding="utf-8"))
    return members


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("chromium", Engine.BLINK),
        ("firefox", Engine.GECKO),
        ("openvpn", Engine.BLINK),
        ("wireguard", Engine.BLINK),
    ],
)
def test_every_layer_tells_the_same_browser(name: str, engine: Engine) -> None:
    """TLS, headers, SYN and user agent of a real browser agree, through tunnels too."""
    told = opening(name)
    hello, syn = (base64.b64decode(told[layer]) for layer in ("clientHello", "syn"))
    claim = read_user_agent(told["userAgent"])
    assert (claim.engine, claim.system) == (engine, System.LINUX)
    assert engine_of_headers([header.lower() for header in told["headers"]]) is engine
    read_hello, read_packet = read_client_hello(hello), read_syn(syn)
    assert read_hello is not None
    assert read_hello.engine is engine
    assert read_packet is not None
    assert read_packet.system is System.LINUX


@pytest.mark.parametrize(
    ("name", "mss", "ttl"),
    [("chromium", 1460, 64), ("firefox", 1460, 64), ("openvpn", 1400, 63), ("wireguard", 1380, 63)],
)
def test_tunnels_leave_less_room(name: str, mss: int, ttl: int) -> None:
    """A tunnel's SYN has a smaller MSS, and one hop more behind it."""
    syn = read_syn(base64.b64decode(opening(name)["syn"]))
    assert syn is not None
    assert (syn.mss, syn.ttl) == (mss, ttl)


def test_order_of_extensions_is_shuffled() -> None:
    """Chromium sends its extensions in another order each time, and the fingerprint stays."""
    hellos = [
        read_client_hello(base64.b64decode(opening(name)["clientHello"]))
        for name in ("chromium", "openvpn", "wireguard")
    ]
    assert len({hello.extensions for hello in hellos if hello}) == len(hellos)
    assert len({hello.ja4() for hello in hellos if hello}) == 1
