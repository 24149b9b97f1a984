"""Through the edge on real sockets: from the page's bytes to the service's envelope."""

import base64
import json
import logging
import ssl
from collections.abc import Sequence

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from octet import schema
from octet.edge.app import BODY_S, EdgeApp
from octet.edge.config import EdgeConfig
from octet.edge.connection.client_hello import is_client_hello
from octet.edge.outcome import Outcome
from octet.edge.relay import RELAY_TASKS, Forward
from octet.edge.upstream import Upstream
from octet.serving.connection import HEADER_S
from tests.certificates import Certificate
from tests.edge.conftest import RunningEdge, StartEdge, environment
from tests.edge.fakes import (
    LICENSE,
    NOW_MS,
    REF,
    Answer,
    Envelope,
    FakeService,
    accepted,
    answer,
    refusal,
    report,
)
from tests.edge.test_observer import request
from tests.schema.strategies import JSON
from tests.serving.wire import Page, Reader, get, post, upgrade

SYN, ACK = 0x02, 0x10


def tcp_flags(packet: bytes) -> int:
    """Return the TCP flags of an IPv4 or IPv6 *packet* without extension headers."""
    header_bytes = (packet[0] & 0x0F) * 4 if packet[0] >> 4 == 4 else 40
    return packet[header_bytes + 13]


# --- the envelope --------------------------------------------------------------------------------


async def test_envelope_carries_report_as_it_came(edge: RunningEdge, service: FakeService) -> None:
    """The report stands in the envelope byte for byte, beside the edge's own members."""
    body = (
        b' {"v":1, "id":"r-1","sessionRef":"%s","mode":"full",\n "collector":"1.0.0",'
        % REF.encode()
    )
    body += b'"signals":{"clock":{"value":{"epochMs":1.50}}}, "more":"\\u00e9\xc3\xa9"} '
    response = await edge.ask(post(body))
    assert (response.status, response.json) == (200, {"ok": True})
    assert b'"report":' + body + b"}" in service.bodies[0]
    (envelope,) = service.envelopes
    assert {name: envelope[name] for name in ("v", "id", "sessionRef", "receivedAt")} == {
        "v": 1,
        "id": "r-1",
        "sessionRef": REF,
        "receivedAt": NOW_MS,
    }
    assert envelope["wantVerdict"] is False
    assert envelope["edge"]["id"] == "edge-1"
    assert service.headers[0]["x-octet-license"] == LICENSE


async def test_envelope_fits_the_schema(edge: RunningEdge, service: FakeService) -> None:
    """The service's strict reader takes what the edge writes."""
    await edge.ask(post(report(sessionRef=REF)))
    await edge.ask(post(report(id="second")))
    for envelope in service.envelopes:
        assert (
            schema.decode(schema.Envelope, json.dumps(envelope).encode()).observed.via == "direct"
        )


async def test_headers_keep_order_and_case(start_edge: StartEdge, service: FakeService) -> None:
    """Headers arrive in order and original case; credentials stay behind, in place."""
    edge = await start_edge(EDGE_REDACT_HEADERS="X-Customer-Secret")
    lines = (
        "COOKIE: session=top-secret",
        "accept-LANGUAGE: de",
        "Authorization: Bearer top-secret",
        "X-customer-SECRET: top-secret",
        "Proxy-Authorization: top-secret",
        "User-Agent: test/é",
        "accept-language: en",
    )
    await edge.ask(post(report(), *lines))
    http = service.envelopes[0]["observed"]["http"]
    assert http["version"] == "1.1"
    assert http["headers"][:-1] == [
        ["Host", "edge.test"],
        ["Content-Type", "application/json"],
        ["COOKIE", ""],
        ["accept-LANGUAGE", "de"],
        ["Authorization", ""],
        ["X-customer-SECRET", ""],
        ["Proxy-Authorization", ""],
        ["User-Agent", "test/\xc3\xa9"],
        ["accept-language", "en"],
    ]
    assert b"top-secret" not in service.bodies[0]


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=pytest.mark.ipv6)])
async def test_connection_is_observed(
    start_edge: StartEdge, service: FakeService, host: str
) -> None:
    """The kernel's timing and its copy of the SYN come with the post, over IPv4 and IPv6."""
    edge = await start_edge(HOST=host)
    await edge.ask(post(report()))
    observed = service.envelopes[0]["observed"]
    assert observed["sourceIp"] == observed["peerIp"] == host
    assert observed["via"] == "direct"
    tcp = observed["tcp"]
    assert 0 < tcp["minRttUs"] <= tcp["rttUs"] < 1_000_000
    assert 0 < tcp["acceptRttUs"] < 1_000_000
    assert tcp["retransmits"] == 0
    assert all(tcp[name] > 500 for name in ("sndMss", "rcvMss", "advMss", "pmtu"))
    syn = base64.b64decode(observed["syn"], validate=True)
    assert syn[0] >> 4 == (6 if ":" in host else 4)
    assert tcp_flags(syn) & (SYN | ACK) == SYN
    assert observed["missing"] == {"tls": "not-tls"}


@pytest.mark.ipv6
async def test_mapped_address_is_written_as_ipv4(
    start_edge: StartEdge, service: FakeService
) -> None:
    """A visitor over IPv4 on a listener for both families is known by the IPv4 address."""
    edge = await start_edge(HOST="::")
    edge.host = "127.0.0.1"
    await edge.ask(post(report()))
    assert service.envelopes[0]["observed"]["sourceIp"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("alpn", "offered", "agreed"),
    [("http/1.1", "http/1.1", "http/1.1"), ("http/1.1", "h2", None)],
)
async def test_tls_is_observed(
    start_edge: StartEdge,
    service: FakeService,
    certificate: Certificate,
    trust: ssl.SSLContext,
    alpn: str,
    offered: str,
    agreed: str | None,
) -> None:
    """Version, cipher suite and ALPN of the page's TLS session come with its post."""
    edge = await start_edge(
        EDGE_TLS_CERT_FILE=str(certificate.chain),
        EDGE_TLS_KEY_FILE=str(certificate.key),
        EDGE_ALPN=alpn,
    )
    trust.set_alpn_protocols([offered])
    plain = await trio.open_tcp_stream(edge.host, edge.port)
    stream = trio.SSLStream(plain, trust, server_hostname="localhost", https_compatible=True)
    async with stream:
        response = await Page(stream, Reader(stream)).ask(post(report()))
    assert (response.status, edge.url[:6]) == (200, "https:")
    observed = service.envelopes[0]["observed"]
    hello = base64.b64decode(observed["tls"].pop("clientHello"))
    assert is_client_hello(hello)
    expected = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "alpn": agreed}
    assert observed["tls"] == {name: value for name, value in expected.items() if value}
    assert observed["missing"] == {}
    assert base64.b64decode(observed["syn"])[0] >> 4 == 4


async def test_exit_ip_stands_in(start_edge: StartEdge, service: FakeService) -> None:
    """A test's EXIT_IP takes the place of the source address."""
    edge = await start_edge(EXIT_IP="203.0.113.7", EDGE_LOCATION="50.11,8.68")
    await edge.ask(post(report()))
    assert service.envelopes[0]["observed"]["sourceIp"] == "203.0.113.7"
    assert service.envelopes[0]["edge"]["lat"] == 50.11


@pytest.mark.parametrize(
    ("expose", "told"), [("0", {"ok": True}), ("1", {"ok": True, "verdict": {"country": "DE"}})]
)
async def test_verdict_reaches_browser_only_when_exposed(
    start_edge: StartEdge, service: FakeService, expose: str, told: dict[str, object]
) -> None:
    """The page sees a verdict only under EDGE_EXPOSE_VERDICT, even if the service sends one."""
    edge = await start_edge(EDGE_EXPOSE_VERDICT=expose)
    result = {"id": "report-1", "ok": True, "verdict": {"country": "DE"}}
    service.answers(answer(200, {"results": [result]}))
    response = await edge.ask(post(report()))
    assert response.json == told
    assert service.envelopes[0]["wantVerdict"] is (expose == "1")


async def test_base_path_prefixes_every_route(start_edge: StartEdge, service: FakeService) -> None:
    """Under EDGE_BASE_PATH the routes are there and nowhere else."""
    edge = await start_edge(EDGE_BASE_PATH="/octet/")
    assert (await edge.ask(get("/octet/health"))).status == 200
    assert (await edge.ask(get("/octet/octet-collector.js"))).status == 200
    assert (await edge.ask(post(report(), path="/octet/v1/signals"))).status == 200
    assert (await edge.ask(get("/health"))).status == 404
    assert len(service.envelopes) == 1


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


# --- what the service's answer means to the page -------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "page_status", "code", "detail"),
    [
        (401, {"code": "license_expired"}, 502, "upstream_rejected", "license_expired"),
        (403, {"code": "license_revoked"}, 502, "upstream_rejected", "license_revoked"),
        (400, {"code": "malformed"}, 502, "upstream_rejected", "malformed"),
        (429, {"code": "rate_limited"}, 503, "upstream_unavailable", ""),
        (500, {"code": "internal"}, 503, "upstream_unavailable", "internal"),
        (302, b"", 502, "upstream_rejected", ""),
        (200, b"garbage", 502, "upstream_rejected", ""),
        (200, {"results": []}, 502, "upstream_rejected", ""),
        (200, {"results": [{"id": "another", "ok": True}]}, 502, "upstream_rejected", ""),
        (200, {"results": [{"id": "report-1", "ok": 1}]}, 502, "upstream_rejected", ""),
        (
            200,
            {"results": [refusal("report-1", "overloaded", 503)]},
            503,
            "upstream_unavailable",
            "overloaded",
        ),
    ],
)
async def test_failed_upstream(
    edge: RunningEdge,
    service: FakeService,
    status: int,
    body: object,
    page_status: int,
    code: str,
    detail: str,
) -> None:
    """Whatever the service does but accept, the page is told that it may try again."""
    service.answers(answer(status, body))
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (page_status, code)
    assert detail in response.json["detail"]
    assert response.headers["retry-after"] == "1"


async def test_retry_after_of_the_service_is_passed_on(
    edge: RunningEdge, service: FakeService
) -> None:
    """A page waits as long as the service asks for."""
    service.answers(answer(429, retry_after="17"))
    assert (await edge.ask(post(report()))).headers["retry-after"] == "17"


@pytest.mark.parametrize("code", ["malformed", "a_code_of_tomorrow"])
async def test_refused_report_gets_its_own_problem(
    edge: RunningEdge, service: FakeService, code: str
) -> None:
    """A report that the service refuses is answered with the service's own status and code."""
    service.answers(answer(200, {"results": [refusal("report-1", code, 422, "signals.clock")]}))
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (422, code)
    assert response.json["detail"] == "signals.clock"
    assert response.json["requestId"] == response.headers["x-request-id"] != "req-service"


async def test_cut_connection_to_the_service(edge: RunningEdge, service: FakeService) -> None:
    """A service that closes in the middle of its answer was not reached."""
    service.answers(Answer(b"HTTP/1.1 200 OK\r\n"))
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (503, "upstream_unavailable")


async def test_unreachable_service(start_edge: StartEdge) -> None:
    """Without a service the page is told to come back, and the edge is not ready."""
    edge = await start_edge(OCTET_URL="http://127.0.0.1:1")
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (503, "upstream_unavailable")
    assert response.headers["retry-after"] == "1"
    ready = await edge.ask(get("/ready"))
    assert (ready.status, ready.json["ok"]) == (503, False)
    assert ready.json["reasons"] == ["the service was not reached lately"]


async def test_slow_service(start_edge: StartEdge, service: FakeService) -> None:
    """A page whose time is up is told so, and to come back."""
    edge = await start_edge(EDGE_RELAY_TIMEOUT_MS="50")
    service.holds()
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (504, "upstream_timeout")
    assert response.headers["retry-after"] == "1"


# --- the relay -----------------------------------------------------------------------------------


async def release(service: FakeService, gates: list[trio.Event]) -> None:
    """Let one relay task go on to the next batch, then the others."""
    gates[0].set()
    await service.until(len(gates) + 1)
    for gate in gates[1:]:
        gate.set()


async def test_reports_travel_in_batches(edge: RunningEdge, service: FakeService) -> None:
    """Many posts at once need few requests, and each page gets the result of its own report."""
    gates = [service.holds() for _ in range(RELAY_TASKS)]

    def one_refused(envelopes: list[Envelope]) -> Answer:
        results = accepted(envelopes)
        results[:] = [
            refusal(result["id"], "malformed", 400) if result["id"] == "page-7" else result
            for result in results
        ]
        return answer(200, {"results": results})

    statuses: dict[int, int] = {}

    async def visit(number: int) -> None:
        statuses[number] = (await edge.ask(post(report(id=f"page-{number}")))).status

    async with trio.open_nursery() as nursery:
        for number in range(RELAY_TASKS):
            nursery.start_soon(visit, 100 + number)
            await service.until(number + 1)
        service.answers(one_refused)
        for number in range(40):
            nursery.start_soon(visit, number)
        await edge.until_pending(RELAY_TASKS + 40)
        await release(service, gates)
    assert [len(batch) for batch in service.batches] == [1] * RELAY_TASKS + [40]
    assert {n: s for n, s in statuses.items() if s != 200} == {7: 400}


async def test_bad_report_harms_no_neighbour(edge: RunningEdge, service: FakeService) -> None:
    """Results that cannot be read, of another id or refused cost their own page alone."""
    gates = [service.holds() for _ in range(RELAY_TASKS)]
    bad = {
        "unread": {"id": "unread", "ok": "yes"},
        "foreign": {"id": "page-0", "ok": True},
        "refused": refusal("refused", "malformed", 400),
        "nothing": None,
    }
    statuses: dict[str, int] = {}

    async def visit(name: str) -> None:
        statuses[name] = (await edge.ask(post(report(id=name)))).status

    def some_bad(envelopes: list[Envelope]) -> Answer:
        return answer(200, {"results": [bad.get(r["id"], r) for r in accepted(envelopes)]})

    async with trio.open_nursery() as nursery:
        for number in range(RELAY_TASKS):
            nursery.start_soon(visit, f"first-{number}")
            await service.until(number + 1)
        service.answers(some_bad)
        for name in ("page-0", *bad, "page-1"):
            nursery.start_soon(visit, name)
        await edge.until_pending(RELAY_TASKS + len(bad) + 2)
        await release(service, gates)
    assert len(service.batches) == RELAY_TASKS + 1
    assert {name: status for name, status in statuses.items() if status != 200} == {
        "unread": 502,
        "foreign": 502,
        "refused": 400,
        "nothing": 502,
    }


async def test_overload(start_edge: StartEdge, service: FakeService) -> None:
    """Past EDGE_MAX_PENDING a report is turned away at once, and the edge says it is not ready."""
    edge = await start_edge(EDGE_MAX_PENDING="1")
    gate = service.holds()
    statuses: list[int] = []

    async def visit() -> None:
        statuses.append((await edge.ask(post(report()))).status)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(visit)
        await service.until(1)
        response = await edge.ask(post(report(id="second")))
        assert (response.status, response.json["code"]) == (503, "overloaded")
        assert response.headers["retry-after"] == "1"
        ready = await edge.ask(get("/ready"))
        assert (ready.status, ready.json["reasons"]) == (503, ["the relay is saturated"])
        gate.set()
    assert statuses == [200]
    assert (await edge.ask(get("/ready"))).status == 200


async def test_page_that_goes_away_is_still_delivered(
    edge: RunningEdge, service: FakeService
) -> None:
    """A report is delivered though its page disconnected while it waited its turn."""
    gates = [service.holds() for _ in range(RELAY_TASKS)]
    async with trio.open_nursery() as nursery:
        for number in range(RELAY_TASKS):
            nursery.start_soon(edge.ask, post(report(id=f"first-{number}")))
            await service.until(number + 1)
        page = await edge.open()
        await page.send(post(report(id="gone")))
        await edge.until_pending(RELAY_TASKS + 1)
        await page.stream.aclose()
        for _ in range(3):  # the edge sees that the page has gone
            assert (await edge.ask(get("/health"))).status == 200
        for gate in gates:
            gate.set()
    await service.until(RELAY_TASKS + 1)
    assert [envelope["id"] for envelope in service.batches[-1]] == ["gone"]


async def test_drain_delivers_what_was_taken(edge: RunningEdge, service: FakeService) -> None:
    """At shutdown waiting pages get their answers, and a report without its page is delivered."""
    gates = [service.holds() for _ in range(RELAY_TASKS)]
    statuses: list[int] = []

    async def visit(name: str) -> None:
        statuses.append((await edge.ask(post(report(id=name)))).status)

    async with trio.open_nursery() as nursery:
        for number in range(RELAY_TASKS):
            nursery.start_soon(visit, f"first-{number}")
            await service.until(number + 1)
        page = await edge.open()
        await page.send(post(report(id="gone")))
        await edge.until_pending(RELAY_TASKS + 1)
        await page.stream.aclose()
        edge.stop.set()
        for gate in gates:
            gate.set()
        await edge.ended.wait()
    assert statuses == [200] * RELAY_TASKS
    assert service.envelopes[-1]["id"] == "gone"


# --- health and the collector's files ------------------------------------------------------------


async def test_health(edge: RunningEdge) -> None:
    """Liveness names the version."""
    response = await edge.ask(get("/health"))
    assert (response.status, response.json["ok"]) == (200, True)
    assert response.json["version"]


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("octet-collector.js", "text/javascript; charset=utf-8"),
        ("octet-collector.mjs", "text/javascript; charset=utf-8"),
        ("octet-collector.js.sri", "text/plain; charset=utf-8"),
    ],
)
async def test_collector_is_served(edge: RunningEdge, name: str, content_type: str) -> None:
    """The collector's files come with an ETag, and for long with a version in the URL."""
    first = await edge.ask(get(f"/{name}"))
    assert (first.status, first.headers["content-type"]) == (200, content_type)
    assert first.body
    assert "max-age=300" in first.headers["cache-control"]
    pinned = await edge.ask(get(f"/{name}?v=1.0.0"))
    assert "immutable" in pinned.headers["cache-control"]
    again = await edge.ask(get(f"/{name}", f"If-None-Match: {first.headers['etag']}"))
    assert (again.status, again.body) == (304, b"")


# --- what goes wrong inside ----------------------------------------------------------------------


async def test_handler_exception_is_a_problem_without_secrets(
    start_edge: StartEdge, caplog: pytest.LogCaptureFixture
) -> None:
    """A defect answers 500, and the log tells its place but nothing that came from the peer."""

    def broken(*_: object) -> bytes:
        raise RuntimeError("cookie=top-secret")

    def break_it(app: EdgeApp) -> None:
        app.workings.envelope = broken  # type: ignore[method-assign, assignment]

    edge = await start_edge(prepare=break_it)
    response = await edge.ask(post(report(), "Cookie: top-secret"))
    assert (response.status, response.json["code"]) == (500, "internal")
    (record,) = [r for r in caplog.records if r.levelname == "ERROR"]
    assert "RuntimeError ← broken (test_app.py:" in record.getMessage()
    assert response.json["requestId"] in record.getMessage()
    assert "top-secret" not in caplog.text + response.body.decode()


@pytest.mark.parametrize("debug", ["0", "1"])
async def test_only_debug_logs_an_address(
    start_edge: StartEdge, service: FakeService, caplog: pytest.LogCaptureFixture, debug: str
) -> None:
    """Only under EDGE_DEBUG does the log name a source address; never the licence or a cookie."""
    caplog.set_level(logging.DEBUG, "octet")
    edge = await start_edge(EXIT_IP="203.0.113.7", EDGE_DEBUG=debug)
    service.answers(answer(503))
    for text in (post(report()), post(report(), "Cookie: top-secret"), post(b"top-secret")):
        await edge.ask(text)
    await edge.ask(b"garbage\r\n\r\n")
    assert ("203.0.113.7" in caplog.text) is (debug == "1")
    assert LICENSE not in caplog.text
    assert "top-secret" not in caplog.text


# --- hostile bodies ------------------------------------------------------------------------------

_BODIES = st.binary(max_size=300) | st.builds(
    lambda members: json.dumps(report(**members)).encode(),
    st.dictionaries(st.sampled_from(["v", "id", "mode", "receipts", "signals", "x"]), JSON),
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_BODIES, min_size=1, max_size=20))
def test_arbitrary_bodies_never_fail_the_edge(bodies: list[bytes]) -> None:
    """Whatever a page posts, it is told ok or what is wrong with it; the edge has no failure."""

    async def visit() -> None:
        config = EdgeConfig.from_environment(environment("http://service.test", EXIT_IP="::1"))
        app = EdgeApp(config, lambda: NOW_MS)
        async with trio.open_nursery() as nursery:
            await nursery.start(app.workings.run)
            for body in bodies:
                headers = ((b"content-type", b"application/json"),)
                reply = await app.routes.answer(request(headers=headers), body)
                assert reply.status in {200, 400}
            nursery.cancel_scope.cancel()

    async def deliver(_: object, batch: Sequence[Forward]) -> list[Outcome]:
        assert all(json.loads(forward.envelope) for forward in batch)
        return [schema.Accepted(id=forward.id) for forward in batch]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Upstream, "post", deliver)
        patch.setattr(Upstream, "reachable", _true)
        trio.run(visit)


async def _true(_: object) -> bool:
    return True
