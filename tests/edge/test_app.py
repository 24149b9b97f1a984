"""Through the edge on real sockets: from the page's bytes to the service's envelope."""

import base64
import json
import logging
import ssl
from collections.abc import Sequence
from functools import partial

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octet import schema
from octet.edge.app import EdgeApp
from octet.edge.config import EdgeConfig
from octet.edge.connection.client_hello import is_client_hello
from octet.edge.outcome import Outcome
from octet.edge.relay import Forward
from octet.edge.upstream import Upstream
from tests.certificates import Certificate
from tests.edge.conftest import RunningEdge, StartEdge, environment
from tests.edge.fakes import (
    LICENSE,
    NOW_MS,
    REF,
    FakeService,
    answer,
    report,
)
from tests.edge.test_observer import request
from tests.schema.strategies import JSON
from tests.serving.wire import Page, Reader, get, post

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
async def given_body(body: bytes) -> bytes:
    return body


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
                reply = await app.routes.answer(request(headers=headers), partial(given_body, body))
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
