"""Edges that are deployed wrongly: whoever comes, nobody is alarmed above low for it."""

from typing import Any

import attrs
import pytest

from octet.schema import Envelope, Http
from octet.schema.verdict import Alarm
from octet.service.engine import Engine
from octet.service.engine.hypotheses import Transport
from tests.service.engine import sessions
from tests.service.engine.sessions import BERLIN, LONDON, PARIS, session, several

VISITORS: list[dict[str, Any]] = [
    {"zone": BERLIN, "languages": ("de-DE", "de"), "delta_ms": 18.0},
    {"zone": BERLIN, "languages": ("de-DE", "de"), "delta_ms": 90.0},
    {"zone": PARIS, "languages": ("fr-FR", "fr"), "delta_ms": 30.0},
    {"zone": LONDON, "languages": ("de-DE",), "delta_ms": 25.0},
    {"zone": "Asia/Tokyo", "languages": ("ja",), "delta_ms": 260.0},
    {"zone": "UTC", "languages": ("en-US",), "delta_ms": 40.0},
    {"zone": None, "languages": None, "delta_ms": 120.0},
]
"""Each with the gap that its distance to a European proxy makes."""
PROXIES = [sessions.GERMAN_HOST, sessions.DUTCH_HOST, sessions.DUTCH_EXIT, "172.224.1.1"]


def fronted(address: str, header: str | None = "X-Forwarded-For", **changes: Any) -> Envelope:
    """Return what an edge sees that takes its own proxy at *address* for the visitor."""
    plain = session(address, **changes)
    named = [] if header is None else [(header, "198.51.100.7")]
    headers = (("host", "example.com"), *named)
    http = Http(version="1.1", headers=headers)
    return attrs.evolve(plain, observed=attrs.evolve(plain.observed, http=http))


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("address", PROXIES)
@pytest.mark.parametrize("header", ["X-Forwarded-For", "forwarded", "Via"])
def test_a_public_proxy_that_nobody_declared(
    engine: Engine, visitor: dict[str, Any], address: str, header: str
) -> None:
    """Tiny kernel delays, a large gap for everybody and a proxy's header: the edge is at fault."""
    envelope = fronted(address, header, kernel_ms=0.4, **visitor)
    [verdict] = engine.judge([envelope])
    assert verdict.alarm <= Alarm.LOW
    believed = engine.reason([envelope]).posterior.manner[0].sum(axis=1)
    assert believed[[Transport.FRONTED, Transport.RELAY]].sum() > 0.7


def test_behind_it_the_settings_answer(engine: Engine) -> None:
    """The proxy's country is not its visitors'."""
    envelopes = [
        fronted(sessions.DUTCH_HOST, kernel_ms=0.4, **visitor) for visitor in VISITORS[1:3]
    ]
    assert [verdict.country for verdict in engine.judge(envelopes)] == ["DE", "FR"]


@pytest.mark.parametrize("delta_ms", [2.0, 40.0, 400.0, 2500.0])
def test_the_header_alone_clears_nobody(engine: Engine, delta_ms: float) -> None:
    """Whoever forges the header from afar is no proxy of the edge's own, however late his pongs."""
    plain = session(sessions.DUTCH_EXIT, edge="amsterdam", kernel_ms=30.0, delta_ms=delta_ms)
    forged = fronted(sessions.DUTCH_EXIT, edge="amsterdam", kernel_ms=30.0, delta_ms=delta_ms)
    before, after = engine.judge([plain, forged])
    assert before.alarm >= Alarm.MEDIUM
    assert (after.country, after.alarm) == (before.country, before.alarm)


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "fd00::1"])
@pytest.mark.parametrize("visitor", VISITORS)
def test_a_private_proxy(engine: Engine, peer: str, visitor: dict[str, Any]) -> None:
    """An edge whose peers are of its own network alarms nobody."""
    envelope = session(peer, peer=peer, kernel_ms=0.1, **visitor)
    assert engine.judge([envelope])[0].alarm == Alarm.NONE


@pytest.mark.parametrize("claimed", ["sydney", "zurich", "london"])
@pytest.mark.parametrize("visitor", [(sessions.GERMAN_HOME, BERLIN), (sessions.FRENCH_HOME, PARIS)])
@pytest.mark.parametrize("kernel_ms", [0.3, 9.0, 35.0, 160.0])
def test_a_wrong_location(
    engine: Engine, claimed: str, visitor: tuple[str, str], kernel_ms: float
) -> None:
    """An edge that says to stand elsewhere alarms nobody above low, and moves nobody abroad."""
    address, zone = visitor
    [verdict] = engine.judge(
        [session(address, zone=zone, languages=None, edge=claimed, kernel_ms=kernel_ms)]
    )
    assert verdict.alarm <= Alarm.LOW
    assert verdict.country == ("DE" if zone == BERLIN else "FR")


def test_one_wrong_location_among_several(engine: Engine) -> None:
    """An edge in Zurich that says Sydney is outvoted, and there is no region that excludes all."""
    envelope = several(session(), ("edge-2", "sydney", 14.0), ("edge-3", "amsterdam", 16.0))
    [verdict] = engine.judge([envelope])
    assert (verdict.country, verdict.alarm) == ("DE", Alarm.NONE)
    assert verdict.feasible_region is None


@pytest.mark.parametrize("hours", [-24 * 365 * 40, -26, -1, 1, 26, 24 * 365 * 40])
@pytest.mark.parametrize("address", [sessions.GERMAN_HOME, sessions.FRENCH_HOME])
def test_a_wrong_clock(engine: Engine, hours: int, address: str) -> None:
    """An edge whose clock is off by whatever alarms nobody above low, and moves nobody."""
    right = session(address, edge="paris")
    wrong = attrs.evolve(right, received_at=max(right.received_at + hours * 3_600_000, 0))
    before, after = engine.judge([right])[0], engine.judge([wrong])[0]
    assert after.alarm <= Alarm.LOW
    assert (after.country, after.alarm) == (before.country, before.alarm)
