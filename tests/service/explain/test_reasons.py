"""What is told of golden sessions: it is the engine's own, and it adds up."""

import json
from typing import Any

import attrs
import numpy as np
import pytest

from octet.schema import AbsenceReason, Envelope, Missing, MissingReason, Signals
from octet.schema.verdict import Alarm
from octet.service.engine import Engine
from octet.service.explain.explanation import Explanation
from octet.service.explain.plain import render_json
from octet.service.explain.reasons import MEANINGS, explain
from octet.service.explain.withheld import ADDRESS, CHANNELS, PLACE
from tests.service.engine import sessions
from tests.service.engine.sessions import session, several

BARE: dict[str, Any] = {"zone": None, "languages": None, "edge": None}
GOLDEN = {
    "honest": session(),
    "traveller": session(sessions.FRENCH_HOME, zone="Europe/London", edge="paris"),
    "vpn": session(sessions.DUTCH_EXIT, edge="amsterdam", kernel_ms=15.0),
    "proxy": session(delta_ms=150.0),
    "scattered": session(sessions.SCATTERED_EXIT, edge="zurich"),
    "landmarks": several(session(), ("edge-2", "paris", 14.0), ("edge-3", "amsterdam", 12.0)),
    "fronted": session(sessions.PRIVATE),
    "nothing": session(sessions.PRIVATE, **BARE, kernel_ms=None, delta_ms=None),
}
NATS = 1e-6


@pytest.fixture(params=GOLDEN)
def golden(request: pytest.FixtureRequest) -> Envelope:
    return GOLDEN[request.param]


@pytest.fixture
def told(engine: Engine, golden: Envelope) -> Explanation:
    return explain(engine, golden)


def test_the_verdict_is_the_customers(engine: Engine, golden: Envelope, told: Explanation) -> None:
    """What is explained is what the engine answers."""
    assert [told.verdict] == engine.judge([golden])


@pytest.mark.parametrize("axis", ["countries", "transports", "environments", "exits"])
def test_what_is_believed_sums_to_one(told: Explanation, axis: str) -> None:
    """Each axis is a distribution, the likeliest first."""
    shares = [share.probability for share in getattr(told, axis)]
    assert sum(shares) == pytest.approx(1.0, abs=1e-3)
    assert shares == sorted(shares, reverse=True)
    assert told.countries[0].name == told.country


def test_the_evidence_sums_to_the_posterior(told: Explanation) -> None:
    """The prior and the steps of all families are the posterior, for the country and the alarm."""
    for what in ("country_nats", "suspicion_nats"):
        steps = [getattr(family.adds, what) for family in told.families]
        whole = getattr(told.prior, what) + sum(steps)
        assert whole == pytest.approx(getattr(told.posterior, what), abs=NATS)


def test_a_family_alone_is_the_engine_without_it(
    engine: Engine, golden: Envelope, told: Explanation
) -> None:
    """What a family alone loses is the difference to the engine's posterior without it."""
    reasoning = engine.reason([golden])
    for family in told.families:
        rest = reasoning.without(frozenset({family.name}), np.array([0]))
        lost = float(reasoning.posterior.log_odds[0] - rest.log_odds[0])
        assert family.alone.suspicion_nats == pytest.approx(lost, abs=NATS)


def test_the_last_family_adds_what_it_loses_alone(told: Explanation) -> None:
    """Folded in last and left out alone are the same thing."""
    last = told.families[-1]
    assert last.adds.country_nats == pytest.approx(last.alone.country_nats, abs=NATS)
    assert last.adds.suspicion_nats == pytest.approx(last.alone.suspicion_nats, abs=NATS)


def test_without_one_thing_is_the_envelope_without_it(engine: Engine) -> None:
    """The verdict without the time zone is the verdict on an envelope that has none."""
    told = explain(engine, session())
    [zoneless] = [one for one in told.without if one.name == "timeZone"]
    assert [zoneless.verdict] == engine.judge([session(zone=None)])
    assert zoneless.lost.country_nats > 1.0


def test_all_that_is_there_is_left_out_once(engine: Engine) -> None:
    """The list names each signal and observation of the envelope."""
    names = sorted(one.name for one in explain(engine, session()).without)
    assert names == sorted([ADDRESS, CHANNELS, PLACE, "timeZone", "languages", "tcp"])


def test_what_would_change_the_mind(engine: Engine) -> None:
    """Behind a tunnel it is the address that alarms: without it nobody would be alarmed."""
    told = explain(engine, GOLDEN["vpn"])
    assert told.verdict.alarm >= Alarm.MEDIUM
    assert told.exits[0].name == "NL"
    assert told.transports[0].name == "vpn"
    first = told.without[0]
    assert (first.name, first.changes, first.verdict.alarm) == (ADDRESS, True, Alarm.NONE)
    assert [one.changes for one in told.without] == sorted(
        (one.changes for one in told.without), reverse=True
    )


def test_nothing_moves_nothing(engine: Engine) -> None:
    """Where nothing is known no family has a say but what the deployment shows."""
    told = explain(engine, GOLDEN["nothing"])
    assert told.verdict.country is None
    silent = [family.adds for family in told.families if family.group != "deployment"]
    for weight in silent:
        assert weight.country_nats == pytest.approx(0.0, abs=NATS)
        assert weight.suspicion_nats == pytest.approx(0.0, abs=NATS)


def test_why_something_is_missing(engine: Engine) -> None:
    """Absences come with the contract's reasons, and with their meaning."""
    envelope = session()
    signals = Signals({**envelope.report.signals.by_name, "webgl": Missing(MissingReason.BLOCKED)})
    envelope = attrs.evolve(
        envelope,
        report=attrs.evolve(envelope.report, signals=signals),
        observed=attrs.evolve(
            envelope.observed,
            missing={"syn": AbsenceReason.NOT_LINUX, "headerOrder": AbsenceReason.BEHIND_PROXY},
        ),
    )
    told = explain(engine, envelope).missing
    assert len({one.name for one in told}) == len(told)
    reasons = {one.name: one.reason for one in told}
    assert reasons["webgl"] == "blocked"
    assert reasons["syn"] == "not-linux"
    assert reasons["headerOrder"] == "behind-proxy"
    assert reasons["voices"] == "not-sent"
    assert "timeZone" not in reasons
    assert all(one.meaning for one in told)


def test_every_reason_of_the_contract_has_a_meaning() -> None:
    """No reason stands unexplained."""
    assert {*MissingReason, *AbsenceReason} <= MEANINGS.keys()


def test_machines_read_the_same(told: Explanation) -> None:
    """The JSON has the members of the explanation in the contract's spelling."""
    read = json.loads(render_json(told))
    assert read["country"] == told.country
    assert read["verdict"]["alarm"] == told.verdict.alarm
    assert len(read["without"]) == len(told.without)
    assert read["families"][0]["adds"]["countryNats"] == told.families[0].adds.country_nats
