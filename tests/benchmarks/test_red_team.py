"""The red team: what attackers may do, that physics binds them, and that the search searches."""

from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.accuracy import results
from benchmarks.accuracy.exits import Known
from benchmarks.accuracy.page import red_team as page
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.red_team import attacks, measure
from benchmarks.accuracy.red_team.capability import ANY_EXITS, CAPABILITIES, Capability
from benchmarks.accuracy.red_team.forge import PONG_MS, Forge, address_of
from benchmarks.accuracy.red_team.ground import HELPER_ADDRESS, Ground, light_ms
from benchmarks.accuracy.red_team.measure import Size
from benchmarks.accuracy.red_team.move import Helper, Move, Route, Way
from benchmarks.accuracy.red_team.search import CEILINGS, Effort, Search
from benchmarks.accuracy.results import Result
from benchmarks.accuracy.space import Kind
from octet.schema import Envelope
from octet.schema.verdict import Alarm
from octet.service.atlas import Atlas
from octet.service.config import DEFAULT_ATLAS
from octet.service.engine import Engine

ROUNDING_MS = 0.001
ATLAS = Atlas.load(DEFAULT_ATLAS)
GROUNDS = measure.draw(ATLAS, Known(), 6, np.random.default_rng(5))
ENVIRONMENT = {"at": "2026-01-01", "seed": 1, "atlas": "2026", "quick": True}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(ATLAS)


def path(ground: Ground, move: Move) -> list[tuple[float, float]]:
    """Return where packets run between whoever ends TCP and the edge."""
    if move.way.route is Route.DIRECT:
        return [ground.here]
    return [ground.here, ground.exit] if move.way.route is Route.TUNNEL else [ground.exit]


@st.composite
def attempts(draw: st.DrawFn) -> tuple[Ground, Move]:
    """Draw what some attacker may do."""
    ground = draw(st.sampled_from(GROUNDS))
    capability = draw(st.sampled_from(CAPABILITIES))
    choices = capability.choices(ground)
    drawn = {name: draw(st.sampled_from(values)) for name, values in choices.items()}
    return ground, attrs.evolve(capability.first(ground), **drawn)


@settings(max_examples=100, deadline=None)
@given(attempts())
def test_nothing_is_faster_than_light(attempt: tuple[Ground, Move]) -> None:
    """Kernel and pongs of the post's own address take what light takes along their whole path."""
    ground, move = attempt
    envelope = Forge(ATLAS).envelope(ground, move)
    tcp = envelope.observed.tcp
    assert tcp is not None
    assert tcp.min_rtt_us is not None
    stops = path(ground, move)
    assert tcp.min_rtt_us / 1000 >= light_ms(*stops, ground.edges[0]) - ROUNDING_MS
    answered_by = stops if move.way.helper is Helper.AT_EXIT else [ground.here, *stops]
    for channel in envelope.observed.latency:
        if channel.source_ip == HELPER_ADDRESS:
            continue
        assert channel.lat is not None
        assert channel.lon is not None
        assert channel.source_ip == envelope.observed.source_ip
        fastest_ms = min(channel.rtt_us) / 1000
        assert fastest_ms >= light_ms(*answered_by, (channel.lat, channel.lon)) - ROUNDING_MS
        assert fastest_ms <= PONG_MS


@settings(max_examples=40, deadline=None)
@given(attempts())
def test_nobody_hides_where_his_helper_is(attempt: tuple[Ground, Move]) -> None:
    """A helper's channel carries the helper's address, and no attack lends it the post's."""
    ground, move = attempt
    channels = Forge(ATLAS).envelope(ground, move).observed.latency
    helped = [c for c in channels if c.source_ip != address_of(ground, move)]
    assert len(helped) == (move.way.helper is Helper.NEAR_EDGE)


def test_a_helper_near_the_edge_is_no_channel(engine: Engine) -> None:
    """Pongs from another address than the post's are left out: the verdict is that without any."""
    forge = Forge(ATLAS)
    for ground in GROUNDS:
        told = ground.wanted
        plain = Move(zone=told.zone, languages=told.languages, volleys=0)
        ways = [Way(Route.PROXY, Kind.HOST, helper) for helper in (Helper.NOBODY, Helper.NEAR_EDGE)]
        moves = [attrs.evolve(plain, way=way) for way in ways]
        without, helped = engine.judge([forge.envelope(ground, move) for move in moves])
        assert helped == without


def test_jitter_hides_nothing(engine: Engine) -> None:
    """However unevenly pongs are held back, what counts is the fastest."""
    forge = Forge(ATLAS)
    for ground in GROUNDS:
        told = ground.wanted
        even = Move(way=Way(Route.PROXY, Kind.HOST), zone=told.zone, languages=told.languages)
        uneven = attrs.evolve(even, jitter_ms=300.0)
        before, after = engine.judge([forge.envelope(ground, move) for move in (even, uneven)])
        assert after == before


def test_late_pongs_bring_no_receipt() -> None:
    """A pong later than three seconds closes the channel, so no delay is longer."""
    ground = GROUNDS[0]
    move = Move(zone=None, languages=None, pong_added_ms=(PONG_MS,) * 3)
    assert Forge(ATLAS).envelope(ground, move).observed.latency == ()


def test_means_are_what_they_are_named() -> None:
    """Who only delays forges nothing, who has no exit has none, and a page delays no packet."""
    by_name = {one.name: one for one in CAPABILITIES}
    ground = GROUNDS[0]
    honest = by_name["delays alone, nothing forged"].choices(ground)
    assert "zone" not in honest
    assert by_name["delays alone, nothing forged"].first(ground).zone == ground.own.zone
    page_alone = by_name["page"]
    assert {way.route for way in page_alone.ways(ground)} == {Route.DIRECT}
    assert "kernel_added_ms" not in page_alone.choices(ground)
    assert "forwarded" not in by_name["page, no proxy's header"].choices(ground)
    inside = by_name["program at any exit"].ways(ground)
    assert {way.exit for way in inside} == set(ANY_EXITS) & set(ground.exits)
    assert any(way.helper is Helper.AT_EXIT for way in inside)


def searching(engine: Engine, capability: Capability, ground: Ground, *starts: Move) -> Search:
    rng = np.random.default_rng(1)
    return Search(engine, Forge(ATLAS), ground, capability, rng, Effort(4, 1), starts)


def test_the_search_finds_more_than_the_plain_attempt(engine: Engine) -> None:
    """What is reached keeps below its alarm, and is never less than a start gives."""
    capability = next(one for one in CAPABILITIES if one.name == "VPN in the country")
    ground = GROUNDS[1]
    search = searching(engine, capability, ground)
    reached = search.run()
    plain = search.tried[capability.first(ground)]
    for one in reached:
        assert one.alarm is None or one.alarm.level <= one.ceiling.level
        if plain.alarm is not None and plain.alarm.level <= one.ceiling.level:
            assert one.confidence >= plain.confidence
    assert [one.confidence for one in reached] == sorted(one.confidence for one in reached)
    best = reached[-1]
    again = searching(engine, capability, ground, best.move)
    again.look([best.move])
    assert again.tried[best.move].confidence == best.confidence


def test_delays_alone_choose_no_country(engine: Engine) -> None:
    """An honest page at home that is held back, by as much as one likes, is not moved abroad."""
    rows = attacks.measure(engine, Forge(ATLAS), GROUNDS, np.random.default_rng(1))
    honest = [row for row in rows if row["attack"].startswith("at home, honest")]
    assert len(honest) == 9
    assert all(row["claimed"]["value"] == 0 for row in honest)
    by_name = {row["attack"]: row for row in rows}
    assert by_name["none: at home, honest"]["true"]["value"] == 1.0
    assert by_name["at home, honest: +400 ms on pongs"]["medium"]["value"] == 1.0


def test_a_small_run_is_rendered(tmp_path: Path) -> None:
    """The page tells of each attacker, each attack and each receipt, and draws them."""
    numbers = measure.measure(ATLAS, Known(), Size(1, 2, Effort(1, 0)), seed=1)
    numbers["receipts"] = [{"receipt": "its own", "forwarded": 1, "reason": "", "used": 24}]
    results.write(Result(ENVIRONMENT, numbers), tmp_path / "accuracy-red-team.json")
    text = page.section(Kept(tmp_path, tmp_path / "accuracy.md"))
    assert "**Simulated**" in text
    assert "cloud desktop" in text
    assert "a quick run" in text
    for name in [one.name for one in CAPABILITIES] + [one.name for one in attacks.ATTACKS]:
        assert f"| {name} |" in text
    assert "| its own | 1 |  | 24 |" in text
    for picture in ("reached", "outcomes"):
        assert (tmp_path / f"accuracy/red_team_{picture}.svg").stat().st_size > 1000
    assert page.section(Kept(tmp_path / "nothing", tmp_path / "accuracy.md")).endswith(
        "Not measured.\n"
    )


def test_alarms_stay_ordered() -> None:
    """Ceilings rise from no alarm to any."""
    assert [alarm.level for alarm in CEILINGS] == sorted(
        {Alarm.NONE.level, Alarm.LOW.level, Alarm.HIGH.level}
    )


def test_an_attempt_is_an_envelope() -> None:
    """The plain attempt of every attacker is what an edge may send."""
    for capability in CAPABILITIES:
        envelope = Forge(ATLAS).envelope(GROUNDS[0], capability.first(GROUNDS[0]))
        assert isinstance(envelope, Envelope)
        assert envelope.observed.via == "direct"
