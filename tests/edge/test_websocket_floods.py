"""What a page may do to a latency channel: every flood ends its own, and no other visitor's."""

from collections.abc import Callable, Iterator
from itertools import repeat
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET
from ssl import SSLContext

import pytest
import trio
from trio.testing import MockClock

from octet.edge.app import EdgeApp
from octet.edge.latency import CHANNEL_LIFE_S, PONG_S
from octet.edge.websocket import MAX_FRAMES
from octet.serving import ByteStream, Handler, Hypercorn
from octet.serving.byte_stream import LINGER_S
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.test_outcomes import ends
from tests.edge.test_websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, write
from tests.serving.connection_floods import pour
from tests.serving.test_connection import elapse
from tests.serving.wire import get, upgrade

pytestmark = pytest.mark.usefixtures("quiet_log")


@pytest.fixture
async def apps() -> list[EdgeApp]:
    """The application of the edge, once it is started."""
    return []


@pytest.fixture
async def edge(start_edge: StartEdge, apps: list[EdgeApp]) -> RunningEdge:
    return await start_edge(prepare=apps.append)


def fragments() -> Iterator[bytes]:
    """A message that never ends."""
    yield write(TEXT, b"x", final=False)
    yield from repeat(write(CONTINUATION, b"", final=False))


Flood = Callable[[], Iterator[bytes]]

FLOODS: dict[str, Flood] = {
    "messages": lambda: repeat(write(TEXT, b"{}")),
    "huge messages": lambda: repeat(write(TEXT, b"x" * 60_000)),
    "endless frame": lambda: iter(
        [write(TEXT, b"", length=b"\x7f" + b"\x7f" * 8), *[b"x" * 9999] * 99]
    ),
    "unmasked": lambda: repeat(write(TEXT, b"{}", masked=False)),
    "binary": lambda: repeat(write(BINARY, b"x")),
    "reserved": lambda: repeat(write(0x3, b"x")),
    "closing": lambda: repeat(write(CLOSE, b"\x03\xe8")),
}
ENDLESS: dict[str, Flood] = {
    "fragments": fragments,
    "pings": lambda: repeat(write(PING, b"x" * 125)),
    "pongs": lambda: repeat(write(PONG, b"x")),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_wrong_frames(edge: RunningEdge, apps: list[EdgeApp], name: str) -> None:
    """What no page sends ends its channel at once, however much of it comes."""
    await _flood(edge, apps[0], FLOODS[name]())


@pytest.mark.parametrize("name", [*FLOODS, *ENDLESS])
async def test_odd_spelling(edge: RunningEdge, apps: list[EdgeApp], name: str) -> None:
    """A flood with an upgrade that hypercorn reads ends its connection, and fills no log."""
    page = await edge.open()
    flood = (FLOODS | ENDLESS)[name]()
    async with page.stream, trio.open_nursery() as nursery:
        await page.send(upgrade("/v1/w%73"))
        nursery.start_soon(pour, page.stream, flood)
        with trio.fail_after(CHANNEL_LIFE_S + 5):
            heard = await page.reader.rest()
        nursery.cancel_scope.cancel()
    assert heard.count(b"HTTP/1.1 ") <= 1  # none where the flood outlasts what it might have read
    assert b"receipt" not in heard
    await edge.until_open(apps[0].workings.metrics, 0)


@pytest.mark.parametrize("name", ENDLESS)
async def test_allowed_frames_without_end(
    edge: RunningEdge, apps: list[EdgeApp], name: str
) -> None:
    """What a page may send, but not without end, ends its channel after so many frames."""
    await _flood(edge, apps[0], ENDLESS[name]())


async def _flood(edge: RunningEdge, app: EdgeApp, flood: Iterator[bytes]) -> None:
    """Open a channel, pour *flood* into it until it closes, and be served beside it."""
    page = await edge.open()
    async with page.stream, trio.open_nursery() as nursery:
        await page.send(upgrade())
        nursery.start_soon(pour, page.stream, flood)
        assert (await edge.ask(get("/health"))).status == 200
        with trio.fail_after(5):
            heard = await page.reader.rest()
        nursery.cancel_scope.cancel()
    assert heard.startswith(b"HTTP/1.1 101 ")
    assert len(heard) < 100_000
    assert b"receipt" not in heard
    await edge.until_open(app.workings.metrics, 0)


async def test_dripping_frame(
    edge: RunningEdge, apps: list[EdgeApp], mock_clock: MockClock
) -> None:
    """A pong that comes byte by byte is late like one that does not come."""
    page = await edge.open()
    async with page.stream:
        await page.send(upgrade())
        frame = write(TEXT, b"{}" * 40)
        for at in range(3):
            await page.send(frame[at : at + 1])
            await elapse(mock_clock, PONG_S / 2.9)
        with trio.fail_after(PONG_S / 2):
            assert b"\x88\x02\x03\xf0" in await page.reader.rest()
    await edge.until_open(apps[0].workings.metrics, 0)


async def test_slow_reader(
    start_edge: StartEdge, monkeypatch: pytest.MonkeyPatch, mock_clock: MockClock
) -> None:
    """A page that takes nothing of what it makes the edge send holds its channel no longer than one
    lives, and nobody else's at all.
    """
    apps: list[EdgeApp] = []

    def narrow(app: EdgeApp) -> None:
        apps.append(app)
        connect = app.connect

        def narrowly(hypercorn: Hypercorn, stream: ByteStream, tls: SSLContext | None) -> Handler:
            stream.socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 1)  # the kernel's least
            return connect(hypercorn, stream, tls)

        monkeypatch.setattr(app, "connect", narrowly)

    edge = await start_edge(prepare=narrow)
    metrics = apps[0].workings.metrics
    with trio.socket.socket() as page:
        page.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
        await page.connect((edge.host, edge.port))
        await page.send(upgrade() + write(PING, b"x" * 125) * (MAX_FRAMES - 1))
        await elapse(mock_clock, CHANNEL_LIFE_S - 0.1)
        assert (await edge.ask(get("/health"))).status == 200
        await edge.until_open(metrics, 1)
        await elapse(mock_clock, 0.2 + LINGER_S)  # a farewell that found room is waited for
        with trio.fail_after(PONG_S / 2):
            await edge.until_open(metrics, 0)
    assert ends(apps[0])["timed-out"] == 1
