"""The head of a report by the short way, against the converter."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.schema import MAX_SIGNALS, ReportHead, SchemaError, decode, read_report_head
from tests.schema.strategies import JSON

PLAIN: dict[str, Any] = {
    "v": 1,
    "id": "a",
    "sessionRef": "sess_123",
    "mode": "lite",
    "collector": "1.0.0",
    "receipts": [],
    "signals": {},
}
LONG = 10**30


def agrees(text: bytes) -> None:
    """Assert that both ways read *text* alike, or refuse it in the same words."""
    assert said(text, read_report_head) == said(text, partial(decode, ReportHead))


def said(text: bytes, read: Callable[[bytes], ReportHead]) -> str:
    """Return what *read* makes of *text*, or why it refuses it."""
    try:
        return repr(read(text))
    except SchemaError as exc:
        return str(exc)


@pytest.mark.parametrize("without", [*PLAIN, "nothing"])
def test_members_that_are_not_there(without: str) -> None:
    """What may be missing may be missing, and what must be there must be."""
    text = json.dumps({name: value for name, value in PLAIN.items() if name != without})
    agrees(text.encode())


@pytest.mark.parametrize("member", PLAIN)
@pytest.mark.parametrize(
    "value",
    [None, True, 1, 1.0, 2, LONG, "", "a", "a\n", "é", "sess_123", "x" * 129, "full", "other"]
    + [[], {}, [1], ["v4.local.A"], ["v4.local.A"] * 9, {"a": LONG}]
    + [{str(number): 0 for number in range(MAX_SIGNALS + more)} for more in (0, 1)],
)  # fmt: skip
def test_each_member_may_be_anything(member: str, value: Any) -> None:
    """Whatever a member is, the short way takes it exactly as the converter does."""
    agrees(json.dumps(PLAIN | {member: value}).encode())


@given(st.dictionaries(st.sampled_from([*PLAIN, "other"]), JSON), st.text('{}[]",: \\', max_size=3))
def test_any_text_is_read_alike(members: dict[str, Any], noise: str) -> None:
    """So it does with any text at all."""
    text = json.dumps(PLAIN | members)
    agrees(text.encode())
    agrees((text + noise).encode())


@pytest.mark.parametrize(
    "text", [b'{"v":1,"v":1}', b"[]", b"[" * 17 + b"]" * 17, b"\xff", b"1" + b"0" * 400, b"1e999"]
)
def test_what_is_no_strict_json_is_refused_alike(text: bytes) -> None:
    """Inside the signals, too."""
    agrees(text)
    agrees(json.dumps(PLAIN).encode().replace(b"{}", b'{"a":' + text + b"}"))
