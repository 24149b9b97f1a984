"""The service's answer to a batch of nothing, read."""

import json

import pytest

from octet.edge.check.finding import Status
from octet.edge.check.license import judge_license
from octet.schema import CODES

LIVE = "octet_live_v4.public.AA"
REFUSALS = [
    code
    for code, (status, _) in CODES.items()
    if status in {401, 403} and not code.startswith(("partner_key", "origin"))
]


@pytest.mark.parametrize("code", REFUSALS)
def test_refusals(code: str) -> None:
    """Each way of the service's to refuse an edge has its meaning and a way out of it."""
    status, _ = CODES[code]
    finding = judge_license(status, json.dumps({"code": code}).encode(), LIVE)
    assert finding.status is Status.FAIL
    assert f"({code})" in finding.text
    assert finding.remedy


@pytest.mark.parametrize(
    ("license_token", "status", "words"),
    [
        (LIVE, Status.OK, "accepted"),
        ("octet_test_v4.public.AA", Status.OK, "test licence"),
        (None, Status.WARN, "without a licence"),
    ],
)
def test_accepted(license_token: str | None, status: Status, words: str) -> None:
    """Only a service that has read the batch calls it malformed."""
    finding = judge_license(400, b'{"code":"malformed"}', license_token)
    assert finding.status is status
    assert words in finding.text


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, b"<html>The plain HTTP request was sent to HTTPS port", Status.FAIL),
        (400, b'{"code":"missing_fields"}', Status.FAIL),
        (302, b"", Status.FAIL),
        (401, b"", Status.FAIL),
        (413, b"", Status.FAIL),
        (429, b'{"code":"rate_limited"}', Status.UNKNOWN),
        (500, b'{"code":"internal"}', Status.FAIL),
        (502, b"<html>", Status.FAIL),
    ],
)
def test_others(status: int, body: bytes, expected: Status) -> None:
    """What somebody else answers is no yes."""
    finding = judge_license(status, body, LIVE)
    assert finding.status is expected
    assert str(status) in finding.text
    assert "html" not in finding.text
