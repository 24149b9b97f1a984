"""What the edge refuses, and how it says so, on real sockets."""

import json

import pytest
import trio
from trio.testing import MockClock

from octet.edge.app import BODY_S
from octet.serving.connection import HEADER_S
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import (
    FakeService,
    answer,
    report,
)
from tests.serving.wire import get, post, upgrade

# --- problems ------------------------------------------------------------------------------------

DEEP = b"[" * 17 + b"]" * 17


@pytest.mark.parametrize(
    ("text", "status", "code", "detail"),
    [
        (get("/nowhere"), 404, "not_found", ""),
        (get("/v1//ws"), 404, "not_found", ""),
        (get("/v1/signals", method="DELETE"), 405, "method_not_allowed", ""),
        (get("/v1/signals"), 405, "method_not_allowed", ""),
        (get("/v1/ws"), 426, "upgrade_required", ""),
        (upgrade("/v1/signals"), 405, "method_not_allowed", ""),
        (upgrade("/nowhere/at/all"), 404, "not_found", ""),
        (upgrade("/v1/ws?ref=short"), 400, "malformed", "ref: "),
        (upgrade("/v1/ws?volleys=65"), 400, "malformed", "volleys: "),
        (upgrade("/v1/ws?volleys=00000000199999"), 400, "malformed", "volleys: "),
        (upgrade("/v1/ws?budgetMs=99"), 400, "malformed", "budgetMs: "),
        (post(b"{"), 400, "malformed", "not JSON: "),
        (post(b'{"v":1,"v":1}'), 400, "malformed", "duplicate member"),
        (post(b'{"v":NaN}'), 400, "malformed", "NaN"),
        (post(b'{"v":"\xff"}'), 400, "malformed", "invalid UTF-8"),
        (post(b"\xef\xbb\xbf{}"), 400, "malformed", "not JSON"),
        (post(b'{"v":' + DEEP + b"}"), 400, "malformed", "nested deeper than 16"),
        (post(b"[]"), 400, "malformed", "must be an object"),
        (post(report(mode="all")), 400, "malformed", "mode: must be one of full, lite, passive"),
        (post(report(id=7)), 400, "malformed", "id: must be a string"),
        (post(report(sessionRef="short")), 400, "malformed", "sessionRef: must match"),
        (post(report(receipts=["v4.local.AA", 7])), 400, "malformed", "receipts[1]: "),
        (post(report(receipts=["v4.local.AA"] * 9)), 400, "malformed", "receipts: "),
        (post(report(id=None)), 400, "missing_fields", "id: is required"),
        (post(report(mode=None, v=None)), 400, "missing_fields", "v: is required; mode: "),
        (post(b" " * 65_537), 413, "too_large", ""),
        (
            post(b"{}").replace(b"application/json", b"text/plain"),
            415,
            "unsupported_media_type",
            "",
        ),
        (
            post(b"{}").replace(b"Content-Type: application/json\r\n", b""),
            415,
            "unsupported_media_type",
            "",
        ),
    ],
)
async def test_problem(edge: RunningEdge, text: bytes, status: int, code: str, detail: str) -> None:
    """What the contract forbids is answered by a problem that names the place."""
    page = await edge.open()
    async with page.stream:
        response = await page.ask(text)
    body = response.json
    assert (response.status, body["status"], body["code"]) == (status, status, code)
    assert detail in body["detail"]
    assert set(body) == {"type", "title", "status", "detail", "code", "requestId"}
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == body["requestId"]


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (post(b"x" * 9, "Origin: https://evil.com"), 403, "origin_not_allowed"),
        (post(b"x" * 9).replace(b"application/json", b"text/plain"), 415, "unsupported_media_type"),
        (post(b"x" * 70_000), 413, "too_large"),
        (post(b"x" * 9, path="/nowhere"), 404, "not_found"),
        (post(b"x" * 9, path="/health"), 405, "method_not_allowed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize(
    "odd",
    [
        (b"", b""),
        (b"/v1/signals", b"/v1/%73ignals"),
        (b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"),
    ],
    ids=["plain", "odd", "expecting"],
)
async def test_head_is_judged_before_the_body(
    start_edge: StartEdge,
    mock_clock: MockClock,
    text: bytes,
    status: int,
    code: str,
    odd: tuple[bytes, bytes],
) -> None:
    """What the head is refused for is told at once, however long its body is withheld."""
    edge = await start_edge(ALLOWED_ORIGIN="https://yourapp.com")
    head = text.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    page = await edge.open()
    async with page.stream:
        await page.send(head.replace(*odd))
        response = await page.reader.message()
        if response is not None and response.start.startswith("HTTP/1.1 100"):
            response = await page.reader.message()
        assert response is not None
        assert (response.status, response.json["code"]) == (status, code)
        assert response.headers["connection"] == "close"
        assert await page.reader.rest() == b""


async def test_chunked_body_is_bounded(edge: RunningEdge) -> None:
    """A body that names no length is cut off at the same size."""
    head = post(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    response = await edge.ask(head + chunk * 5)
    assert (response.status, response.json["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (post(b" ").replace(b"Content-Length: 1", b"Content-Length: 99999"), 413),
        (post(report(), "Connection: close"), 200),
        (get("/v1/ws?x", "Connection: close"), 426),
        (upgrade("/v1/ws?volleys=0"), 400),
    ],
)
async def test_last_answer_closes(edge: RunningEdge, text: bytes, status: int) -> None:
    """A connection that can serve no further request is closed by the edge, at once."""
    page = await edge.open()
    async with page.stream:
        with trio.fail_after(HEADER_S / 2):
            assert (await page.ask(text)).status == status
            assert await page.reader.rest() == b""


async def test_body_has_one_deadline(edge: RunningEdge, mock_clock: MockClock) -> None:
    """A body that drips is cut off after its time, however often something comes."""
    page = await edge.open()
    async with page.stream:
        await page.send(post(report())[:-20])
        for _ in range(3):
            await trio.testing.wait_all_tasks_blocked(0.02)
            mock_clock.jump(BODY_S / 2.9)
            await page.send(b" ")
        response = await page.reader.message()
        assert response is not None
        assert (response.status, response.json["code"]) == (400, "malformed")
        assert await page.reader.rest() == b""


async def test_largest_report_is_taken(edge: RunningEdge, service: FakeService) -> None:
    """A report of exactly 64 KiB goes through."""
    body = json.dumps(report()).encode()
    response = await edge.ask(post(body + b" " * (65_536 - len(body))))
    assert response.status == 200
    assert len(service.envelopes) == 1


async def test_405_names_what_is_allowed(edge: RunningEdge) -> None:
    """A wrong method is told the right ones."""
    response = await edge.ask(get("/v1/signals", method="PUT"))
    assert "POST" in response.headers["allow"].split(", ")


async def test_request_id_is_kept(edge: RunningEdge) -> None:
    """A usable x-request-id comes back; one that is not is replaced."""
    for name, kept in (("customer-0001", True), ("no", False), ("x" * 65, False)):
        response = await edge.ask(get("/health", f"X-Request-ID: {name}"))
        assert (response.headers["x-request-id"] == name) is kept


# --- origins -------------------------------------------------------------------------------------

OWN = "https://yourapp.com"


@pytest.mark.parametrize(
    ("allowed", "origin", "status", "granted"),
    [
        ("*", OWN, 200, "*"),
        ("*", None, 200, "*"),
        (f"{OWN},https://other.com", OWN, 200, OWN),
        (OWN, "https://evil.com", 403, None),
        (OWN, "null", 403, None),
        (OWN, None, 200, None),
    ],
)
async def test_post_is_bound_to_origins(
    start_edge: StartEdge, allowed: str, origin: str | None, status: int, granted: str | None
) -> None:
    """A page of a foreign origin may not post, and no foreign page may read an answer."""
    edge = await start_edge(ALLOWED_ORIGIN=allowed)
    response = await edge.ask(post(report(), *([f"Origin: {origin}"] if origin else [])))
    assert response.status == status
    assert response.headers.get("access-control-allow-origin") == granted
    if status == 403:
        assert response.json["code"] == "origin_not_allowed"


async def test_problems_carry_cors(start_edge: StartEdge, service: FakeService) -> None:
    """A page can read the problem, its Retry-After and its request id."""
    edge = await start_edge(ALLOWED_ORIGIN=OWN)
    service.answers(answer(503, retry_after="7"))
    for text in (
        post(b"{", f"Origin: {OWN}"),
        post(report(), f"Origin: {OWN}"),
        get("/x", f"Origin: {OWN}"),
    ):
        response = await edge.ask(text)
        assert response.status >= 400
        assert response.headers["access-control-allow-origin"] == OWN
        exposed = response.headers["access-control-expose-headers"].lower().split(", ")
        assert {"retry-after", "x-request-id"} <= set(exposed)
        assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize(("origin", "granted"), [(OWN, OWN), ("https://evil.com", None)])
async def test_preflight(start_edge: StartEdge, origin: str, granted: str | None) -> None:
    """A preflight allows a JSON post of an allowed origin, and grants a foreign one nothing."""
    edge = await start_edge(ALLOWED_ORIGIN=OWN)
    asked = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type")
    response = await edge.ask(get("/v1/signals", f"Origin: {origin}", *asked, method="OPTIONS"))
    assert (response.status, response.body) == (204, b"")
    assert response.headers.get("access-control-allow-origin") == granted
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == "content-type"
