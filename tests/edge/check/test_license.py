"""The service's answer to a batch of nothing, read."""

import base64
import json
from pathlib import Path

import pytest

from octet.edge.check.finding import Status
from octet.edge.check.license import judge_license
from octet.schema import CODES
from octet.service.credentials.instant import to_text
from tests.service.fakes import NOW_MS, Cupboard

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
    finding = judge_license(status, json.dumps({"code": code}).encode(), LIVE, NOW_MS)
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
    finding = judge_license(400, b'{"code":"malformed"}', license_token, NOW_MS)
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
    finding = judge_license(status, body, LIVE, NOW_MS)
    assert finding.status is expected
    assert str(status) in finding.text
    assert "html" not in finding.text


DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("days", "status"), [(365, Status.OK), (14, Status.OK), (13, Status.WARN), (0, Status.WARN)]
)
@pytest.mark.parametrize("live", [True, False])
def test_until(tmp_path: Path, days: int, status: Status, live: bool) -> None:
    """A real licence says when it ends, and is to be renewed before that."""
    ends_ms = NOW_MS + days * DAY_MS
    token = Cupboard(tmp_path / "keyring.json").issue(exp=to_text(ends_ms), live=live)
    finding = judge_license(400, b'{"code":"malformed"}', token, NOW_MS)
    assert finding.status is status
    assert f"it ends on {to_text(ends_ms)[:10]}" in finding.text
    assert ("test licence" in finding.text) is not live
    assert bool(finding.remedy) == (status is Status.WARN)


def claims(text: bytes) -> str:
    return base64.urlsafe_b64encode(text + bytes(64)).decode().rstrip("=")


@pytest.mark.parametrize(
    "sealed",
    ["AA", "!", claims(b"{}"), claims(b"[]"), claims(b'{"exp":1}'), claims(b'{"exp":"soon"}')],
)
def test_unreadable(sealed: str) -> None:
    """What the service takes is accepted, also if its end cannot be read."""
    for token in (f"octet_live_v4.public.{sealed}", f"octet_live_v4.public.{sealed}.footer"):
        finding = judge_license(400, b'{"code":"malformed"}', token, NOW_MS)
        assert (finding.status, finding.text) == (Status.OK, "accepted")
