"""One connection, and what its failure or its slowness does to itself and to others."""

import logging
import ssl
from contextlib import suppress
from typing import Any, Final

import pytest
import trio
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol
from trio.testing import MockClock
from trio_websocket import wrap_client_stream

from octet.serving import Handler
from octet.serving.connection import GONE_S, HEADER_S, REQUEST_S, TLS_HANDSHAKE_S, WRITE_S
from octet.serving.server import KEEP_ALIVE_S
from tests.certificates import Certificate
from tests.serving.app import SmallApp
from tests.serving.conftest import StartServer
from tests.serving.wire import Page, get, post, upgrade

CLOSE: Final = b"\x88\x82abcd\x62\x8a"
"""A WebSocket's closing frame with code 1000, masked."""


async def elapse(clock: MockClock, seconds: float) -> None:
    """Let the server come to rest, then let time pass."""
    await trio.testing.wait_all_tasks_blocked(0.02)
    clock.jump(seconds)


async def until_closed(page: Page) -> bytes:
    """Return what comes until the server closes; it must do so without time passing."""
    with trio.fail_after(HEADER_S / 2):
        return await page.reader.rest()


async def test_cut_response(start_server: StartServer) -> None:
    """A response that breaks off ends its connection, also when a request arrives meanwhile."""
    server = await start_server(SmallApp())
    for _ in range(20):  # it is a race between the two
        page = await server.open()
        async with page.stream:
            await page.send(get("/cut"))
            assert await page.stream.receive_some()
            await page.send(get("/after"))
            await until_closed(page)
    server.stop.set()
    with trio.fail_after(2 * GONE_S):
        await server.ended.wait()


@pytest.mark.parametrize(
    "poison",
    [
        upgrade("/ws") + b"x",
        upgrade("/deny") + b"x",
        upgrade("/ws") + b"\x00" * 70_000,
        upgrade("/ws") + b"\x81\xff\xff\xff",
        upgrade("/ws").replace(b"13", b"12"),
        upgrade("/ws").replace(b"dGhl", b""),
        upgrade("/ws").replace(b"GET", b"PUT"),
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64,
        get("/", "Upgrade: h2c", "HTTP2-Settings: !!!"),
        get("?"),
        get("/", "Content-Length: x"),
        get("/broken"),
        post(b"{}", "Transfer-Encoding: chunked"),
    ],
)
async def test_poison_harms_nobody_else(
    start_server: StartServer, caplog: pytest.LogCaptureFixture, poison: bytes
) -> None:
    """Whatever one connection sends, others go on: those that are open, and those that come; and
    the log says nothing of it.
    """
    server = await start_server(SmallApp(), drain_s=0.1)
    other = await server.open()
    stream = await trio.open_tcp_stream(server.host, server.port)
    async with stream, other.stream, trio.open_nursery() as nursery:
        socket = await wrap_client_stream(nursery, stream, server.host, "/ws")
        await socket.send_message("before")
        assert await socket.get_message() == "before"
        assert (await other.ask(get("/before"))).body == b"/before"
        for _ in range(3):
            page = await server.open()
            async with page.stream:
                await page.send(poison)
                await page.stream.send_eof()
                await page.reader.rest()
        await socket.send_message("after")
        assert await socket.get_message() == "after"
        assert (await other.ask(get("/after"))).body == b"/after"
        nursery.cancel_scope.cancel()
    assert (await server.ask(get("/new"))).body == b"/new"
    assert not server.ended.is_set()
    faults = [record for record in caplog.records if record.levelno > logging.INFO]
    assert len(faults) == (3 if b"/broken" in poison else 0)  # the application's own


@pytest.mark.parametrize("path", ["/ws", "/deny"])
async def test_haste_is_answered_once(
    start_server: StartServer, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """Who sends frames before its WebSocket is open gets one answer, and nothing is logged."""
    server = await start_server(SmallApp())
    for turns in range(15):  # it is a race between the frame and the application
        page = await server.open()
        async with page.stream:
            await page.send(upgrade(path) + (b"" if turns else CLOSE))
            for _ in range(turns):
                await trio.lowlevel.checkpoint()
            with suppress(trio.BrokenResourceError):
                await page.send(CLOSE)
            answer = await until_closed(page)
        assert answer.count(b"HTTP/1.1 ") == 1
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (upgrade("/ws") + b"x", 400),
        (upgrade("/ws").replace(b"13", b"12"), 400),
        (post(b"x" * 1000, path="/refuse").replace(b"1000", b"9000"), 413),
        (get("/", "Connection: close"), 200),
        (get("/broken"), 500),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"garbage\r\n\r\n", 400),
    ],
)
async def test_connection_that_cannot_go_on_is_closed(
    start_server: StartServer, mock_clock: MockClock, text: bytes, status: int
) -> None:
    """After its last answer a connection is closed at once, not left open."""
    server = await start_server(SmallApp())
    page = await server.open()
    async with page.stream:
        await page.send(text)
        answer = await until_closed(page)
    assert int(answer.split()[1]) == status


@pytest.mark.parametrize(
    "text",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
        get("/", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"),
    ],
)
async def test_http2_is_not_had_by_asking(start_server: StartServer, text: bytes) -> None:
    """Without ALPN a connection stays with HTTP/1.1, whatever its requests ask for."""
    server = await start_server(SmallApp())
    page = await server.open()
    async with page.stream:
        await page.send(text)
        answer = await page.stream.receive_some()
    assert answer.startswith(b"HTTP/1.1 ")
    assert not answer.startswith(b"HTTP/1.1 101")


async def test_failure_is_logged_without_what_was_sent(
    start_server: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    """An application's exception is logged once, by type and place, and answered with 500."""
    server = await start_server(SmallApp())
    assert (await server.ask(get("/broken"))).status == 500
    (record,) = [r for r in caplog.records if r.levelname != "INFO"]
    assert "RuntimeError ← __call__ (app.py:" in record.getMessage()
    assert "top-secret" not in caplog.text


async def test_failed_connection_is_logged_once(
    start_server: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    """What escapes a connection's protocol ends it with one line in the log."""

    def clumsy(*_: Any) -> Handler:
        raise ZeroDivisionError("top-secret")

    server = await start_server(SmallApp(), connect=clumsy)
    page = await server.open()
    async with page.stream:
        assert await page.reader.rest() == b""
    (record,) = [r for r in caplog.records if r.levelname == "WARNING"]
    assert "ZeroDivisionError ← clumsy" in record.getMessage()
    assert "top-secret" not in caplog.text


async def test_protocol_that_fails_is_contained(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What a protocol raises, while its application still runs, ends that connection alone."""
    handle = H11Protocol.handle

    async def fail(self: H11Protocol, event: Any) -> None:
        if isinstance(event, RawData) and b"poison" in event.data:
            raise ZeroDivisionError("top-secret")
        await handle(self, event)

    monkeypatch.setattr(H11Protocol, "handle", fail)
    app = SmallApp()
    server = await start_server(app)
    page = await server.open()
    async with page.stream:
        await page.send(get("/slow"))
        await app.arrived.wait()
        await page.send(b"poison")
        assert await until_closed(page) == b""
    assert (await server.ask(get("/"))).status == 200
    (record,) = [r for r in caplog.records if r.levelname == "WARNING"]
    assert record.getMessage().startswith("connection failed: ZeroDivisionError ← fail")
    assert "top-secret" not in caplog.text


# --- deadlines -----------------------------------------------------------------------------------


@pytest.mark.parametrize("requests", [1, 2, 3])
async def test_idle_connection_is_closed(
    start_server: StartServer, mock_clock: MockClock, requests: int
) -> None:
    """A connection that idles is closed after the keep-alive time, also after later requests."""
    server = await start_server(SmallApp())
    page = await server.open()
    async with page.stream:
        for _ in range(requests):
            await elapse(mock_clock, HEADER_S - 0.1)
            assert (await page.ask(get("/"))).status == 200
        await elapse(mock_clock, KEEP_ALIVE_S - 0.1)
        assert (await page.ask(get("/"))).status == 200
        await elapse(mock_clock, KEEP_ALIVE_S + 0.1)
        assert await until_closed(page) == b""


async def test_silent_connection_is_closed(
    start_server: StartServer, mock_clock: MockClock
) -> None:
    """A connection on which no request begins is closed after the header's time."""
    server = await start_server(SmallApp())
    page = await server.open()
    async with page.stream:
        await elapse(mock_clock, HEADER_S + 0.1)
        assert await until_closed(page) == b""


@pytest.mark.parametrize("earlier", [0, 1])
async def test_dripping_header_is_cut_off(
    start_server: StartServer, mock_clock: MockClock, earlier: int
) -> None:
    """A header has one deadline in all, on the first request and on later ones."""
    server = await start_server(SmallApp())
    page = await server.open()
    async with page.stream:
        for _ in range(earlier):
            await page.ask(get("/"))
        await elapse(mock_clock, HEADER_S / 2)
        for letter in (b"G", b"E", b"T"):
            await page.send(letter)
            await elapse(mock_clock, HEADER_S / 2.9)
        assert await until_closed(page) == b""


async def test_forgotten_request_is_cut_off(
    start_server: StartServer, mock_clock: MockClock
) -> None:
    """Nothing that is served lives for ever."""
    app = SmallApp()
    server = await start_server(app)
    page = await server.open()
    async with page.stream:
        await page.send(get("/slow"))
        await app.arrived.wait()
        await elapse(mock_clock, REQUEST_S + 0.1)
        app.go.set()
        assert await until_closed(page) == b""


async def test_peer_that_takes_nothing_is_cut_off(
    start_server: StartServer, mock_clock: MockClock
) -> None:
    """An answer that nobody reads holds neither the connection nor the shutdown for ever."""
    server = await start_server(SmallApp())
    page = await server.open()
    async with page.stream:
        await page.send(get("/large"))
        await elapse(mock_clock, WRITE_S + 0.1)
        assert 0 < len(await page.reader.rest()) < len(SmallApp().large)
    assert (await server.ask(get("/"))).status == 200


async def test_silent_tls_handshake_is_cut_off(
    start_server: StartServer, mock_clock: MockClock, certificate: Certificate
) -> None:
    """A peer that says nothing before TLS stands is closed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    server = await start_server(SmallApp(), tls=context)
    page = await server.open()
    async with page.stream:
        await elapse(mock_clock, TLS_HANDSHAKE_S + 0.1)
        assert await until_closed(page) == b""


async def test_half_closed_request_ends(start_server: StartServer) -> None:
    """A peer that ends its side is gone."""
    server = await start_server(SmallApp())
    page = await server.open()
    async with page.stream:
        await page.stream.send_eof()
        assert await page.reader.rest() == b""
