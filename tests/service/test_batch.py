"""A batch is read strictly, its envelopes each alone."""

import json
from typing import Any

import pytest

from octet.schema import Envelope, Fault, Refused, SchemaError
from octet.service.batch import MAX_FAULTS, detail, read_batch
from tests.service.fakes import batch, raw_envelope


def test_order_and_isolation() -> None:
    """Good and bad envelopes keep their order, and the bad ones say what is wrong and where."""
    bad = raw_envelope("b") | {"receivedAt": "now"}
    short = raw_envelope("c")
    del short["report"]
    first, second, third, fourth, fifth = read_batch(
        batch(raw_envelope("a"), bad, short, 7, raw_envelope("e")), "request-1"
    )
    assert isinstance(first, Envelope)
    assert isinstance(second, Refused)
    assert (second.id, second.problem.code) == ("b", "malformed")
    assert second.problem.detail == "receivedAt: must be an integer"
    assert second.problem.request_id == "request-1"
    assert isinstance(third, Refused)
    assert (third.id, third.problem.code) == ("c", "missing_fields")
    assert third.problem.detail == "report: is required"
    assert isinstance(fourth, Refused)
    assert fourth.id == ""
    assert isinstance(fifth, Envelope)


@pytest.mark.parametrize("name", [7, None, "x" * 129, ["a"]])
def test_unreadable_id(name: Any) -> None:
    """An id that is none is answered with an empty one."""
    (item,) = read_batch(batch(raw_envelope("a") | {"id": name}), "request-1")
    assert isinstance(item, Refused)
    assert item.id == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"envelopes":{}}',
        b'{"envelopes":[]}',
        b"\xff",
        b'{"envelopes":[NaN]}',
        b'{"envelopes":[{"id":"a","id":"b"}]}',
        b'{"envelopes":[' + b"[" * 30 + b"]" * 30 + b"]}",
        batch(*[{}] * 65),
    ],
)
def test_no_batch(body: bytes) -> None:
    """What is no batch at all is refused as a whole."""
    with pytest.raises(SchemaError):
        read_batch(body, "request-1")


def test_detail_is_bounded() -> None:
    """However much is wrong, a problem's detail stays short and says that there is more."""
    error = SchemaError(*(Fault("x" * 1000, "is wrong") for _ in range(1000)))
    assert detail(error).endswith(f"; and {1000 - MAX_FAULTS} more")
    assert len(detail(error)) < 2000


def test_unknown_members_are_ignored() -> None:
    """A newer edge may say more."""
    raw = raw_envelope("a") | {"tomorrow": [1]}
    assert isinstance(
        read_batch(json.dumps({"envelopes": [raw], "x": 1}).encode(), "r")[0], Envelope
    )
