"""Golden sessions on the real atlas: what must hold of every version of the engine."""

from typing import Any

import attrs
import numpy as np
import pytest

from octet.schema import Clock, Envelope, Present, Signals
from octet.schema.verdict import Alarm
from octet.service.engine import Engine
from octet.service.engine.alarm import SUPPORT
from octet.service.engine.feasible import reach
from octet.service.engine.places import unit_vectors
from tests.service.engine import sessions
from tests.service.engine.sessions import BERLIN, LONDON, PARIS, session, several

BRITISH = ("en-GB", "en")


def judge(engine: Engine, *args: Any, **changes: Any) -> Any:
    [verdict] = engine.judge([session(*args, **changes)])
    return verdict


@pytest.mark.parametrize("kernel_ms", [0.05, 0.3, 5.0, 12.0, 25.0])
@pytest.mark.parametrize("delta_ms", [0.5, 1.0, 3.0, 5.0, 8.0])
def test_an_honest_home(engine: Engine, kernel_ms: float, delta_ms: float) -> None:
    """A German at home is in Germany for sure, however short the line and noisy the browser."""
    verdict = judge(engine, kernel_ms=kernel_ms, delta_ms=delta_ms)
    assert (verdict.country, verdict.alarm) == ("DE", Alarm.NONE)
    assert verdict.confidence > 0.9
    assert verdict.feasible_region is None


@pytest.mark.parametrize("zone", [LONDON, PARIS])
@pytest.mark.parametrize("kernel_ms", [0.2, 8.0, 25.0])
@pytest.mark.parametrize("address", [sessions.FRENCH_HOME, sessions.FRENCH_MOBILE])
def test_a_traveller(engine: Engine, zone: str, kernel_ms: float, address: str) -> None:
    """A Briton in France is in France, whatever the laptop says, and no cause for alarm."""
    verdict = judge(
        engine, address, zone=zone, languages=BRITISH, edge="paris", kernel_ms=kernel_ms
    )
    assert verdict.country == "FR"
    assert verdict.alarm <= Alarm.LOW


VPN_EXITS = [
    (sessions.DUTCH_EXIT, "amsterdam", "NL"),
    (sessions.DUTCH_HOST, "amsterdam", "NL"),
    (sessions.SWISS_EXIT, "zurich", "CH"),
    (sessions.SCATTERED_EXIT, "zurich", "SE"),
]


@pytest.mark.parametrize(("address", "edge", "advertised"), VPN_EXITS)
@pytest.mark.parametrize("kernel_ms", [0.2, 15.0])
def test_a_vpn(engine: Engine, address: str, edge: str, advertised: str, kernel_ms: float) -> None:
    """A German behind a foreign exit alarms, and is never confidently where the exit is."""
    verdict = judge(engine, address, edge=edge, kernel_ms=kernel_ms)
    assert verdict.alarm >= Alarm.MEDIUM
    assert verdict.country in {"DE", None}
    assert verdict.country != advertised
    assert verdict.confidence < judge(engine).confidence


@pytest.mark.parametrize(
    ("address", "kernel_ms"),
    [
        (sessions.GERMAN_HOME, 0.2),
        (sessions.GERMAN_HOME, 12.0),
        (sessions.GERMAN_HOST, 2.5),
        (sessions.GERMAN_HOST, 12.0),
    ],
)
@pytest.mark.parametrize("delta_ms", [30.0, 80.0, 150.0, 600.0])
def test_a_proxy_that_ends_tcp(
    engine: Engine, address: str, delta_ms: float, kernel_ms: float
) -> None:
    """A gap between the layers alarms although everything else is honest and German.

    Of a host in the edge's own building it may be the edge's fault (`test_deployment`).
    """
    verdict = judge(engine, address, delta_ms=delta_ms, kernel_ms=kernel_ms)
    assert verdict.alarm >= Alarm.MEDIUM
    assert verdict.confidence < judge(engine).confidence


@pytest.mark.parametrize("delta_ms", [30.0, 80.0, 150.0, 600.0, 2900.0])
def test_one_mismatch_alone_is_never_high(engine: Engine, delta_ms: float) -> None:
    """The gap alone, however wide, is one sign."""
    assert judge(engine, delta_ms=delta_ms).alarm == Alarm.MEDIUM


def test_two_signs_are_high(engine: Engine) -> None:
    """A hosting address and a gap are two."""
    assert judge(engine, sessions.GERMAN_HOST, delta_ms=150.0).alarm == Alarm.HIGH


def test_what_a_group_gains_is_what_is_lost_without_it(engine: Engine) -> None:
    """All groups left out in one sum give what each gives, left out by itself."""
    one = [session(), session(sessions.DUTCH_HOST, delta_ms=90.0), session(edge=None, zone=LONDON)]
    for batch in (one, one[1:2]):
        found, rows = engine.reason(batch), np.arange(len(batch))
        gains = found.gains(rows[-2:])
        for group, gain in zip(SUPPORT, gains, strict=True):
            families = frozenset(part.family for part in found.evidence if part.group is group)
            lost = found.posterior.log_odds - found.without(families, rows).log_odds
            np.testing.assert_allclose(gain, lost[-2:], atol=1e-5)


@pytest.mark.parametrize(("edge", "kernel_ms"), [("london", 70.0), ("paris", 90.0)])
def test_a_roamer(engine: Engine, edge: str, kernel_ms: float) -> None:
    """A British phone in France, routed home, is in France."""
    verdict = judge(
        engine,
        sessions.BRITISH_MOBILE,
        zone=PARIS,
        languages=BRITISH,
        edge=edge,
        kernel_ms=kernel_ms,
    )
    assert verdict.country == "FR"
    assert verdict.alarm <= Alarm.LOW


def test_a_relay(engine: Engine) -> None:
    """A relay keeps its country, and its gap is no cause for alarm."""
    verdict = judge(
        engine, "172.224.1.1", zone="America/New_York", languages=["en-US"], delta_ms=20.0
    )
    assert verdict.country == "US"
    assert verdict.alarm <= Alarm.LOW


BARE: dict[str, Any] = {"edge": None, "kernel_ms": None, "delta_ms": None}


@pytest.mark.parametrize(
    "changes",
    [
        {"zone": "UTC", "languages": ["en-US"]},
        {"zone": "Atlantic/Reykjavik", "languages": ["en-US"], "offsets": (0, 0)},
        {"zone": None, "languages": ["en-US"]},
        {"zone": None, "languages": None},
    ],
)
def test_little_but_the_address(engine: Engine, changes: dict[str, Any]) -> None:
    """What privacy browsers say is nothing: the address answers, with less confidence."""
    verdict = judge(engine, **BARE, **changes)
    assert (verdict.country, verdict.alarm) == ("DE", Alarm.NONE)
    assert 0.5 < verdict.confidence < judge(engine).confidence


def test_nothing_at_all(engine: Engine) -> None:
    """Who says nothing gets no country and no alarm."""
    verdict = judge(engine, sessions.PRIVATE, zone=None, languages=None, **BARE)
    assert (verdict.country, verdict.alarm) == (None, Alarm.NONE)
    assert verdict.confidence < 0.2
    assert verdict.estimated_location is verdict.confidence_radius_km is None


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "::1", "fd00::1"])
@pytest.mark.parametrize("delta_ms", [20.0, 120.0, 900.0])
@pytest.mark.parametrize("address", [None, sessions.GERMAN_HOME, sessions.DUTCH_EXIT])
def test_an_undeclared_proxy_before_the_edge(
    engine: Engine, peer: str, delta_ms: float, address: str | None
) -> None:
    """An edge whose peers are its own proxy alarms nobody above low."""
    verdict = judge(engine, address or peer, peer=peer, delta_ms=delta_ms, kernel_ms=0.1)
    assert verdict.alarm <= Alarm.LOW


@pytest.mark.parametrize("edge", ["sydney", "london", "zurich"])
@pytest.mark.parametrize("kernel_ms", [0.1, 2.0, 15.0])
def test_an_edge_in_the_wrong_place(engine: Engine, edge: str, kernel_ms: float) -> None:
    """A delay that the edge's place forbids does not alarm by itself, nor moves the visitor."""
    verdict = judge(engine, edge=edge, kernel_ms=kernel_ms)
    assert verdict.country == "DE"
    assert verdict.alarm <= Alarm.LOW


def test_a_wrong_clock_changes_nothing(engine: Engine) -> None:
    """No verdict depends on the browser's clock."""
    plain = session()
    skewed = with_signal(plain, "clock", Present(Clock(0)))
    assert engine.judge([plain]) == engine.judge([skewed])


def test_a_channel_from_another_address_shows_no_gap(engine: Engine) -> None:
    """A dual-stack channel's delay is not held against the post's address."""
    verdict = judge(engine, delta_ms=150.0, channel_ip="198.41.0.4")
    assert verdict.alarm == Alarm.NONE


def test_an_empty_batch(engine: Engine) -> None:
    """No envelopes, no verdicts."""
    assert engine.judge([]) == []


def test_berlin_is_not_everything(engine: Engine) -> None:
    """The zone alone names the country when the address says nothing."""
    verdict = judge(engine, sessions.PRIVATE, zone=BERLIN, languages=None, **BARE)
    assert verdict.country == "DE"


def with_signal(envelope: Envelope, name: str, signal: Present[Any]) -> Envelope:
    signals = Signals({**envelope.report.signals.by_name, name: signal})
    return attrs.evolve(envelope, report=attrs.evolve(envelope.report, signals=signals))


def test_three_landmarks_give_a_region(engine: Engine) -> None:
    """From three landmarks on the verdict carries a region that holds its own point."""
    marks = [("edge-2", "paris", 14.0), ("edge-3", "amsterdam", 12.0)]
    with_two, with_three = (several(session(), *marks[:count]) for count in (1, 2))
    assert engine.judge([with_two])[0].feasible_region is None
    [verdict] = engine.judge([with_three])
    assert (verdict.country, verdict.alarm) == ("DE", Alarm.NONE)
    assert verdict.feasible_region is not None
    assert verdict.estimated_location is not None
    lats = [vertex.lat for vertex in verdict.feasible_region]
    lons = [vertex.lon for vertex in verdict.feasible_region]
    assert min(lats) < verdict.estimated_location.lat < max(lats)
    assert min(lons) < verdict.estimated_location.lon < max(lons)


def test_landmarks_move_the_point(engine: Engine) -> None:
    """The point is where the landmarks allow it to be, and the circle holds nothing else."""
    near = [("edge-2", "zurich", 2.0), ("edge-3", "paris", 8.0)]
    envelope = several(session(edge="frankfurt", kernel_ms=3.0), *near)
    [verdict] = engine.judge([envelope])
    assert verdict.country == "DE"
    assert verdict.estimated_location is not None
    found = reach(engine.reason([envelope]).facts[0].landmarks)
    assert found is not None
    place = verdict.estimated_location
    assert found.holds(unit_vectors(np.array([place.lat]), np.array([place.lon]))).all()
    [free] = engine.judge([session(edge="frankfurt", kernel_ms=3.0)])
    assert free.estimated_location != place


def test_a_tunnel_shows_in_several_landmarks(engine: Engine) -> None:
    """A far visitor behind a tunnel is far from all edges alike, and the gap stays small."""
    marks = [("edge-2", "paris", 95.0), ("edge-3", "frankfurt", 92.0)]
    envelope = session(
        sessions.DUTCH_HOST,
        zone="America/New_York",
        languages=["en-US"],
        edge="amsterdam",
        kernel_ms=90.0,
    )
    [verdict] = engine.judge([several(envelope, *marks)])
    assert verdict.country == "US"
    assert verdict.alarm >= Alarm.MEDIUM


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Sao_Paulo", "America/New_York"])
@pytest.mark.parametrize("address", [sessions.GERMAN_HOME, sessions.FRENCH_HOME])
def test_a_delay_that_anybody_can_add_makes_nobody_sure(
    engine: Engine, zone: str, address: str
) -> None:
    """Who sets the clock to a far country and holds packets back is not surely there."""
    delayed = judge(engine, address, zone=zone, kernel_ms=412.0)
    assert delayed.country in {None, "DE", "FR"} or delayed.confidence < 0.8
