"""One connection to the service, whose other end a test holds; time is virtual."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import trio
from trio.testing import (
    MemoryReceiveStream,
    MemorySendStream,
    MockClock,
    memory_stream_pair,
)

from octet.edge.link import MAX_REPLY_BYTES, Link, NoReplyError

GET = httpx.Request("GET", "http://octet.example/health")
POST = httpx.Request("POST", "http://octet.example/", content=b"body")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n\r\n{}"

Peer = trio.StapledStream[MemorySendStream, MemoryReceiveStream]


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Link, Peer]]:
    near, far = memory_stream_pair()
    link = Link(near)
    yield link, far
    await link.close()
    await far.aclose()


async def ask(ends: tuple[Link, Peer], answer: bytes, *, close: bool = False) -> httpx.Response:
    """Ask over the link; the other end sends *answer* and, if told so, closes."""
    link, far = ends
    await far.send_all(answer)
    if close:
        await far.aclose()
    return await link.ask(GET)


async def test_requests_follow_each_other(ends: tuple[Link, Peer]) -> None:
    """A connection serves the next request when the last one ended in order."""
    link, far = ends
    for _ in range(2):
        await far.send_all(OK)
        reply = await link.ask(POST)
        assert (reply.status_code, reply.headers["x-a"], reply.content) == (200, "1", b"{}")
        assert link.reusable
        assert (await far.receive_some()).endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        b"HTTP/1.1 200\r\ncontent-length:2\r\nX-A: \t1 \t 2\r\nDate: a, b\r\n\r\n{}",
        OK[:-1],
        OK + OK,
        OK.replace(b"200", b"201"),
        OK.replace(b"200", b"0200"),
        OK.replace(b"/1.1", b"/1.0"),
        OK.replace(b"X-A: 1", b"X-A: 1 "),
        OK.replace(b"X-A: 1", b"X-A:"),
        OK.replace(b"X-A: 1", b"X-A : 1"),
        OK.replace(b"X-A: 1", b"X-A: 1\r\n b"),
        OK.replace(b"X-A: 1", b"X-A: 1\nB: 1"),
        OK.replace(b"X-A: 1", b"X-A: \xe9"),
        OK.replace(b"X-A: 1", b"Content-Length: 2"),
        OK.replace(b"X-A: 1", b"Content-Length: 3"),
        OK.replace(b"X-A: 1", b"Transfer-Encoding: chunked"),
        OK.replace(b"X-A: 1", b"Connection: close"),
        OK.replace(b"X-A: 1", b"Connection: keep-alive"),
        OK.replace(b": 2", b": +2"),
        OK.replace(b": 2", b": 2, 2"),
        OK.replace(b": 2", b": 00000000002"),
        OK.replace(b"\r\n", b"\n"),
        OK.replace(b"200 OK", b"200 OK\x00"),
    ],
)
async def test_plain_replies_are_read_as_h11_reads_them(answer: bytes) -> None:
    """Whether a reply comes in one piece, and may be read at once, or in two is all the same."""
    read: list[object] = []
    for cut in (len(answer), 1):
        near, far = memory_stream_pair()
        await far.send_all(answer[:cut])
        near.receive_stream.receive_some_hook = _then(far, answer[cut:])
        link = Link(near)
        try:
            reply = await link.ask(GET)
            read.append((reply.status_code, reply.headers.raw, reply.content, link.reusable))
        except NoReplyError as exc:
            read.append((exc.heard, link.reusable))
    assert read[0] == read[1]


def _then(far: Peer, rest: bytes) -> Callable[[], Awaitable[None]]:
    """Have *far* send the *rest*, and end, once a first piece was received."""
    calls = 0

    async def send() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            if rest:
                await far.send_all(rest)
            await far.aclose()

    return send


async def test_interim_response(ends: tuple[Link, Peer]) -> None:
    """Interim responses are passed over."""
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert (await ask(ends, interim * 3 + OK)).status_code == 200


async def test_chunked(ends: tuple[Link, Peer]) -> None:
    """A body in chunks is put together."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (await ask(ends, head + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")).content == b"{}"
    assert ends[0].reusable


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        OK + OK,
        OK + b"surplus",
    ],
)
async def test_not_kept(ends: tuple[Link, Peer], answer: bytes) -> None:
    """A connection that is to end, or holds more than was asked for, serves no other request."""
    assert (await ask(ends, answer)).content == b"{}"
    assert not ends[0].reusable


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (b"", False),
        (b"garbage\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", True),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000 + b"\r\n\r\n", True),
    ],
)
async def test_no_reply(ends: tuple[Link, Peer], answer: bytes, heard: bool) -> None:
    """What is cut short, no HTTP or no answer is told apart from silence, and is final."""
    with pytest.raises(NoReplyError) as caught:
        await ask(ends, answer, close=True)
    assert caught.value.heard == heard
    assert not ends[0].reusable


@pytest.mark.parametrize(
    "field",
    [
        b"Content-Encoding: gzip",
        b"Location: https://[::no]/",
        b"Set-Cookie: a=b",
        b"Server: \xe9",
        b"X-A: 1\r\nX-A: 2",
    ],
)
async def test_fields_that_are_not_acted_on(ends: tuple[Link, Peer], field: bytes) -> None:
    """Nothing that a reply says of its body, of another place or of a cookie makes a difference."""
    head = b"HTTP/1.1 307 No\r\nContent-Length: 2\r\n" + field + b"\r\n\r\n"
    reply = await ask(ends, head + b"{}")
    assert (reply.content, reply.has_redirect_location) == (b"{}", False)
    assert "set-cookie" not in reply.headers
    assert ends[0].reusable


async def test_early_answer() -> None:
    """Who answers and closes before it has read the request is heard all the same."""

    async def refuse() -> None:
        raise trio.BrokenResourceError

    near, far = memory_stream_pair()
    near.send_stream.send_all_hook = refuse
    await far.send_all(OK)
    link = Link(near)
    assert (await link.ask(GET)).status_code == 200
    assert not link.reusable


async def test_endless_body(ends: tuple[Link, Peer]) -> None:
    """A body is read up to its bound and no further; what was read is let go."""
    head = b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n" % (MAX_REPLY_BYTES + 2)
    reply = await ask(ends, head + b"x" * (MAX_REPLY_BYTES + 1))
    assert (reply.status_code, reply.content) == (500, b"")
    assert not ends[0].reusable


async def test_dribble(ends: tuple[Link, Peer], autojump_clock: MockClock) -> None:
    """An answer that comes byte by byte ends with its caller's patience."""
    link, far = ends

    async def dribble() -> None:
        for byte in OK * 100:
            await far.send_all(bytes([byte]))
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(dribble)
        with trio.move_on_after(20) as scope:
            await link.ask(GET)
        nursery.cancel_scope.cancel()
    assert scope.cancelled_caught
    assert not link.reusable


async def test_close_waits_for_nobody(ends: tuple[Link, Peer]) -> None:
    """A close that is itself cancelled closes."""
    link, far = ends
    with trio.CancelScope() as scope:
        scope.cancel()
        await link.close()
    assert await far.receive_some() == b""


async def test_unknown_host() -> None:
    """A name that DNS could not know is a service that cannot be reached."""
    with pytest.raises(NoReplyError):
        await Link.open("a" * 64 + ".test", 80, None)
