import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.schema import (
    MAX_BATCH_DEPTH,
    MAX_SIGNALS,
    Batch,
    ChannelTiming,
    Envelope,
    EnvelopeHead,
    Missing,
    MissingReason,
    Present,
    Problem,
    Report,
    ReportHead,
    Results,
    SchemaError,
    Unread,
    decode,
    encode,
    structure,
    unstructure,
)
from octet.schema.verdict import Pending, Verdict
from tests.schema.refusals import HEAD, faults, report
from tests.schema.strategies import JSON, documents, values

DATA = Path(__file__).parents[1] / "data"
BODIES: list[type] = [Report, Envelope, Batch, Results, Verdict, Pending, Problem]
HEADS: list[type] = [ReportHead, EnvelopeHead]
GOLDEN: list[tuple[str, type]] = [
    ("report", Report),
    ("envelope", Envelope),
    ("envelope-minimal", Envelope),
    ("results", Results),
    ("verdict", Verdict),
    ("verdict-silent", Verdict),
    ("problem", Problem),
]

# --- what goes through --------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "kind"), GOLDEN)
def test_golden_samples_mean_the_same_after_a_round_trip(name: str, kind: type) -> None:
    """What is decoded from a sample encodes to the same JSON value."""
    text = (DATA / f"{name}.json").read_bytes()
    assert json.loads(encode(decode(kind, text))) == json.loads(text)


@pytest.mark.parametrize("kind", BODIES + HEADS)
@given(data=st.data())
def test_every_instance_survives_the_wire(kind: type, data: st.DataObject) -> None:
    """Decoding undoes encoding, for every class that is a body or the head of one."""
    value = data.draw(values(kind))
    assert decode(kind, encode(value), max_depth=MAX_BATCH_DEPTH) == value


@pytest.mark.parametrize("kind", BODIES)
@given(data=st.data())
def test_members_of_a_later_version_are_ignored(kind: type, data: st.DataObject) -> None:
    """An unknown member changes nothing, at the top or inside."""
    document = data.draw(documents(kind))
    later = {"aMemberOfTomorrow": {"any": [None]}}
    assert structure(kind, document | later) == structure(kind, document)


def test_unknown_signals_are_kept_as_they_came() -> None:
    """A signal that this version does not know keeps its JSON value, even null."""
    tomorrow = {"value": {"a": [1, 2.5, None]}, "ms": 1.0}
    value = report(signals={"tomorrow": tomorrow, "nothing": {"value": None}})
    read = structure(Report, value)
    assert read.signals.by_name["tomorrow"] == Present({"a": [1, 2.5, None]}, 1.0)
    assert unstructure(read)["signals"] == value["signals"]


def test_a_head_needs_nothing_of_the_body() -> None:
    """The edge reads a report's head without looking into its signals, and keeps none of them."""
    head = structure(ReportHead, {**HEAD, "signals": {"clock": "not looked at"}})
    assert (head.id, head.receipts, head.signals) == ("a", (), Unread())


@pytest.mark.parametrize("kind", [Report, ReportHead])
def test_a_report_holds_so_many_signals(kind: type) -> None:
    """Sixty-four signals are taken, one more is malformed, for the edge as for the service."""
    signals = {f"a{number}": {"missing": "error"} for number in range(MAX_SIGNALS)}
    structure(kind, report(signals=signals))
    one_more = signals | {"b": {"missing": "error"}}
    assert faults(kind, report(signals=one_more)) == ["signals: must have at most 64 members"]


@pytest.mark.parametrize("kind", [Report, ReportHead])
def test_a_report_without_signals_is_refused(kind: type) -> None:
    """The edge, too, misses the signals, and takes nothing but an object for them."""
    without = {name: value for name, value in HEAD.items() if name != "signals"}
    assert faults(kind, without) == ["signals: is required"]
    assert faults(kind, report(signals=[])) == ["signals: must be an object"]


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"receipts": [0] * 30_000}, "receipts: must have 0 to 8 items"),
        (
            {"signals": {f"a{number}": 0 for number in range(6000)}},
            "signals: must have at most 64 members",
        ),
    ],
)
def test_too_many_items_are_not_looked_at(members: dict[str, Any], fault: str) -> None:
    """A container's size is checked before its items, all of them bad here, cost any time."""
    assert faults(Report, report(**members)) == [fault]


def test_an_integer_may_stand_for_a_number() -> None:
    """JSON has one kind of number: ``35`` fits where ``35.0`` does, and is a float in Python."""
    read = structure(Verdict, {"confidence": 1, "alarm": "none", "confidenceRadiusKm": 35})
    assert type(read.confidence_radius_km) is float


# --- nothing is coerced -------------------------------------------------------------------------

INTEGER = "v: must be an integer"
STRING = "id: must be a string"


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"v": True}, INTEGER),
        ({"v": 1.0}, INTEGER),
        ({"v": "1"}, INTEGER),
        ({"v": None}, INTEGER),
        ({"v": [1]}, INTEGER),
        ({"v": 2}, "v: must be at least 1 and at most 1"),
        ({"v": 2**70}, "v: must be at least 1 and at most 1"),
        ({"id": 1}, STRING),
        ({"id": None}, STRING),
        ({"id": True}, STRING),
        ({"id": ["a"]}, STRING),
        ({"id": {}}, STRING),
        ({"mode": "FULL"}, "mode: must be one of full, lite, passive"),
        ({"mode": None}, "mode: must be one of full, lite, passive"),
        ({"mode": 0}, "mode: must be one of full, lite, passive"),
        ({"mode": []}, "mode: must be one of full, lite, passive"),
        ({"sessionRef": None}, "sessionRef: must be a string"),
        ({"receipts": None}, "receipts: must be an array"),
        ({"receipts": {}}, "receipts: must be an array"),
        ({"receipts": "v4.local.x"}, "receipts: must be an array"),
        ({"receipts": ["v4.local.x"] * 9}, "receipts: must have 0 to 8 items"),
        ({"receipts": [None]}, "receipts[0]: must be a string"),
        ({"signals": []}, "signals: must be an object"),
        ({"signals": None}, "signals: must be an object"),
        ({"signals": "{}"}, "signals: must be an object"),
    ],
)
def test_a_member_of_another_type_is_refused(members: dict[str, Any], fault: str) -> None:
    """No type passes for another: not in a scalar's place, not in a container's."""
    assert faults(Report, report(**members)) == [fault]


EITHER = "must have either a value or a reason why it is missing"


@pytest.mark.parametrize(
    ("signal", "fault"),
    [
        (None, ": must be an object"),
        ({}, f": {EITHER}"),
        ({"ms": 1}, f": {EITHER}"),
        ({"value": {"epochMs": 1}, "missing": "error"}, f": {EITHER}"),
        ({"value": None, "missing": None}, f": {EITHER}"),
        (
            {"missing": None},
            ".missing: must be one of unsupported, blocked, timeout, error, skipped",
        ),
        ({"value": {"epochMs": 1}, "ms": None}, ".ms: must be a number"),
        ({"value": {"epochMs": 1}, "ms": True}, ".ms: must be a number"),
        ({"value": {"epochMs": 1}, "ms": "1"}, ".ms: must be a number"),
        ({"value": {"epochMs": 1}, "ms": -0.1}, ".ms: must be at least 0"),
        ({"value": {"epochMs": 1}, "ms": 10**400}, ".ms: must fit a double"),
        ({"value": {}}, ".value.epochMs: is required"),
        ({"value": {"epochMs": 1.5}}, ".value.epochMs: must be an integer"),
    ],
)
def test_a_signal_that_does_not_fit_is_refused(signal: Any, fault: str) -> None:
    """A known signal has either a value of its class or a known reason, and a time if any."""
    assert faults(Report, report(signals={"clock": signal})) == [f"signals.clock{fault}"]


def test_a_missing_signal_carries_its_reason_and_time() -> None:
    """Absence is data."""
    read = structure(Report, report(signals={"clock": {"missing": "blocked", "ms": 3}}))
    assert read.signals.by_name["clock"] == Missing(MissingReason.BLOCKED, 3.0)


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "x", [], [{}]])
@pytest.mark.parametrize("kind", BODIES + HEADS)
def test_a_body_is_an_object(kind: type, value: Any) -> None:
    """No body is null, a scalar or an array."""
    assert faults(kind, value) == ["must be an object"]


@pytest.mark.parametrize("kind", BODIES + HEADS)
def test_no_body_is_empty(kind: type) -> None:
    """All that is wrong with an empty object is that members are missing."""
    with pytest.raises(SchemaError) as caught:
        structure(kind, {})
    assert caught.value.code == "missing_fields"


# --- what the refusal says ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rtt_us", "fault"),
    [
        ([0, 2**53], None),
        ([1, True], "rttUs[1]: must be an integer"),
        ([1.0, 1], "rttUs[0]: must be an integer"),
        ([3, -1, 2], "rttUs[1]: must be at least 0 and at most 9007199254740992"),
        ([3, 2**53 + 1, 2], "rttUs[1]: must be at least 0 and at most 9007199254740992"),
        ([], "rttUs: must have 1 to 64 items"),
        ([1] * 65, "rttUs: must have 1 to 64 items"),
    ],
)
def test_an_array_of_integers(rtt_us: list[Any], fault: str | None) -> None:
    """Each of them is in range, and the one that is not is named."""
    timing = {"edge": "near", "sourceIp": "192.0.2.1", "at": 1, "rttUs": rtt_us}
    if fault is None:
        assert structure(ChannelTiming, timing).rtt_us == tuple(rtt_us)
    else:
        assert faults(ChannelTiming, timing) == [fault]


@given(kind=st.sampled_from(BODIES + HEADS), text=st.binary())
def test_any_bytes_are_a_body_or_refused(kind: type, text: bytes) -> None:
    """No bytes raise anything but `SchemaError`."""
    with pytest.raises(SchemaError):
        decode(kind, text)


@given(kind=st.sampled_from(BODIES + HEADS), value=JSON)
def test_any_json_is_a_body_or_refused(kind: type, value: Any) -> None:
    """Nor does any JSON value."""
    with pytest.raises(SchemaError):
        structure(kind, value)
