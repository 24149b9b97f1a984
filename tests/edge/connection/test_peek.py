"""A look at a connection's first bytes."""

import socket
import struct

import pytest
import trio
import trio.testing

from octet.edge.connection.peek import NeedMore, peek_until
from tests.edge.connection.sockets import low_water, tcp_pair


class Whole:
    """Answers once there are so many bytes; remembers what it was shown."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.shown: list[int] = []

    def __call__(self, data: bytes) -> bytes | NeedMore:
        self.shown.append(len(data))
        return data if len(data) >= self.total else NeedMore(self.total)


async def test_at_once() -> None:
    """What is there already is answered in one look, and is still there."""
    async with tcp_pair() as (client, accepted):
        await client.send_all(b"hello")
        await trio.lowlevel.wait_readable(accepted)
        whole = Whole(5)
        assert await peek_until(accepted, whole) == b"hello"
        assert whole.shown == [5]
        assert accepted.recv(10) == b"hello"


async def test_byte_by_byte() -> None:
    """However slowly the bytes drip, the waiter wakes when there are enough, and only then."""
    text = bytes(range(128))  # each byte a packet: more would fill the kernel's buffer
    whole = Whole(len(text))
    async with tcp_pair() as (client, accepted), trio.open_nursery() as nursery:

        async def drip() -> None:
            await trio.testing.wait_all_tasks_blocked()
            await client.send_all(text[:1])
            await trio.testing.wait_all_tasks_blocked()
            for byte in text[1:]:
                await client.send_all(bytes([byte]))

        nursery.start_soon(drip)
        assert await peek_until(accepted, whole) == text
        assert whole.shown == [0, 1, len(text)]
        assert low_water(accepted) == 1


async def test_more_than_the_first_look() -> None:
    """An answer that takes more bytes than the first look reads gets them."""
    async with tcp_pair() as (client, accepted):
        await client.send_all(bytes(60_000))
        whole = Whole(50_000)
        assert await peek_until(accepted, whole) == bytes(50_000)


@pytest.mark.parametrize("sent", [b"", b"half"])
async def test_closed(sent: bytes) -> None:
    """A peer that closes too early ends the wait."""
    async with tcp_pair() as (client, accepted), trio.open_nursery() as nursery:

        async def close() -> None:
            await client.send_all(sent)
            await trio.testing.wait_all_tasks_blocked()
            await client.send_eof()

        nursery.start_soon(close)
        assert await peek_until(accepted, Whole(100)) is None
        assert low_water(accepted) == 1
        assert accepted.recv(100) == sent


@pytest.mark.parametrize("sent", [b"", b"half"])
async def test_reset(sent: bytes) -> None:
    """A peer that resets the connection ends the wait."""
    async with tcp_pair() as (client, accepted), trio.open_nursery() as nursery:

        async def reset() -> None:
            await client.send_all(sent)
            await trio.testing.wait_all_tasks_blocked()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.socket.close()

        nursery.start_soon(reset)
        assert await peek_until(accepted, Whole(100)) is None


async def test_urgent() -> None:
    """Urgent data, which no look can pass, ends the wait instead of waking it without end."""
    async with tcp_pair() as (client, accepted):
        await client.send_all(b"half")
        await client.socket.send(b"!", socket.MSG_OOB)
        await client.send_all(bytes(200))
        whole = Whole(100)
        assert await peek_until(accepted, whole) is None
        assert whole.shown[-1] == len(b"half")
        assert len(whole.shown) <= 3


async def test_unconnected() -> None:
    """A socket that is not connected ends the wait."""
    with socket.socket() as unconnected:
        unconnected.setblocking(False)
        assert await peek_until(unconnected, Whole(1)) is None


async def test_cancelled() -> None:
    """A cancelled wait leaves the bytes, and a socket that wakes at any byte again."""
    async with tcp_pair() as (client, accepted):
        await client.send_all(b"half")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peek_until, accepted, Whole(100))
            await trio.testing.wait_all_tasks_blocked()
            assert low_water(accepted) == 100
            nursery.cancel_scope.cancel()
        assert (low_water(accepted), accepted.recv(100)) == (1, b"half")
