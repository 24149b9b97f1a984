import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.client import (
    Alarm,
    CredentialError,
    InvalidRequestError,
    Location,
    OctetError,
    Pending,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
    Verdict,
)
from octet.client._replies import read_verdict
from octet.client._steps import Reply
from octet.schema import CODES, encode, problem
from tests.schema.strategies import values

DATA = Path(__file__).parent.parent / "data"
PENDING = b'{"status":"pending","ref":"sess_abcdefgh"}'


def read_reply(status: int, headers: dict[str, str], body: bytes) -> Verdict | Pending:
    return read_verdict(Reply(status, headers, body))


def test_a_full_verdict_is_read_in_python_names() -> None:
    """The golden verdict arrives member for member."""
    assert read_reply(200, {}, (DATA / "verdict.json").read_bytes()) == Verdict(
        country="DE",
        confidence=0.91,
        alarm=Alarm.NONE,
        estimated_location=Location(52.5, 13.4),
        confidence_radius_km=35.0,
        feasible_region=(Location(54.9, 8.1), Location(54.0, 14.2), Location(47.5, 11.1)),
        device_key="dk_x",
        token="v4.public.x",
    )


def test_absent_members_are_none() -> None:
    """A verdict without a country has None for it and for all else that may be absent."""
    assert read_reply(200, {}, b'{"confidence":0,"alarm":"low"}') == Verdict(
        country=None, confidence=0.0, alarm=Alarm.LOW
    )


def test_members_of_a_later_version_are_ignored() -> None:
    """New members in a verdict, its locations or a pending reply change nothing."""
    later = b'{"confidence":1,"alarm":"high","shoeSize":[42],"estimatedLocation":%s}'
    location = b'{"lat":1,"lon":2,"alt":3}'
    assert read_reply(200, {}, later % location) == Verdict(
        confidence=1.0, alarm=Alarm.HIGH, estimated_location=Location(1.0, 2.0)
    )
    pending = PENDING.replace(b"}", b',"since":1}')
    assert read_reply(404, {}, pending) == Pending("sess_abcdefgh")


@given(values(Verdict))
def test_every_verdict_that_can_be_written_is_read(verdict: Verdict) -> None:
    """What the schema encodes, the client reads back."""
    assert read_reply(200, {}, encode(verdict)) == verdict


ERRORS = [
    (400, InvalidRequestError),
    (401, CredentialError),
    (403, CredentialError),
    (429, RateLimitedError),
    (500, ServiceUnavailableError),
    (502, ServiceUnavailableError),
    (503, ServiceUnavailableError),
    (504, ServiceUnavailableError),
    (599, ServiceUnavailableError),
    (100, ProtocolError),
    (201, ProtocolError),
    (204, ProtocolError),
    (302, ProtocolError),
    (404, ProtocolError),
    (405, ProtocolError),
    (418, ProtocolError),
    (426, ProtocolError),
    (999, ServiceUnavailableError),
]


@pytest.mark.parametrize(("status", "kind"), ERRORS)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"[]", b'{"status":3,"code":7}', b"\xff"]
)
def test_the_status_chooses_the_error(status: int, kind: type[OctetError], body: bytes) -> None:
    """A gateway's page in place of a problem gives the error of its status, and no code."""
    with pytest.raises(OctetError) as caught:
        read_reply(status, {"x-request-id": "r1"}, body)
    assert type(caught.value) is kind
    assert str(status) in str(caught.value)
    assert (caught.value.status, caught.value.code) == (status, None)
    assert caught.value.request_id == "r1"


@pytest.mark.parametrize("code", CODES)
def test_a_problem_tells_code_and_request(code: str) -> None:
    """Whatever the problem, its code, status, request id and detail reach the caller."""
    status, _ = CODES[code]
    body = encode(problem(code, "the very reason", request_id="r2"))
    with pytest.raises(OctetError, match="the very reason") as caught:
        read_reply(status, {"x-request-id": "r1"}, body)
    assert type(caught.value) is dict(ERRORS).get(status, ProtocolError)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.request_id == "r2"


def test_a_long_detail_is_shortened() -> None:
    """A server cannot fill the caller's log by one reply."""
    body = encode(problem("malformed", "x" * 10_000, request_id="r"))
    with pytest.raises(InvalidRequestError) as caught:
        read_reply(400, {}, body)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"{}"),
        (200, b"[]"),
        (200, b'{"confidence":2,"alarm":"low"}'),
        (200, b'{"confidence":"1","alarm":"low"}'),
        (200, b'{"confidence":NaN,"alarm":"low"}'),
        (200, b'{"confidence":1,"alarm":"extreme"}'),
        (200, b'{"confidence":1,"alarm":"low","country":null}'),
        (200, b'{"confidence":1,"confidence":1,"alarm":"low"}'),
        (404, b'{"status":"pending"}'),
        (404, b'{"status":"pending","ref":"short"}'),
        (404, b'{"status":"pending","ref":7}'),
        (404, b'{"status":"unknown","ref":"sess_abcdefgh"}'),
    ],
)
def test_nonsense_is_a_protocol_error(status: int, body: bytes) -> None:
    """A reply that claims to be an answer and is none is never taken for one."""
    with pytest.raises(ProtocolError) as caught:
        read_reply(status, {"x-request-id": "r1"}, body)
    assert (caught.value.status, caught.value.request_id) == (status, "r1")


NOON = "Mon, 21 Sep 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 21 Sep 2026 12:01:00 GMT"}, None),
        ({"retry-after": "Mon, 21 Sep 2026 12:01:00 GMT", "date": NOON}, 60.0),
        ({"retry-after": "Mon, 21 Sep 2026 11:59:00 GMT", "date": NOON}, 0.0),
        ({"retry-after": "Mon, 21 Sep 2026 12:01:00 -0000", "date": NOON}, None),
        ({"retry-after": "Mon, 21 Sep 2026 12:01:00 GMT", "date": "noon"}, None),
    ],
)
def test_retry_after_is_seconds(headers: dict[str, str], seconds: float | None) -> None:
    """``Retry-After`` is read as seconds or, against the reply's own clock, as a date."""
    with pytest.raises(RateLimitedError) as caught:
        read_reply(429, headers, b"")
    assert caught.value.retry_after_s == seconds


MEMBERS = st.sampled_from(["status", "ref", "confidence", "alarm", "code", "detail", "requestId"])
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(MEMBERS | st.text(), inner),
    max_leaves=8,
)


@given(
    st.sampled_from([200, 404]) | st.integers(100, 999),
    st.dictionaries(st.sampled_from(["retry-after", "date", "x-request-id"]), st.text()),
    st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()),
)
def test_no_reply_raises_anything_else(status: int, headers: dict[str, str], body: bytes) -> None:
    """Any reply at all is a verdict, pending or an `OctetError`."""
    try:
        answer = read_reply(status, headers, body)
    except OctetError as error:
        assert error.status == status  # noqa: PT017 - either way out is fine
    else:
        assert isinstance(answer, Verdict | Pending)
