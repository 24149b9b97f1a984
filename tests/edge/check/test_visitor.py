"""A page's side of requests and channels, against edges and what only looks like one."""

import json
import ssl
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

from octet.edge.check import visitor
from octet.edge.check.entrance import Entrance
from octet.edge.check.target import Target
from octet.edge.check.visitor import (
    USER_AGENT,
    ChannelError,
    RefusedChannelError,
    Visitor,
)
from octet.edge.clock import epoch_ms
from tests.edge.conftest import StartEdge
from tests.edge.fakes import REF, FakeService, report
from tests.edge.proxies import listening

ORIGIN = "https://yourapp.test"

Handler = Callable[[trio.SocketStream], Awaitable[None]]


def visitor_of(url: str) -> Visitor:
    target = Target.read(url)
    return Visitor(target, Entrance(target, ssl.create_default_context()), ORIGIN, epoch_ms)


async def test_request(start_edge: StartEdge, service: FakeService) -> None:
    """A request goes below the URL's path, from the page's origin, and names who asks."""
    edge = await start_edge(ALLOWED_ORIGIN=ORIGIN, EDGE_BASE_PATH="/octet")
    kind = [("content-type", "application/json")]
    body = json.dumps(report()).encode()
    reply = await visitor_of(f"{edge.url}/octet/").ask("POST", "/v1/signals", kind, body)
    assert (reply.status_code, reply.json()) == (200, {"ok": True})
    headers = dict(service.envelopes[0]["observed"]["http"]["headers"])
    assert (headers["origin"], headers["user-agent"]) == (ORIGIN, USER_AGENT)


async def test_channel(start_edge: StartEdge) -> None:
    """A channel gives its receipt, both ends of its connection, and when it was."""
    edge = await start_edge(ALLOWED_ORIGIN=ORIGIN)
    before_ms = epoch_ms()
    played = await visitor_of(edge.url).play(REF, volleys=3, max_segment=1001)
    assert played.receipt.startswith("v4.local.")
    assert before_ms <= played.begun_ms <= played.done_ms <= epoch_ms()
    meeting = played.meeting
    assert (meeting.local_ip, meeting.remote_ip) == ("127.0.0.1", "127.0.0.1")


# --- what only looks like an edge --------------------------------------------------------------


async def play_with(handler: Handler) -> None:
    """Play a channel with a server of one *handler*."""
    raised: ChannelError | None = None
    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, handler, 0, host="127.0.0.1"))
        port = listener.socket.getsockname()[1]
        try:
            await visitor_of(f"http://127.0.0.1:{port}").play(REF, volleys=1)
        except ChannelError as exc:
            raised = exc
        nursery.cancel_scope.cancel()
    if raised is not None:
        raise raised


def scripted(*events: Event) -> Handler:
    """Return what answers the upgrade by *events* and closes once all was read."""

    async def handle(stream: trio.SocketStream) -> None:
        protocol = WSConnection(ConnectionType.SERVER)
        async with stream:
            while not any(isinstance(event, Request) for event in protocol.events()):
                protocol.receive_data(bytes(await stream.receive_some()))
            for event in events:
                await stream.send_all(protocol.send(event))
            await stream.send_eof()
            while await stream.receive_some():
                pass

    return handle


def raw(text: bytes) -> Handler:
    """Return what answers anything by *text*."""

    async def handle(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.receive_some()
            await stream.send_all(text)

    return handle


OPEN = AcceptConnection()


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (scripted(OPEN), "in the middle"),
        (scripted(OPEN, TextMessage("no JSON")), "no latency channel"),
        (scripted(OPEN, TextMessage('{"t":"ping"}')), "no latency channel"),
        (scripted(OPEN, TextMessage('{"t":"done","receipt":1}')), "no latency channel"),
        (scripted(OPEN, TextMessage("[]")), "no latency channel"),
        (scripted(OPEN, TextMessage("x" * 20_000)), "no latency channel"),
        (scripted(OPEN, BytesMessage(b"{}")), "no latency channel"),
        (scripted(OPEN, Ping(), CloseConnection(1008)), "code 1008"),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "instead of upgraded"),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "no WebSocket"),
        (raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), "no WebSocket"),
        (raw(b""), "instead of upgraded"),
    ],
)
async def test_no_channel(handler: Handler, words: str) -> None:
    """Whatever comes in a channel's place ends it, in words."""
    with pytest.raises(ChannelError, match=words):
        await play_with(handler)


@pytest.mark.parametrize(
    ("handler", "status", "body"),
    [
        (scripted(RejectConnection(status_code=404)), 404, b""),
        (
            scripted(RejectConnection(status_code=403, has_body=True), RejectData(b"why")),
            *(403, b"why"),
        ),
        (raw(b"HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\nwhy"), 502, b"why"),
        (raw(b"HTTP/1.0 200 OK\r\n\r\n<html>"), 200, b"<html>"),
        (
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(99_999)),
            *(200, bytes(visitor.MAX_BODY_BYTES)),
        ),
    ],
)
async def test_refused(handler: Handler, status: int, body: bytes) -> None:
    """An answer that is no upgrade is kept, with no more of its body than could matter."""
    with pytest.raises(RefusedChannelError) as caught:
        await play_with(handler)
    assert caught.value.status == status
    assert caught.value.body.startswith(body)
    assert len(caught.value.body) < len(body) + 70_000


async def test_fragments() -> None:
    """A message may come in parts, and what keeps a connection alive before it."""
    parts = (
        TextMessage('{"t":"done",', message_finished=False),
        TextMessage('"receipt":"v4.local.AA"}'),
    )
    await play_with(scripted(OPEN, Ping(), Pong(), *parts))


async def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes the connection and says nothing is given up, and left no open connection."""
    monkeypatch.setattr(visitor, "PATIENCE_S", 0.05)
    monkeypatch.setattr(visitor, "CHANNEL_S", 0.05)
    with listening() as listener:
        page = visitor_of(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(trio.TooSlowError):
            await page.ask("GET", "/health")
        with pytest.raises(trio.TooSlowError):
            await page.play(REF, volleys=1)
        for _ in range(2):
            accepted, _ = listener.accept()
            with accepted:
                while accepted.recv(4096):
                    pass
