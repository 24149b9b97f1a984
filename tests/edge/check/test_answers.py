"""What answers to a page's requests say."""

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest

from octet import __version__
from octet.edge.check.answers import (
    judge_collector,
    judge_health,
    judge_origin,
    judge_post,
    judge_ready,
    judge_refused_channel,
)
from octet.edge.check.finding import Status

OK, WARN, FAIL = Status.OK, Status.WARN, Status.FAIL
ORIGIN = "https://yourapp.test"
ALLOWED = ("access-control-allow-origin", ORIGIN)
SCRIPT = b"var octet={}"
SRI = f"sha384-{base64.b64encode(hashlib.sha384(SCRIPT).digest()).decode()}\n".encode()
JS = ("content-type", "text/javascript; charset=utf-8")


def reply(status: int, body: Any = b"", *headers: tuple[str, str]) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers=list(headers))


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (reply(200, {"ok": True, "version": __version__}), OK, __version__),
        (reply(200, {"ok": True, "version": "9.9\x1b[2J"}), WARN, "9.9?[2J"),
        (reply(301), FAIL, "redirects"),
        (reply(200, b"<html>"), FAIL, "no edge"),
        (reply(200, {"ok": True}), FAIL, "no edge"),
        (reply(404, {"code": "not_found", "detail": "There is nothing"}), FAIL, "not_found"),
        (reply(502, b"<html>"), FAIL, "502"),
    ],
)
def test_health(answer: httpx.Response, status: Status, words: str) -> None:
    """An edge is known by its own words, and what it writes cannot reach into a terminal."""
    finding = judge_health(answer)
    assert finding.status is status
    assert words in finding.text


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (reply(200, {"ok": True, "reasons": []}), OK, "reaches"),
        (
            reply(503, {"ok": False, "reasons": ["the relay is saturated", "x" * 500]}),
            FAIL,
            "relay",
        ),
        (reply(403, b"<html>"), FAIL, "403"),
    ],
)
def test_ready(answer: httpx.Response, status: Status, words: str) -> None:
    """The edge's own reasons are told, as far as they fit."""
    finding = judge_ready(answer)
    assert finding.status is status
    assert words in finding.text
    assert len(finding.text) < 200


@pytest.mark.parametrize(
    ("script", "integrity", "status", "words"),
    [
        (reply(200, SCRIPT, JS), reply(200, SRI), OK, "unchanged"),
        (reply(404), reply(200, SRI), FAIL, "404"),
        (reply(200, SCRIPT, JS), reply(404), FAIL, "404"),
        (reply(200, SCRIPT + b" ", JS), reply(200, SRI), FAIL, "integrity"),
        (reply(200, SCRIPT, ("content-type", "text/html")), reply(200, SRI), FAIL, "JavaScript"),
    ],
)
def test_collector(
    script: httpx.Response, integrity: httpx.Response, status: Status, words: str
) -> None:
    """The script has to come as it was built, and as a script."""
    finding = judge_collector(script, integrity)
    assert finding.status is status
    assert words in finding.text


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (reply(204, b"", ALLOWED), OK, "may post"),
        (reply(204, b"", ("access-control-allow-origin", "*")), WARN, "any other"),
        (reply(204), FAIL, "may not"),
        (reply(204, b"", ("access-control-allow-origin", "https://a.test")), FAIL, "may not"),
        (reply(204, b"", ALLOWED, ALLOWED), FAIL, "twice"),
        (reply(204, b"", ("access-control-allow-origin", f"{ORIGIN}, *")), FAIL, "twice"),
        (reply(405), FAIL, "405"),
    ],
)
def test_origin(answer: httpx.Response, status: Status, words: str) -> None:
    """A browser takes one value, and that has to be the page's own origin or all."""
    finding = judge_origin(answer, ORIGIN)
    assert finding.status is status
    assert words in finding.text


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (426, "upgrade_required", "never came to the edge"),
        (403, "origin_not_allowed", ORIGIN),
        (429, "rate_limited", "enough"),
        (404, "", "status 404"),
        (502, "", "status 502"),
        (404, "not_found", "not_found"),
    ],
)
def test_refused_channel(status: int, code: str, words: str) -> None:
    """What came in place of a WebSocket tells who would not have it."""
    body = json.dumps({"code": code}).encode() if code else b"<html>"
    finding = judge_refused_channel(status, body, ORIGIN)
    assert finding.status is FAIL
    assert words in finding.text
    assert finding.remedy


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (reply(200, {"ok": True}, ALLOWED), OK, "sess_check_1"),
        (reply(200, {"ok": True, "verdict": {}}, ALLOWED), WARN, "verdict"),
        (reply(200, {"ok": True}), FAIL, "CORS"),
        (reply(200, b"<html>"), FAIL, "does not come"),
        (reply(413, b"<html>"), FAIL, "413"),
        (reply(403, {"code": "origin_not_allowed"}), FAIL, "origin_not_allowed"),
        (
            reply(502, {"code": "upstream_rejected", "detail": "license_revoked"}),
            *(FAIL, "upstream_rejected (license_revoked)"),
        ),
        (reply(503, {"code": "upstream_unavailable"}), FAIL, "the service does not"),
        (reply(504, {"code": "upstream_timeout"}), FAIL, "the service does not"),
        (reply(503, {"code": "overloaded"}), FAIL, "edge refuses"),
        (reply(400, {"code": "malformed"}), FAIL, "edge refuses"),
    ],
)
def test_post(answer: httpx.Response, status: Status, words: str) -> None:
    """A post that is not acknowledged tells whether it came to the edge, or to the service."""
    finding = judge_post(answer, "sess_check_1")
    assert finding.status is status
    assert words in finding.text
    assert bool(finding.remedy) == (status is not OK)
