"""What holds of every session, not only of the golden ones."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octet.schema import Envelope
from octet.schema.verdict import Alarm
from octet.service.engine import Engine
from octet.service.engine.evidence import Group
from octet.service.engine.hypotheses import Transport
from octet.service.engine.posterior import TOLERANCE, Posterior, combine, dense
from tests.schema.strategies import values
from tests.service.engine import sessions
from tests.service.engine.sessions import PLACES, session

ADDRESSES = [
    sessions.GERMAN_HOME,
    sessions.FRENCH_MOBILE,
    sessions.DUTCH_EXIT,
    sessions.SCATTERED_EXIT,
    sessions.PRIVATE,
    "172.224.1.1",
    "2003:c0::1",
    "::1",
    "203.0.113.7",
]

FAMILIES = 7

TEXT = st.text(max_size=20)
SESSIONS = st.builds(
    session,
    st.one_of(st.sampled_from(ADDRESSES), st.ip_addresses().map(str)),
    zone=st.one_of(
        st.none(),
        st.sampled_from(["Europe/Berlin", "UTC", "Asia/Calcutta", "Nowhere/At_All"]),
        TEXT,
    ),
    languages=st.one_of(
        st.none(), st.lists(st.one_of(st.sampled_from(["de-DE", "zh-TW", "en", "sr-Latn"]), TEXT))
    ),
    offsets=st.one_of(st.none(), st.tuples(st.integers(-1440, 1440), st.integers(-1440, 1440))),
    edge=st.one_of(st.none(), st.sampled_from(sorted(PLACES))),
    kernel_ms=st.one_of(st.none(), st.floats(0, 1e7)),
    delta_ms=st.one_of(st.none(), st.floats(0, 1e7)),
    volleys=st.integers(1, 64),
    peer=st.one_of(st.none(), st.just("127.0.0.1")),
    via=st.sampled_from(["direct", "trusted-proxy"]),
)


def believed(engine: Engine, envelope: Envelope) -> Posterior:
    return engine.reason([envelope]).posterior


@settings(deadline=None)
@given(envelope=SESSIONS)
def test_every_subset_of_signals_gives_a_verdict(engine: Engine, envelope: Envelope) -> None:
    """Whatever is missing or nonsense, the verdict is whole and the posterior normalised."""
    posterior = believed(engine, envelope)
    for table in (posterior.country, posterior.manner):
        assert np.isfinite(table).all()
        assert table.min() >= 0
        assert table.sum() == pytest.approx(1.0)
    [verdict] = engine.judge([envelope])
    assert 0 <= verdict.confidence <= 1
    assert verdict.alarm in set(Alarm)
    assert (verdict.country is None) == (verdict.estimated_location is None)
    if verdict.confidence_radius_km is not None:
        assert math.isfinite(verdict.confidence_radius_km)


@settings(deadline=None, max_examples=40)
@given(envelopes=st.lists(SESSIONS, min_size=1, max_size=4))
def test_the_factored_sum_is_the_full_one(engine: Engine, envelopes: list[Envelope]) -> None:
    """Summed hypothesis by hypothesis in double precision, the marginals are the same."""
    found = engine.reason(envelopes)
    full = dense(found.hypotheses, found.log_exit, found.evidence)
    np.testing.assert_allclose(found.posterior.country, full.country, atol=TOLERANCE)
    np.testing.assert_allclose(found.posterior.manner, full.manner, atol=TOLERANCE)


@settings(deadline=None, max_examples=60)
@given(envelope=values(Envelope))
def test_any_envelope_of_the_schema_gives_a_verdict(engine: Engine, envelope: Envelope) -> None:
    """Whatever the schema lets through is judged, however hostile."""
    [verdict] = engine.judge([envelope])
    assert 0 <= verdict.confidence <= 1
    assert math.isfinite(verdict.confidence)


@settings(deadline=None, max_examples=40)
@given(envelopes=st.lists(SESSIONS, min_size=2, max_size=6))
def test_a_batch_is_its_parts(engine: Engine, envelopes: list[Envelope]) -> None:
    """Company changes no verdict."""
    together = engine.judge(envelopes)
    for envelope, verdict in zip(envelopes, together, strict=True):
        [alone] = engine.judge([envelope])
        assert (alone.country, alone.alarm) == (verdict.country, verdict.alarm)
        assert alone.confidence == pytest.approx(verdict.confidence, abs=2e-4)
        assert alone.confidence_radius_km == verdict.confidence_radius_km


@settings(deadline=None, max_examples=40)
@given(envelope=SESSIONS, order=st.permutations(range(FAMILIES)))
def test_the_order_of_evidence_does_not_matter(
    engine: Engine, envelope: Envelope, order: list[int]
) -> None:
    """Evidence commutes."""
    found = engine.reason([envelope])
    evidence = [found.evidence[place] for place in order]
    other = combine(found.hypotheses, found.log_exit, evidence)
    np.testing.assert_allclose(other.country, found.posterior.country, atol=1e-5)
    np.testing.assert_allclose(other.manner, found.posterior.manner, atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(
    address=st.sampled_from(ADDRESSES),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", None]),
    gaps=st.tuples(st.floats(0, 3000), st.floats(0, 3000)).map(sorted),
)
def test_a_wider_gap_never_clears_a_proxy(
    engine: Engine, address: str, zone: str | None, gaps: list[float]
) -> None:
    """The odds of a proxy against a direct path never fall as the gap grows."""
    odds = []
    for delta_ms in gaps:
        envelope = session(address, zone=zone, delta_ms=delta_ms)
        mass = believed(engine, envelope).manner[0].sum(axis=1)
        odds.append(mass[Transport.PROXY] / mass[Transport.DIRECT])
    assert odds[1] >= odds[0] * (1 - 1e-9)


SIGNALS: list[dict[str, Any]] = [
    {"zone": None},
    {"languages": None},
    {"delta_ms": None},
    {"kernel_ms": None, "delta_ms": None},
    {"edge": None},
]


@pytest.mark.parametrize("missing", SIGNALS)
def test_missing_is_a_row_of_zeros(engine: Engine, missing: dict[str, Any]) -> None:
    """What is missing adds nothing to any hypothesis: all but it missing is the prior."""
    bare = {"zone": None, "languages": None, "edge": None, "kernel_ms": None, "delta_ms": None}
    found = engine.reason([session(sessions.PRIVATE, **bare)])  # type: ignore[arg-type]
    assert len(found.evidence) == FAMILIES
    for part in found.evidence:
        if part.group is not Group.DEPLOYMENT:  # a private peer is a fact
            np.testing.assert_allclose(part.log_prob(), 0.0, atol=1e-12)
    full = engine.judge([session()])[0]
    less = engine.judge([session(**missing)])[0]
    assert less.country == full.country
    assert less.alarm == Alarm.NONE


def test_missing_is_not_zero(engine: Engine) -> None:
    """No gap measured is not a gap of nothing: beside a hosting address it clears nobody."""
    measured = believed(engine, session(sessions.GERMAN_HOST, delta_ms=0.0)).manner[0]
    missing = believed(engine, session(sessions.GERMAN_HOST, delta_ms=None)).manner[0]
    assert measured[Transport.PROXY].sum() < 0.05 * missing[Transport.PROXY].sum()
