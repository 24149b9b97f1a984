"""The accuracy benchmark: its sessions, its numbers and its page."""

from pathlib import Path

import attrs
import numpy as np
import pytest

from benchmarks.accuracy import exits, measure, results, scores, tables
from benchmarks.accuracy.alarms import AS_FOUND, LEVELS, at_rate, found
from benchmarks.accuracy.answers import judge
from benchmarks.accuracy.baselines import IP_ONLY
from benchmarks.accuracy.crowd import Size, simulate
from benchmarks.accuracy.envelopes import RECEIVED_AT_MS, View, envelope
from benchmarks.accuracy.exits import Exit, Known
from benchmarks.accuracy.goals import Goal
from benchmarks.accuracy.machines import MSS, Sender, syn
from benchmarks.accuracy.mixes import TO_ALARM, USUAL_MIX, weights
from benchmarks.accuracy.page import calibration as calibration_page
from benchmarks.accuracy.paths import Paths, measured_noise_ms
from benchmarks.accuracy.render import PAGE, RESULTS, render
from benchmarks.accuracy.results import Result
from benchmarks.accuracy.scores import Bootstrap
from benchmarks.accuracy.sessions import Case, Simulator
from benchmarks.accuracy.space import Space
from benchmarks.accuracy.tables import with_tables
from benchmarks.accuracy.world import World
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.config import DEFAULT_ATLAS
from octet.service.engine import Engine
from octet.service.engine.stack.syn import read_syn

SMALL = Size(worlds=2, sessions=4, many=10)
TINY = Size(worlds=1, sessions=1, many=1)
ENVIRONMENT = {
    "at": "2026-01-01T00:00:00+00:00",
    "commit": "0000000",
    "cpu": "a processor",
    "cores": 2,
    "kernel": "6",
    "python": "3.11",
    "packages": {"numpy": "2"},
    "atlas": "2026",
    "seed": 1,
    "quick": True,
}


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas.load(DEFAULT_ATLAS)


def simulator(atlas: Atlas, known: Known, seed: int = 1) -> Simulator:
    rng = np.random.default_rng(seed)
    return Simulator(atlas, Space(atlas), known, Paths(World.draw(rng), rng, measured_noise_ms()))


def test_a_small_run(atlas: Atlas, tmp_path: Path) -> None:
    """The engine is right about most who do not hide, where its baseline is not about roamers."""
    numbers = measure.measure(atlas, Known(), SMALL, TINY, seed=1)
    ours, ip_only = numbers["rates"], numbers["baselines"][IP_ONLY]
    assert ours[Case.DIRECT]["right"]["value"] > 0.9
    assert ours[Case.DIRECT]["medium"]["value"] < 0.1
    assert ours[Case.ROAMING]["right"]["value"] > ip_only[Case.ROAMING]["right"]
    assert ours[Case.VPN_HONEST]["right"]["value"] > ip_only[Case.VPN_HONEST]["right"]
    assert ours[Case.PROXY_ABROAD]["medium"]["value"] > 0.5
    file, page = tmp_path / "accuracy.json", tmp_path / "accuracy.md"
    results.write(Result(ENVIRONMENT, numbers), file)
    render(tmp_path, page)
    text = page.read_text()
    assert "**not proven**" in text
    assert "a quick run" in text
    assert "exit on no list | alarm at 1 % false | ≥ 85 % | not measured |" in text
    for name in ("reliability", "risk_coverage", "alarms", "countries"):
        assert (tmp_path / f"accuracy/{name}.svg").exists()


def test_a_run_is_its_seed(atlas: Atlas) -> None:
    """The same seed gives the same sessions and answers, another one others."""
    runs = [simulate(atlas, Known(), TINY, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert runs[0].sessions == runs[1].sessions != runs[2].sessions
    for name, answers in runs[0].everybody.items():
        assert len(answers.country) == len(runs[0].sessions)
        again = runs[1].everybody[name]
        assert np.array_equal(answers.confidence, again.confidence)
        assert np.array_equal(answers.score, again.score)


def test_what_is_judged_is_what_the_engine_says(atlas: Atlas) -> None:
    """Judging in another order, and keeping what is believed, changes no verdict."""
    sessions = list(simulator(atlas, Known()).sessions(Case.PROXY_ABROAD, 20))
    envelopes = [session.envelope for session in sessions]
    judged = judge(atlas, envelopes, [session.country for session in sessions])
    for row, verdict in enumerate(Engine(atlas).judge(envelopes)):
        assert judged.country[row] == verdict.country
        assert judged.confidence[row] == pytest.approx(verdict.confidence, abs=2e-4)
        assert judged.level[row] == verdict.alarm.level


def test_a_vpn_leaves_its_country(atlas: Atlas) -> None:
    """Nobody tunnels to where he is, nor to where his exit is said to stand."""
    known = Known((Exit("192.0.2.1", "US", "IN"), Exit("192.0.2.2", "DE", "DE")))
    for session in simulator(atlas, known).sessions(Case.VPN_HONEST, 50):
        hidden = {"192.0.2.1": {"US", "IN"}, "192.0.2.2": {"DE"}}[session.seen.address]
        assert session.country not in hidden


def test_nothing_is_faster_than_light(atlas: Atlas) -> None:
    """A round trip through half of the world takes at least what light takes."""
    rng = np.random.default_rng(1)
    paths = Paths(World.draw(rng), rng, measured_noise_ms())
    taken = [paths.between((0.0, 0.0), (0.0, 180.0)) for _ in range(200)]
    assert min(taken) > 200.0
    assert all(
        s.seen.delta_ms > 0 for s in simulator(atlas, Known()).sessions(Case.PROXY_ABROAD, 20)
    )


def test_rate() -> None:
    """The interval holds the share, is wider where worlds or networks differ, and knows a worst."""
    rng = np.random.default_rng(1)
    worlds, networks = np.repeat([0, 1, 2, 3], 50), np.tile([5, 6, 7, 8, 9], 40)
    again = Bootstrap(worlds, networks, rng)
    alike = again.rate(np.tile([True, False], 100))
    by_world, by_network = again.rate(worlds < 2), again.rate(networks < 7)
    for one, share in ((alike, 0.5), (by_world, 0.5), (by_network, 0.4)):
        assert one.value == share
        assert one.low <= share <= one.high
    assert by_world.high - by_world.low > 2 * (alike.high - alike.low)
    assert by_network.high - by_network.low > 2 * (alike.high - alike.low)
    assert (by_world.worst_low, by_world.worst_high) == (0.0, 1.0)


def test_what_never_happened_is_not_impossible() -> None:
    """Of nothing in 100 sessions it is said that it may be in 3.6 % of them; of none, nothing."""
    rng, none = np.random.default_rng(1), np.zeros(0, dtype=int)
    alone = Bootstrap(np.zeros(100, dtype=int), np.arange(100), rng)
    never = alone.rate(np.zeros(100, dtype=bool))
    assert (never.value, never.low) == (0.0, 0.0)
    assert never.high == pytest.approx(0.036, abs=0.001)
    with pytest.raises(ValueError, match="no sessions"):
        Bootstrap(none, none, rng)


def test_proper_scores() -> None:
    """Who says 0.8 and is right in four of five loses 0.5 nats; no claim costs infinitely much."""
    sure, right = np.full(5, 0.8), np.array([True, True, True, True, False])
    even = np.ones(5)
    assert scores.brier(sure, right, even) == pytest.approx(0.16)
    assert scores.log_loss(sure, right, even) == pytest.approx(0.5004, abs=1e-4)
    assert np.isfinite(scores.log_loss(np.ones(1), np.zeros(1, dtype=bool), np.ones(1)))


def test_alarms_at_a_common_rate() -> None:
    """Of those with a weight just as many alarm as are to, also where many have the same score."""
    score, weight = np.array([3.0, 2.0, 2.0, 1.0, 9.0]), np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    for rate in (0.0, 0.1, 0.25, 0.5, 1.0):
        alarmed = at_rate(score, weight, rate)
        assert np.average(alarmed, weights=weight) == pytest.approx(rate)
    assert at_rate(score, weight, 0.5).tolist() == [1.0, 0.5, 0.5, 0.0, 1.0]


def test_tables_that_know(atlas: Atlas) -> None:
    """Perfect tables name each session's country and every exit; empty ones name nothing."""
    sessions = [
        *simulator(atlas, Known()).sessions(Case.PROXY_ABROAD, 5),
        *simulator(atlas, Known()).sessions(Case.DIRECT, 5),
    ]
    addresses = [session.seen.address for session in sessions]
    perfect = with_tables(atlas, sessions, tables.Known.EVERYTHING, tables.Known.EVERYTHING)
    votes, kinds, _ = perfect.addresses.look_up(addresses)
    for session, vote, kind in zip(sessions, votes, kinds, strict=True):
        assert {atlas.countries[row] for row in vote} == {session.exit_country}
        assert bool(kind == AsType.HOSTING) is (session.case is Case.PROXY_ABROAD)
    empty = with_tables(atlas, sessions, tables.Known.NOTHING, tables.Known.NOTHING)
    votes, kinds, _ = empty.addresses.look_up(addresses)
    assert (votes == -1).all()
    assert (kinds == -1).all()


def test_calibration_error() -> None:
    """Answers as often right as they are sure have no error; those never right have all of it."""
    rng = np.random.default_rng(1)
    sure = rng.uniform(0.5, 1.0, 50_000)
    even = np.ones(len(sure))
    honest = scores.reliability(sure, rng.random(len(sure)) < sure, even)
    assert scores.calibration_error(honest) < 0.01
    assert len(honest) == scores.BINS
    boastful = scores.reliability(np.full(100, 0.9), np.zeros(100, dtype=bool), even[:100])
    assert scores.calibration_error(boastful) == pytest.approx(0.9)


def test_calibration_weighs() -> None:
    """A session counts as much as its weight says."""
    right = np.array([True, False])
    bins = scores.reliability(np.array([0.8, 0.8]), right, np.array([3.0, 1.0]))
    assert sum(one.right * one.weight for one in bins) == pytest.approx(0.75)


def test_risk_coverage() -> None:
    """Who answers only what he is sure of errs less; the last point is everybody."""
    sure = np.array([0.9, 0.8, 0.7, 0.0])
    curve = scores.risk_coverage(sure, np.array([True, True, False, False]), np.ones(4))
    assert [covered for covered, _ in curve] == [0.25, 0.5, 0.75, 1.0]
    assert [wrong for _, wrong in curve] == pytest.approx([0.0, 0.0, 1 / 3, 0.5])


def test_ceilings_are_read_at_their_upper_end() -> None:
    """A ceiling is missed when the interval reaches above it, a floor only by the number."""
    reached = {"value": 0.004, "low": 0.001, "high": 0.006}
    assert not Goal(Case.DIRECT, "wrong", 0.005, at_least=False).met(reached)
    assert Goal(Case.DIRECT, "wrong", 0.006, at_least=False).met(reached)
    assert Goal(Case.DIRECT, "right", 0.004, at_least=True).met(reached)


def test_worse_is_said_where_the_interval_excludes_it() -> None:
    """A rule is better only if what it reaches lies beyond the engine's interval."""
    reached = {"value": 0.9, "low": 0.88, "high": 0.92}
    floor, ceiling = (Goal(Case.DIRECT, "right", 0.9, at_least=least) for least in (True, False))
    words = [floor.beside(reached, share) for share in (0.93, 0.91, 0.87)]
    assert words == ["**worse**", "alike", "better"]
    assert ceiling.beside(reached, 0.87) == "**worse**"


def test_rules_are_compared_where_one_thing_is_equal(atlas: Atlas) -> None:
    """What is found at the engine's false alarms, false alarms where as many are found."""
    crowd = simulate(atlas, Known(), SMALL, np.random.default_rng(1))
    hidden, honest = weights(crowd.case, TO_ALARM), weights(crowd.case, USUAL_MIX)
    engine = found(crowd, crowd.engine)
    assert not any(name.endswith(AS_FOUND) for name in engine)
    for answers in crowd.rules.values():
        rule = found(crowd, answers)
        for level in LEVELS:
            assert np.average(rule[level], weights=honest) == pytest.approx(
                np.average(engine[level], weights=honest)
            )
            assert np.average(rule[level + AS_FOUND], weights=hidden) == pytest.approx(
                np.average(engine[level], weights=hidden)
            )


def test_what_a_goal_is_compared_with() -> None:
    """False alarms twice, and instead of silence whether answers are right."""
    rates = {"low": 0.1, "lowAsFound": 0.7, "right": 0.98, "silent": 0.0}
    numbers = {"baselines": {"one": {Case.DIRECT: rates}}}
    ceiling = Goal(Case.DIRECT, "low", 0.05, at_least=False)
    assert ceiling.false_alarm
    assert not Goal(Case.VPN_HONEST, "low", 0.9, at_least=True).false_alarm
    assert ceiling.best_baseline(numbers) == ("one", 0.1)
    assert ceiling.best_baseline(numbers, AS_FOUND) == ("one", 0.7)
    silence = Goal(Case.DIRECT, "silent", 0.02, at_least=False)
    assert silence.compared.best_baseline(numbers) == ("one", 0.98)
    assert ceiling.compared == ceiling


def test_real_exits_are_read(tmp_path: Path) -> None:
    """Exits stand where their host is, and 'UK' is GB; without the files there is nothing."""
    assert Known.read(tmp_path) == Known()
    (tmp_path / "vpn_exits_sample.csv").write_text(
        "exit_country,host_country,exit_ip\nUK,,192.0.2.1\nIN,UK,192.0.2.2\n", encoding="utf-8"
    )
    (tmp_path / "bountyyfi_bad_asn_list.txt").write_text("# hosts\nAS64496 One\n", encoding="utf-8")
    (tmp_path / "tn3w_ipset_datacenter_asns.json").write_text('["64497"]', encoding="utf-8")
    known = exits.Known.read(tmp_path)
    assert known.exits == (Exit("192.0.2.1", "GB", "GB"), Exit("192.0.2.2", "GB", "IN"))
    assert known.listed == {64496, 64497}


def test_the_page_is_what_the_results_give(tmp_path: Path) -> None:
    """Nobody wrote into the page: it is rendered from what is kept."""
    page = tmp_path / "accuracy.md"
    render(RESULTS, page)
    assert page.read_text() == PAGE.read_text()


def test_few_sessions_err_by_chance() -> None:
    """An error that as few sessions show of a calibrated engine is told from a larger one."""
    one = {"pattern": "access", "share": 0.1, "count": 250, "claimed": 0.9, "right": 0.88}
    one |= {"ece": 0.05, "low": 0.04, "high": 0.08, "byChance": 0.04}
    lines = [calibration_page.pattern({**one, "byChanceHigh": high}) for high in (0.06, 0.045)]
    assert [line.endswith("**missed** within chance |") for line in lines] == [True, False]


def test_a_failed_run_is_shown_as_failed(tmp_path: Path) -> None:
    """A run that failed gives no number, and the page says why."""
    file, page = tmp_path / "accuracy.json", tmp_path / "accuracy.md"
    results.write(Result(ENVIRONMENT, None, failure="AtlasError: no tables"), file)
    render(tmp_path, page)
    text = page.read_text()
    assert "**The last run failed:** `AtlasError: no tables`" in text
    assert "## Goals" not in text


def test_what_was_not_run_is_not_measured(tmp_path: Path) -> None:
    """Sections of runs that kept nothing stand on the page, and say so."""
    page = tmp_path / "accuracy.md"
    render(tmp_path, page)
    text = page.read_text()
    assert "**The last run failed:** `nothing was kept`" in text
    for heading in ("Components on real data", "Real stacks", "Red team"):
        assert f"## {heading}\n\nNot measured.\n" in text


def test_a_satellite_shows_a_gap_or_a_long_way(atlas: Atlas) -> None:
    """Nobody behind a geostationary satellite is nearer than it, whoever ends his TCP."""
    for session in simulator(atlas, Known()).sessions(Case.SATELLITE, 20):
        assert session.seen.kernel_ms + session.seen.gap_ms > 490.0


def test_a_wrong_edge_is_wrong_for_everybody(atlas: Atlas) -> None:
    """Edges behind a proxy see only that, others claim another place or another time."""
    draw = simulator(atlas, Known())
    for session in draw.sessions(Case.EDGE_FRONTED, 10):
        assert session.seen.kernel_ms < 1.5
        assert session.seen.gap_ms > session.seen.kernel_ms
    for session in draw.sessions(Case.EDGE_ELSEWHERE, 10):
        assert session.seen.claimed != session.seen.edge
    for session in draw.sessions(Case.EDGE_CLOCK, 10):
        assert session.envelope.received_at != RECEIVED_AT_MS


def test_a_syn_reads_as_its_sender() -> None:
    """The engine's own parser takes each sender's SYN for that system's."""
    rng = np.random.default_rng(1)
    for sender in Sender:
        found = read_syn(syn(sender, "line", rng))
        assert found is not None
        assert found.system == sender.name.lower()
        assert found.mss in MSS["line"]


def test_a_view_hides(atlas: Atlas) -> None:
    """What a view leaves out is not in the envelope, and more landmarks are."""
    rng = np.random.default_rng(1)
    paths = Paths(World.draw(rng), rng, measured_noise_ms())
    drawn = Simulator(atlas, Space(atlas), Known(), paths, thorough=True)
    [session] = drawn.sessions(Case.DIRECT, 1)
    bare = View(zone=False, languages=False, channel=False, kernel=False, placed=False, stack=False)
    shown = envelope(session.seen, 1, bare)
    assert set(shown.report.signals.by_name) == {"clock"}
    assert (shown.observed.latency, shown.observed.tcp, shown.observed.syn) == ((), None, None)
    assert shown.edge.lat is None
    several = envelope(session.seen, 1, View(landmarks=5, ipv6=True))
    assert len({channel.edge for channel in several.observed.latency}) == 5
    assert ":" in several.observed.source_ip


def test_proxies_stand_where_addresses_are(atlas: Atlas) -> None:
    """In a country without homes a proxy stands in a host, even where nobody lives."""
    rng = np.random.default_rng(1)
    even = attrs.evolve(World.draw(rng), audience_power=0.0)
    drawn = Simulator(atlas, Space(atlas), Known(), Paths(even, rng, measured_noise_ms()))
    countries = {session.exit_country for session in drawn.sessions(Case.PROXY_ABROAD, 400)}
    assert "AQ" in countries
