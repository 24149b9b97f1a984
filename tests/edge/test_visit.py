"""A connection from accept to close: its deadlines, and many requests on it."""

import ssl

import httpx
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.edge.latency import CHANNEL_LIFE_S, PONG_S
from octet.edge.visit import BODY_S, HEADER_S, KEEP_ALIVE_S, TLS_HANDSHAKE_S, WRITE_S
from octet.serving.connection import GONE_S
from tests.certificates import Certificate
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import FakeService, report
from tests.edge.pages import ends, opened, pour
from tests.edge.test_websocket import PING, write
from tests.serving.test_connection import elapse, until_closed
from tests.serving.wire import get, post, upgrade

# --- deadlines -----------------------------------------------------------------------------------


async def test_silent_tls_handshake_is_cut_off(
    start_edge: StartEdge, certificate: Certificate, mock_clock: MockClock
) -> None:
    """A peer that only begins its TLS hello is closed after the handshake's time."""
    edge = await start_edge(
        EDGE_TLS_CERT_FILE=str(certificate.chain), EDGE_TLS_KEY_FILE=str(certificate.key)
    )
    async with opened(edge) as page:
        for part in (b"\x16", b"\x03\x01"):
            await page.send(part)
            await elapse(mock_clock, TLS_HANDSHAKE_S / 2 + 0.1)
        assert await until_closed(page) == b""


async def test_silent_connection_is_closed(edge: RunningEdge, mock_clock: MockClock) -> None:
    """A connection on which no request begins is closed after the header's time."""
    async with opened(edge) as page:
        await elapse(mock_clock, HEADER_S + 0.1)
        assert await until_closed(page) == b""


@pytest.mark.parametrize("drip", [b"GET", b"get"], ids=["plain", "odd"])
@pytest.mark.parametrize("earlier", [0, 1])
async def test_dripping_header_is_cut_off(
    edge: RunningEdge, mock_clock: MockClock, earlier: int, drip: bytes
) -> None:
    """A header has one deadline in all, on the first request and on later ones, whoever reads."""
    async with opened(edge) as page:
        for _ in range(earlier):
            await page.ask(get("/health"))
        for letter in drip:
            await page.send(bytes([letter]))
            await elapse(mock_clock, HEADER_S / 2.9)
        assert await until_closed(page) == b""


@pytest.mark.parametrize("path", ["/health", "/%68ealth"])
@pytest.mark.parametrize("requests", [1, 3])
async def test_idle_connection_is_closed(
    edge: RunningEdge, mock_clock: MockClock, requests: int, path: str
) -> None:
    """Between requests a connection may idle for the keep-alive time, also once handed over."""
    async with opened(edge) as page:
        for _ in range(requests):
            assert (await page.ask(get(path))).status == 200
            await elapse(mock_clock, KEEP_ALIVE_S - 0.1)
        assert (await page.ask(get(path))).status == 200
        await elapse(mock_clock, KEEP_ALIVE_S + 0.1)
        assert await until_closed(page) == b""


async def test_late_body_is_told(edge: RunningEdge, mock_clock: MockClock) -> None:
    """A body that drips is answered, and its connection closed, after the body's time."""
    async with opened(edge) as page:
        await page.send(post(report())[:-9])
        for _ in range(3):
            await elapse(mock_clock, BODY_S / 2.9)
            await page.send(b" ")
        response = await page.reader.message()
        assert response is not None
        assert (response.status, response.json["code"]) == (400, "malformed")
        assert response.headers["connection"] == "close"
        assert await until_closed(page) == b""


async def test_relay_time_out_is_told(
    start_edge: StartEdge, service: FakeService, mock_clock: MockClock
) -> None:
    """A page whose report is not answered in time is told so, and its connection goes on."""
    edge = await start_edge()
    service.holds()
    async with opened(edge) as page:
        await page.send(post(report()))
        await service.until(1)
        await elapse(mock_clock, 5.1)
        response = await page.reader.message()
        assert response is not None
        assert (response.status, response.json["code"]) == (504, "upstream_timeout")
        assert (await page.ask(get("/health"))).status == 200


@pytest.mark.parametrize("path", ["/octet-collector.mjs", "/octet-collector%2emjs"])
async def test_peer_that_takes_nothing_is_cut_off(
    edge: RunningEdge, mock_clock: MockClock, path: str
) -> None:
    """Replies that nobody reads hold their connection for the write's time, and nothing else."""
    async with opened(edge) as page:
        requests = 1000
        await page.send(get(path) * requests)
        await elapse(mock_clock, 0)
        assert (await edge.ask(get("/health"))).status == 200
        await elapse(mock_clock, WRITE_S + 0.1)
        answered = (await page.reader.rest()).count(b"HTTP/1.1 200 ")
        assert 0 < answered < requests
        await elapse(mock_clock, GONE_S + 0.1)
        edge.stop.set()
        await wait_all_tasks_blocked(0.02)
        assert edge.ended.is_set()


@pytest.mark.parametrize("noise", [b"", write(PING, b"x")], ids=["silent", "pinging"])
async def test_silent_channel_is_closed(
    edge: RunningEdge, mock_clock: MockClock, noise: bytes
) -> None:
    """A channel whose ping is not answered closes with 1008, though its peer sends pings."""
    async with opened(edge) as page:
        await page.send(upgrade())
        for _ in range(3):
            await elapse(mock_clock, PONG_S / 2.9)
            await page.send(noise or b"")
        assert (await until_closed(page)).endswith(b"\x88\x02\x03\xf0")
    assert PONG_S < CHANNEL_LIFE_S


# --- many requests on a connection ---------------------------------------------------------------


async def test_pipelined_requests_are_answered_in_order(
    edge: RunningEdge, service: FakeService
) -> None:
    """Requests that come together are answered one after another, a slow one first."""
    gate = service.holds()
    async with opened(edge) as page:
        await page.send(post(report(id="a")) + get("/health") + post(report(id="b")) + get("/x"))
        await service.until(1)
        await wait_all_tasks_blocked(0.02)
        assert len(service.envelopes) == 1
        gate.set()
        answers = [await page.reader.message() for _ in range(4)]
    assert [answer.status for answer in answers if answer] == [200, 200, 200, 404]
    assert [envelope["id"] for envelope in service.envelopes] == ["a", "b"]


async def test_flood_of_requests_starves_nobody(edge: RunningEdge) -> None:
    """While thousands of requests wait on one connection, one on another has its turn."""
    async with opened(edge) as page, opened(edge) as other, trio.open_nursery() as nursery:
        answered = 0

        async def count() -> None:
            nonlocal answered
            while text := await page.stream.receive_some():
                answered += text.count(b"HTTP/1.1 200 ")

        await other.ask(get("/health"))
        nursery.start_soon(pour, page, get("/health") * 5000)
        nursery.start_soon(count)
        while not answered:
            await trio.lowlevel.checkpoint()
        for _ in range(5):
            assert (await other.ask(get("/health"))).status == 200
        assert answered < 2500
        nursery.cancel_scope.cancel()


async def test_odd_request_between_plain_ones(edge: RunningEdge, service: FakeService) -> None:
    """After a request that hypercorn serves, the same connection goes on, in the same case."""
    odd = post(report(id="odd")).replace(b"/v1/signals", b"/v1/%73ignals")
    async with opened(edge) as page:
        for text in (post(report(id="a")), odd, post(report(id="b")), get("/health")):
            assert (await page.ask(text)).status == 200
    headers = [envelope["observed"]["http"]["headers"] for envelope in service.envelopes]
    assert headers[0] == [*headers[1][:2], ["Content-Length", headers[0][2][1]]]
    assert headers[1][0] == ["Host", "edge.test"]
    assert {envelope["observed"]["syn"] for envelope in service.envelopes} == {
        service.envelopes[0]["observed"]["syn"]
    }


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [
        (get("/health", method="HEAD"), b"200 OK", False),
        (get("/octet-collector.js", method="HEAD"), b"200 OK", False),
        (get("/nowhere", method="HEAD"), b"404 Not Found", False),
        (get("/v1/signals", method="OPTIONS"), b"204 No Content", False),
        (get("/octet-collector.js", "If-None-Match: *"), b"304 Not Modified", False),
        (get("/health"), b"200 OK", True),
    ],
)
@pytest.mark.parametrize("option", ["keep-alive", "close"])
async def test_last_byte_of_an_answer(
    edge: RunningEdge, text: bytes, status: bytes, body: bool, option: str
) -> None:
    """An answer has a body when it may, and its connection the fate that was asked for."""
    asked = text.replace(b"\r\n\r\n", f"\r\nConnection: {option}\r\n\r\n".encode())
    async with opened(edge) as page:
        await page.send(asked)
        if option == "keep-alive":
            await page.send(get("/health", "Connection: close"))
        answer = await page.reader.rest()
    first, _, rest = answer.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 " + status + b"\r\n")
    assert (b"content-length" in first) == (status[:3] not in {b"204", b"304"})
    assert (b"connection: close" in first) == (option == "close")
    if option == "keep-alive" and not body:
        assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    if option == "close":
        assert bool(rest) == body


async def test_half_closed_page_gets_its_answer(edge: RunningEdge) -> None:
    """A page that ends its side after its request is answered."""
    async with opened(edge) as page:
        await page.send(post(report()))
        assert isinstance(page.stream, trio.SocketStream)
        await page.stream.send_eof()
        assert (await page.reader.rest()).startswith(b"HTTP/1.1 200 ")


# --- HTTP/2 --------------------------------------------------------------------------------------


async def test_http2_is_served(
    start_edge: StartEdge, service: FakeService, certificate: Certificate, trust: ssl.SSLContext
) -> None:
    """Over ALPN's h2 all routes answer, also early, and the service learns of the version."""
    edge = await start_edge(
        EDGE_TLS_CERT_FILE=str(certificate.chain),
        EDGE_TLS_KEY_FILE=str(certificate.key),
        EDGE_ALPN="h2,http/1.1",
    )
    url = f"https://localhost:{edge.port}"
    async with httpx.AsyncClient(http1=False, http2=True, verify=trust) as client:
        for _ in range(3):
            assert (await client.get(f"{url}/health")).json()["ok"] is True
        told = await client.post(f"{url}/v1/signals", json=report())
        assert (told.http_version, told.status_code) == ("HTTP/2", 200)
        kind = {"content-type": "application/json"}
        for path, status in (("/v1/signals", 413), ("/nowhere", 404)) * 10:
            early = await client.post(f"{url}{path}", content=b" " * 200_000, headers=kind)
            assert early.status_code == status
        assert (await client.get(f"{url}/nowhere")).json()["code"] == "not_found"
    http = service.envelopes[0]["observed"]["http"]
    assert http["version"] == "2"
    assert http["headers"][0] == ["host", f"localhost:{edge.port}"]
    edge.stop.set()
    await ends(edge)
