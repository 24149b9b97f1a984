"""The bytes of one connection, in the clear and through TLS, against trio's own streams."""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.serving import ByteStream
from octet.serving.byte_stream import LINGER_S
from tests.certificates import Certificate
from tests.serving.streams import Peer, Security, all_of, connected, joined, reset, secure

HUGE = bytes(range(256)) * 40_000
"""Ten megabytes: more than any socket's buffers hold."""


@pytest.fixture
def security(certificate: Certificate) -> Security:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate.chain, certificate.key)
    return Security(server, ssl.create_default_context(cafile=certificate.chain))


@pytest.fixture(params=["plain", "tls1.2", "tls1.3"])
def either(request: pytest.FixtureRequest, security: Security) -> Security | None:
    """No TLS, or one of its versions."""
    if request.param == "plain":
        return None
    version = ssl.TLSVersion.TLSv1_2 if request.param == "tls1.2" else ssl.TLSVersion.TLSv1_3
    security.client.minimum_version = security.client.maximum_version = version
    return security


# --- bytes -----------------------------------------------------------------------------------


async def test_bytes_go_both_ways(either: Security | None) -> None:
    """Huge writes arrive whole, both ways at once, though a reader is slow to begin."""
    async with joined(either) as (stream, peer):
        received: list[bytes] = []

        async def collect(side: ByteStream | Peer) -> None:
            text = bytearray()
            while len(text) < len(HUGE):
                text += await side.receive_some()
            received.append(bytes(text))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.send_all, HUGE)
            await wait_all_tasks_blocked(0.01)  # the writer waits for a reader
            assert nursery.child_tasks
            nursery.start_soon(peer.send_all, HUGE)
            await wait_all_tasks_blocked(0.01)
            nursery.start_soon(collect, stream)
            nursery.start_soon(collect, peer)
        assert received == [HUGE, HUGE]


async def test_what_is_not_taken_at_once_is_left(either: Security | None) -> None:
    """What the socket does not take at once is handed back, and can be sent after it."""
    part = HUGE[:100_000]
    async with joined(either) as (stream, peer), trio.open_nursery() as nursery:
        sent = len(part)
        while not (rest := stream.send_now(part)):
            sent += len(part)
        nursery.start_soon(stream.send_all, rest)
        text = bytearray()
        while len(text) < sent:
            text += await peer.receive_some()
        assert text == part * (sent // len(part))


async def test_nobody_takes_anything_after_the_end(either: Security | None) -> None:
    """To send at once fails as with trio's streams once the peer has gone, or this side closed."""
    async with joined(either) as (stream, peer):
        reset(peer)
        await trio.lowlevel.wait_readable(stream.socket)  # by the reset
        with pytest.raises(trio.BrokenResourceError):
            stream.send_now(b"x")
        await stream.aclose()
        with pytest.raises(trio.ClosedResourceError):
            stream.send_now(b"x")


async def test_unread_comes_again(either: Security | None) -> None:
    """What is put back comes first, in no larger pieces than asked for."""
    async with joined(either) as (stream, peer):
        await peer.send_all(b"world")
        stream.unread(b"lo ")
        stream.unread(b"hel")
        text = b"".join([await stream.receive_some(2) for _ in range(3)])
        assert text == b"hello "
        assert await stream.receive_some() == b"world"


async def test_what_is_there_is_received_at_once(either: Security | None) -> None:
    """What has arrived needs no wait; nothing is told from the end, and what was put back waits."""
    async with joined(either) as (stream, peer):
        seen: list[bytes] = []
        stream.tap = seen.append
        assert stream.receive_now() is None
        await peer.send_all(b"along")
        await trio.lowlevel.wait_readable(stream.socket)
        assert stream.receive_now() == b"along"
        stream.unread(b"first")
        assert stream.receive_now() is None
        assert await stream.receive_some() == b"first"
        await peer.aclose()
        await trio.lowlevel.wait_readable(stream.socket)
        assert stream.receive_now() == b""
        await stream.aclose()
        assert stream.receive_now() is None
        assert seen == [b"along", b""]


async def test_what_was_agreed_is_known(security: Security) -> None:
    """Whether there is TLS, and what ALPN agreed on, is known after the handshake."""
    security.server.set_alpn_protocols(["h2", "http/1.1"])
    security.client.set_alpn_protocols(["http/1.1"])
    async with joined(None) as (stream, _):
        assert (stream.is_tls, stream.alpn) == (False, None)
    async with joined(security) as (stream, _):
        assert (stream.is_tls, stream.alpn) == (True, "http/1.1")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_session_is_resumed(security: Security, version: ssl.TLSVersion) -> None:
    """A peer that was here before is spared the whole handshake."""
    security.client.minimum_version = security.client.maximum_version = version
    session: ssl.SSLSession | None = None
    reused = []

    def visit(address: tuple[str, int], session: ssl.SSLSession | None) -> tuple[bool, object]:
        with (
            socket.create_connection(address) as plain,
            security.client.wrap_socket(
                plain, server_hostname="localhost", session=session
            ) as secured,
        ):
            assert secured.recv(1) == b"x"  # TLS 1.3 sends the ticket along
            return bool(secured.session_reused), secured.session

    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            address = listener.getsockname()
            result: list[tuple[bool, object]] = []

            async def run(
                known: ssl.SSLSession | None = session,
                at: tuple[str, int] = address,
                result: list[tuple[bool, object]] = result,
            ) -> None:
                result.append(await trio.to_thread.run_sync(visit, at, known))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(run)
                await trio.lowlevel.wait_readable(listener)
                stream = ByteStream(listener.accept()[0])
                await stream.handshake(security.server)
                await stream.send_all(b"x")
                assert await stream.receive_some() == b""
                await stream.aclose()
            ((was_reused, after),) = result
            assert isinstance(after, ssl.SSLSession)
            reused.append(was_reused)
            session = after
    assert reused == [False, True]


# --- how it ends -----------------------------------------------------------------------------


async def test_farewell(either: Security | None) -> None:
    """To close is to end in order: the peer sees the end, not a cut."""
    async with joined(either) as (stream, peer):
        if isinstance(peer, trio.SSLStream):
            peer._https_compatible = False  # a cut is an error now
        await stream.send_all(b"bye")
        await stream.aclose()
        await stream.aclose()
        assert await all_of(peer) == b"bye"


async def test_half_closed_peer_gets_its_answer() -> None:
    """A peer that has ended its side still receives."""
    async with joined(None) as (stream, peer):
        assert isinstance(peer, trio.SocketStream)
        await peer.send_all(b"last")
        await peer.send_eof()
        assert await all_of(stream) == b"last"
        await stream.send_all(b"answer")
        await stream.aclose()
        assert await all_of(peer) == b"answer"


async def test_ragged_end_is_an_end(security: Security) -> None:
    """A peer that goes without TLS's farewell has ended."""
    async with joined(security) as (stream, peer):
        assert isinstance(peer, trio.SSLStream)
        await peer.send_all(b"last")
        await peer.transport_stream.aclose()
        assert await all_of(stream) == b"last"


async def test_reset_is_told(either: Security | None) -> None:
    """A reset breaks the stream for who sends, and without TLS for who receives."""
    async with joined(either) as (stream, peer):
        reset(peer)
        if either is None:  # OpenSSL takes a reset for a ragged end
            with pytest.raises(trio.BrokenResourceError):
                await stream.receive_some()
        with pytest.raises(trio.BrokenResourceError):
            await stream.send_all(HUGE)


async def test_garbage_is_told(security: Security) -> None:
    """A record that no TLS is breaks the stream."""
    async with joined(security) as (stream, peer):
        assert isinstance(peer, trio.SSLStream)
        await peer.transport_stream.send_all(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        with pytest.raises(trio.BrokenResourceError):
            await stream.receive_some()


async def test_close_wakes_who_waits(either: Security | None) -> None:
    """Closing ends what others wait for on the stream, and what they try later."""
    async with joined(either) as (stream, _):

        async def refused(operation: Callable[[], object]) -> None:
            with pytest.raises(trio.ClosedResourceError):
                await operation()  # type: ignore[misc]

        async with trio.open_nursery() as nursery:
            nursery.start_soon(refused, stream.receive_some)
            nursery.start_soon(refused, partial(stream.send_all, HUGE))
            await wait_all_tasks_blocked(0.01)
            await stream.aclose()
        await refused(stream.receive_some)
        await refused(partial(stream.send_all, b"x"))


async def test_cancelled_send_can_be_closed(either: Security | None) -> None:
    """A send that is cut off leaves a stream that closes, at once."""
    async with joined(either) as (stream, peer):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.send_all, HUGE)
            await wait_all_tasks_blocked(0.01)
            nursery.cancel_scope.cancel()
        await stream.aclose()
        plain = peer.transport_stream if isinstance(peer, trio.SSLStream) else peer
        assert 0 < len(await all_of(plain)) < len(HUGE)


# --- the handshake ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hello",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x00" * 64, b""],
    ids=["http", "no hello", "zeros", "end"],
)
async def test_handshake_that_fails(security: Security, hello: bytes) -> None:
    """A peer that speaks no TLS, or nothing, breaks the stream; it can be closed."""
    async with connected() as (stream, peer):
        await peer.send_all(hello)
        await peer.send_eof()
        with pytest.raises(trio.BrokenResourceError):
            await stream.handshake(security.server)


async def test_version_that_does_not_fit(security: Security) -> None:
    """Peers that share no version of TLS are both told."""
    security.server.minimum_version = ssl.TLSVersion.TLSv1_3
    security.client.maximum_version = ssl.TLSVersion.TLSv1_2
    async with connected() as (stream, plain):

        async def fail() -> None:
            with pytest.raises(trio.BrokenResourceError):
                await secure(plain, security).do_handshake()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail)
            with pytest.raises(trio.BrokenResourceError):
                await stream.handshake(security.server)
            await stream.aclose()


async def test_handshake_after_a_reset(security: Security) -> None:
    """A peer that is gone before the handshake begins breaks the stream, no more."""
    async with connected() as (stream, peer):
        reset(peer)
        await trio.lowlevel.wait_readable(stream.socket)
        with pytest.raises(trio.BrokenResourceError):
            await stream.handshake(security.server)


async def test_stream_of_a_peer_that_is_gone(security: Security) -> None:
    """A closed stream shakes no hands."""
    async with connected() as (stream, _):
        await stream.aclose()
        with pytest.raises(trio.BrokenResourceError):
            await stream.handshake(security.server)


# --- lingering, and fairness -------------------------------------------------------------------


async def test_lingering_lets_the_answer_be_read(either: Security | None) -> None:
    """A peer that still sends when the stream closes reads the last answer, then the end."""
    async with joined(either) as (stream, peer), trio.open_nursery() as nursery:

        async def insist() -> None:
            with suppress(trio.BrokenResourceError):
                await peer.send_all(HUGE)

        nursery.start_soon(insist)
        await stream.send_all(b"too large")
        nursery.start_soon(partial(stream.aclose, linger=True))
        assert await all_of(peer) == b"too large"
        nursery.cancel_scope.cancel()


async def test_lingering_is_bounded(autojump_clock: MockClock) -> None:
    """A peer that never closes is waited for so long and no longer, also by who is cancelled."""
    async with joined(None) as (stream, _):
        began_s = trio.current_time()
        with trio.move_on_after(LINGER_S / 2):
            await stream.aclose(linger=True)
        assert trio.current_time() - began_s == pytest.approx(LINGER_S)
        assert stream.socket.fileno() == -1


async def test_bytes_that_wait_leave_others_their_turn(either: Security | None) -> None:
    """Who receives what is there already lets others run after each piece."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with joined(either) as (stream, peer):
        await peer.send_all(HUGE[:32_000])
        await trio.lowlevel.wait_readable(stream.socket)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(others)
            for _ in range(200):
                assert await stream.receive_some(100)
            nursery.cancel_scope.cancel()
        assert turns > 190
