"""Edges that are deployed wrongly: whoever comes, nobody is alarmed above low for it."""

from typing import Any

import attrs
import numpy as np
import pytest

from octet.schema import Clock, Envelope, Http, Present, Signals
from octet.schema.verdict import Alarm
from octet.service.engine import Engine
from octet.service.engine.deployment import FAULTS
from octet.service.engine.hypotheses import Transport
from octet.service.metrics import EDGE_FAULTS
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
@pytest.mark.parametrize("header", ["X-Forwarded-For", "forwarded", "Via", None])
def test_a_public_proxy_that_nobody_declared(
    engine: Engine, visitor: dict[str, Any], address: str, header: str | None
) -> None:
    """Tiny kernel delays and a large gap for everybody: the edge is at fault, also where its proxy
    leaves no header, as those below HTTP do.
    """
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


def mean_faults(engine: Engine, envelopes: list[Envelope]) -> dict[str, float]:
    told = [judgement.edge_faults for judgement in engine.weigh(envelopes)]
    return {fault: float(np.mean([one[fault] for one in told if fault in one])) for fault in FAULTS}


def crowd(edge: str = "frankfurt", longer_ms: float = 0.0) -> list[Envelope]:
    """Return a German and a French visitor, with right clocks, of an edge that says *edge*."""
    homes = [(sessions.GERMAN_HOME, BERLIN, 12.0), (sessions.FRENCH_HOME, PARIS, 24.0)]
    plain = [
        session(address, zone=zone, languages=None, edge=edge, kernel_ms=ms + longer_ms)
        for address, zone, ms in homes
    ]
    return [clocked(envelope, 0) for envelope in plain]


def clocked(envelope: Envelope, ahead_ms: int) -> Envelope:
    clock = Present(Clock(envelope.received_at + ahead_ms))
    signals = Signals({**envelope.report.signals.by_name, "clock": clock})
    return attrs.evolve(envelope, report=attrs.evolve(envelope.report, signals=signals))


def test_a_well_deployed_edge_is_not_doubted(engine: Engine) -> None:
    """Its visitors give each fault a few per cent at most."""
    assert max(mean_faults(engine, crowd()).values()) < 0.05


def test_an_undeclared_proxy_is_named(engine: Engine) -> None:
    """Visitors who all seem to be one near proxy make the edge fronted."""
    seen = [fronted(address, kernel_ms=0.4, **VISITORS[1]) for address in PROXIES[:3]]
    assert mean_faults(engine, [clocked(one, 0) for one in seen])["fronted"] > 0.5


@pytest.mark.parametrize(
    ("claimed", "longer_ms", "least"), [("sydney", 0, 0.6), ("frankfurt", 280, 0.3)]
)
def test_a_wrong_place_is_named(
    engine: Engine, claimed: str, longer_ms: float, least: float
) -> None:
    """Visitors nearer than light allows, or all too far away, make the edge misplaced."""
    assert mean_faults(engine, crowd(claimed, longer_ms))["misplaced"] > least


def test_a_wrong_clock_is_named(engine: Engine) -> None:
    """Visitors whose clocks all differ make it the edge's clock."""
    assert mean_faults(engine, [clocked(one, -3_600_000) for one in crowd()])["clock"] == 1.0


def test_what_cannot_be_told_is_left_out(engine: Engine) -> None:
    """No clock, no place, no fault of either; with several landmarks they outvote each other."""
    [bare] = engine.weigh([session(edge=None)])
    assert set(bare.edge_faults) == {"fronted"}
    [many] = engine.weigh([several(session(), ("edge-2", "paris", 14.0))])
    assert "misplaced" not in many.edge_faults


def test_the_metric_knows_every_fault() -> None:
    """What the engine names is what the service counts."""
    assert FAULTS == EDGE_FAULTS
