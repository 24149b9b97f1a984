"""What reaches the service of a browser's connection, whoever stands before the edge.

nginx, HAProxy, Caddy and curl are real. SYN and ClientHello hints, which none of these proxies can
set, come from a scripted proxy, and its tests say so.
"""

import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from trio_websocket import WebSocketConnection, wrap_client_stream

from octet.edge.connection.client_hello import is_client_hello
from tests.certificates import Certificate
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import REF, FakeService, report
from tests.edge.proxies import caddy, haproxy, nginx
from tests.serving.wire import Page, Reader, post

BROWSER = "127.0.0.5"
"""Where the visitor comes from; loopback has more addresses than one."""

FORGED = (
    "X-Forwarded-For: 198.51.100.1",
    "Forwarded: for=198.51.100.1",
    "x-octet-tcp-rtt-us: 1",
    "x-octet-tcp-rttvar-us: 1",
    "x-octet-tls-client-hello: AQAB/AMD",
    "x-octet-syn: RQAAPA==",
)
"""What a visitor would send to be believed."""

BEHIND = {"h2": "behind-proxy", "headerOrder": "behind-proxy"}
BLIND = {"syn": "behind-proxy", "tls": "behind-proxy", **BEHIND}


async def visit(port: int, *lines: str, path: str = "/octet") -> int:
    """Play a channel and post its receipt, from the browser's address; return the status."""
    stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=BROWSER)
    async with stream:
        receipt = await play(stream, f"{path}/v1/ws?ref={REF}&volleys=3")
    stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=BROWSER)
    async with stream:
        body = report(sessionRef=REF, receipts=[receipt])
        answer = await Page(stream, Reader(stream)).ask(
            post(body, *lines, path=f"{path}/v1/signals")
        )
    return answer.status


async def play(stream: trio.SocketStream | trio.SSLStream[trio.SocketStream], resource: str) -> str:
    """Play the volleys of a channel on *stream*; return its receipt."""
    async with trio.open_nursery() as nursery:
        socket = await wrap_client_stream(nursery, stream, "edge.test", resource)
        receipt = await answer_pings(socket)
        nursery.cancel_scope.cancel()
    return receipt


async def answer_pings(socket: WebSocketConnection) -> str:
    """Answer each ping at once; return the receipt."""
    while True:
        frame: dict[str, Any] = json.loads(await socket.get_message())
        match frame:
            case {"t": "ping", "n": nonce}:
                await socket.send_message(json.dumps({"t": "pong", "n": nonce, "m": "page"}))
            case {"t": "done", "receipt": str(receipt)}:
                return receipt


def check_hinted(observed: dict[str, Any]) -> None:
    """Check an observation whose TCP timing a proxy told."""
    assert (observed["via"], observed["sourceIp"]) == ("trusted-proxy", BROWSER)
    assert observed["peerIp"] == "127.0.0.1"
    assert observed["missing"] == BLIND
    (channel,) = observed["latency"]
    assert channel["sourceIp"] == BROWSER
    for tcp in (observed["tcp"], channel["tcp"]):
        assert set(tcp) == {"rttUs", "rttVarUs"}
        assert 1 < tcp["rttUs"] < 1_000_000
    names = {name.lower() for name, _ in observed["http"]["headers"]}
    assert not any(name.startswith("x-octet-") for name in names)


@pytest.fixture
async def trusting(start_edge: StartEdge) -> RunningEdge:
    """An edge below a path that believes a proxy on loopback."""
    return await start_edge(EDGE_TRUSTED_PROXIES="127.0.0.1", EDGE_BASE_PATH="/octet")


@pytest.mark.nginx
async def test_behind_nginx(trusting: RunningEdge, service: FakeService, tmp_path: Path) -> None:
    """Through the example's nginx the browser's own timing and address arrive, no forged ones."""
    async with nginx(tmp_path, trusting.port) as port:
        assert await visit(port, *FORGED) == 200
    check_hinted(service.envelopes[0]["observed"])


@pytest.mark.haproxy
async def test_behind_haproxy(trusting: RunningEdge, service: FakeService, tmp_path: Path) -> None:
    """Through the example's HAProxy the browser's own timing and address arrive, no forged ones."""
    async with haproxy(tmp_path, "haproxy.cfg", trusting.port) as port:
        assert await visit(port, *FORGED) == 200
    check_hinted(service.envelopes[0]["observed"])


@pytest.mark.caddy
async def test_behind_caddy(trusting: RunningEdge, service: FakeService, tmp_path: Path) -> None:
    """Through the example's Caddy the browser's address arrives, no forged one, and no timing."""
    async with caddy(tmp_path, trusting.port) as port:
        assert await visit(port, *FORGED) == 200
    observed = service.envelopes[0]["observed"]
    assert (observed["via"], observed["sourceIp"]) == ("trusted-proxy", BROWSER)
    assert observed["missing"] == {"tcp": "behind-proxy", **BLIND}
    (channel,) = observed["latency"]
    assert (channel["sourceIp"], len(channel["rttUs"])) == (BROWSER, 3)
    assert "tcp" not in channel
    names = {name.lower() for name, _ in observed["http"]["headers"]}
    assert not any(name.startswith("x-octet-") for name in names)
    assert "forwarded" not in names


@pytest.mark.haproxy
async def test_behind_balancer(start_edge: StartEdge, service: FakeService, tmp_path: Path) -> None:
    """Behind a PROXY v2 balancer the source is named, HTTP is the browser's own, TCP is not."""
    edge = await start_edge(EDGE_TRUSTED_PROXIES="127.0.0.1", EDGE_PROXY_PROTOCOL="v2")
    async with haproxy(tmp_path, "haproxy-tcp.cfg", edge.port) as port:
        assert await visit(port, "X-Forwarded-For: 198.51.100.1", path="") == 200
    observed = service.envelopes[0]["observed"]
    assert (observed["via"], observed["sourceIp"]) == ("trusted-proxy", BROWSER)
    assert observed["missing"] == {
        "tcp": "behind-proxy",
        "syn": "behind-proxy",
        "tls": "not-tls",
    }
    assert observed["http"]["headers"][0] == ["Host", "edge.test"]
    assert observed["latency"][0]["sourceIp"] == BROWSER


@pytest.mark.haproxy
async def test_behind_balancer_with_tls(
    start_edge: StartEdge,
    service: FakeService,
    certificate: Certificate,
    trust: ssl.SSLContext,
    tmp_path: Path,
) -> None:
    """Behind a PROXY v2 balancer the ClientHello is the browser's own."""
    edge = await start_edge(
        EDGE_TRUSTED_PROXIES="127.0.0.1",
        EDGE_PROXY_PROTOCOL="v2",
        EDGE_TLS_CERT_FILE=str(certificate.chain),
        EDGE_TLS_KEY_FILE=str(certificate.key),
    )
    async with haproxy(tmp_path, "haproxy-tcp.cfg", edge.port) as port:
        plain = await trio.open_tcp_stream("127.0.0.1", port, local_address=BROWSER)
        stream = trio.SSLStream(plain, trust, server_hostname="localhost", https_compatible=True)
        async with stream:
            answer = await Page(stream, Reader(stream)).ask(post(report()))
    assert answer.status == 200
    observed = service.envelopes[0]["observed"]
    assert observed["sourceIp"] == BROWSER
    assert is_client_hello(base64.b64decode(observed["tls"]["clientHello"]))
    assert observed["missing"] == {"tcp": "behind-proxy", "syn": "behind-proxy"}


async def test_balancer_without_header(start_edge: StartEdge, service: FakeService) -> None:
    """A trusted peer that owes a PROXY header and sends none is cut off; others need none."""
    edge = await start_edge(EDGE_TRUSTED_PROXIES="127.0.0.1", EDGE_PROXY_PROTOCOL="v2")
    page = await edge.open()
    async with page.stream:
        await page.send(post(report()))
        assert await page.reader.rest() == b""
    assert await visit(edge.port, path="") == 200  # from an address that is not trusted
    observed = service.envelopes[0]["observed"]
    assert (observed["via"], observed["sourceIp"]) == ("direct", BROWSER)


async def test_scripted_proxy(trusting: RunningEdge, service: FakeService) -> None:
    """SYN and ClientHello hints of a trusted proxy (scripted: no real one here can set them)."""
    hello = base64.b64encode(b"\x01\x00\x00\x2a\x03\x03" + bytes(40)).decode()
    hints = (
        f"X-Forwarded-For: {BROWSER}",
        "x-octet-tcp-rtt-us: 18400",
        "x-octet-tcp-rttvar-us: 900",
        f"x-octet-tls-client-hello: {hello}",
        "x-octet-syn: RQAAPA==",
    )
    answer = await trusting.ask(post(report(), *hints, path="/octet/v1/signals"))
    assert answer.status == 200
    observed = service.envelopes[0]["observed"]
    assert observed["tcp"] == {"rttUs": 18400, "rttVarUs": 900}
    assert observed["tls"] == {"clientHello": hello}
    assert observed["syn"] == "RQAAPA=="
    assert observed["missing"] == BEHIND


async def test_stranger_is_not_believed(start_edge: StartEdge, service: FakeService) -> None:
    """What an untrusted peer sends as hints and forwarding headers are only headers."""
    edge = await start_edge(EDGE_TRUSTED_PROXIES="192.0.2.0/24")
    assert await visit(edge.port, *FORGED, path="") == 200
    observed = service.envelopes[0]["observed"]
    assert (observed["via"], observed["sourceIp"]) == ("direct", BROWSER)
    assert observed["tcp"]["rttUs"] != 1
    names = [name for name, _ in observed["http"]["headers"]]
    assert names[-7:-1] == [line.partition(":")[0] for line in FORGED]


async def test_rfc7239(start_edge: StartEdge, service: FakeService) -> None:
    """Under EDGE_FORWARDED=rfc7239 the source is read from Forwarded, and never from the other."""
    edge = await start_edge(EDGE_TRUSTED_PROXIES="127.0.0.1", EDGE_FORWARDED="rfc7239")
    lines = ("X-Forwarded-For: 198.51.100.1", 'Forwarded: for="[2001:db8::7]:4711";proto=https')
    assert (await edge.ask(post(report(), *lines))).status == 200
    assert service.envelopes[0]["observed"]["sourceIp"] == "2001:db8::7"


async def test_volleys_over_tls(
    start_edge: StartEdge, service: FakeService, certificate: Certificate, trust: ssl.SSLContext
) -> None:
    """A channel by wss brings its volleys and its own TCP timing, as one in the clear does."""
    edge = await start_edge(
        EDGE_TLS_CERT_FILE=str(certificate.chain), EDGE_TLS_KEY_FILE=str(certificate.key)
    )
    async with secured(edge.port, trust) as stream:
        receipt = await play(stream, f"/v1/ws?ref={REF}&volleys=3")
    async with secured(edge.port, trust) as stream:
        text = post(report(sessionRef=REF, receipts=[receipt]))
        assert (await Page(stream, Reader(stream)).ask(text)).status == 200
    observed = service.envelopes[0]["observed"]
    (channel,) = observed["latency"]
    assert channel["sourceIp"] == BROWSER
    assert len(channel["rttUs"]) == 3
    assert channel["tcp"]["minRttUs"] > 0
    assert observed["missing"] == {}


@asynccontextmanager
async def secured(
    port: int, trust: ssl.SSLContext
) -> AsyncIterator[trio.SSLStream[trio.SocketStream]]:
    """Open a TLS connection from the browser's address."""
    plain = await trio.open_tcp_stream("127.0.0.1", port, local_address=BROWSER)
    stream = trio.SSLStream(plain, trust, server_hostname="localhost", https_compatible=True)
    async with stream:
        yield stream


@pytest.mark.curl
@pytest.mark.haproxy
async def test_http2_behind_balancer(
    start_edge: StartEdge, service: FakeService, certificate: Certificate, tmp_path: Path
) -> None:
    """Behind a PROXY v2 balancer what HTTP/2 opens with is the browser's own."""
    edge = await start_edge(
        EDGE_TRUSTED_PROXIES="127.0.0.1",
        EDGE_PROXY_PROTOCOL="v2",
        EDGE_TLS_CERT_FILE=str(certificate.chain),
        EDGE_TLS_KEY_FILE=str(certificate.key),
        EDGE_ALPN="h2,http/1.1",
    )
    async with haproxy(tmp_path, "haproxy-tcp.cfg", edge.port) as port:
        await curl(port, certificate, tmp_path, "--http2")
    observed = service.envelopes[0]["observed"]
    assert (observed["via"], observed["sourceIp"]) == ("trusted-proxy", BROWSER)
    assert observed["missing"] == {"tcp": "behind-proxy", "syn": "behind-proxy"}
    assert observed["http"]["h2"]["pseudo"] == ["m", "p", "s", "a"]


async def curl(port: int, certificate: Certificate, directory: Path, version: str) -> None:
    """Post a report by curl; it must be taken."""
    body = directory / "report.json"
    body.write_text(json.dumps(report()))
    command = ["curl", "--silent", "--show-error", "--fail", "--cacert", str(certificate.chain)]
    data = ["--data-binary", f"@{body}", "--header", "Content-Type: application/json"]
    resolve = ["--resolve", f"localhost:{port}:127.0.0.1", "--interface", BROWSER]
    done = await trio.run_process(
        [*command, version, *resolve, *data, f"https://localhost:{port}/v1/signals"],
        capture_stdout=True,
        capture_stderr=True,
    )
    assert json.loads(done.stdout) == {"ok": True}


@pytest.mark.curl
@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
async def test_curl(
    start_edge: StartEdge,
    service: FakeService,
    certificate: Certificate,
    tmp_path: Path,
    version: str,
) -> None:
    """Curl's TLS, and its HTTP/2 where that is offered, are observed in full."""
    edge = await start_edge(
        EDGE_TLS_CERT_FILE=str(certificate.chain),
        EDGE_TLS_KEY_FILE=str(certificate.key),
        EDGE_ALPN="h2,http/1.1",
    )
    await curl(edge.port, certificate, tmp_path, version)
    observed = service.envelopes[0]["observed"]
    assert observed["missing"] == {}
    assert is_client_hello(base64.b64decode(observed["tls"]["clientHello"]))
    http = observed["http"]
    if version == "--http1.1":
        assert (http["version"], observed["tls"]["alpn"]) == ("1.1", "http/1.1")
        assert [name for name, _ in http["headers"]][:3] == ["Host", "User-Agent", "Accept"]
    else:
        assert (http["version"], observed["tls"]["alpn"]) == ("2", "h2")
        assert http["h2"]["pseudo"] == ["m", "p", "s", "a"]
        assert http["h2"]["settings"]
        assert http["h2"]["windowUpdate"] > 0
