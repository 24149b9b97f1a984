"""PROXY protocol, version 2."""

import ipaddress
import socket
from pathlib import Path

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.connection.peek import NeedMore
from octet.edge.connection.proxy_protocol import (
    MAX_PROXY_HEADER_BYTES,
    Local,
    Malformed,
    Proxied,
    ProxyHeader,
    proxy_header_of,
    take_proxy_header,
)
from tests.edge.connection.haproxy import haproxy
from tests.edge.connection.sockets import low_water, serving, tcp_pair

SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")


def header(command: int, family: int, block: bytes) -> bytes:
    """Write a header."""
    return SIGNATURE + bytes([command, family]) + len(block).to_bytes(2) + block


def addresses(source: str, port: int = 4711) -> bytes:
    """Write the block of a connection from *source*, in the family of *source*."""
    packed = ipaddress.ip_address(source).packed
    return packed + bytes(len(packed)) + port.to_bytes(2) + (443).to_bytes(2)


V4, V6 = addresses("203.0.113.7"), addresses("2001:db8::7")


@given(
    st.ip_addresses(), st.integers(0, 65535), st.booleans(), st.binary(max_size=300), st.binary()
)
def test_named(
    source: ipaddress.IPv4Address | ipaddress.IPv6Address,
    port: int,
    datagram: bool,
    values: bytes,
    rest: bytes,
) -> None:
    """A source is read whatever type-length-values and data follow; no part of it is enough."""
    family = {4: 0x11, 6: 0x21}[source.version] + datagram
    wire = header(0x21, family, addresses(str(source), port) + values)
    mapped = getattr(source, "ipv4_mapped", None)
    assert proxy_header_of(wire + rest) == Proxied(str(mapped or source), port)
    for length in range(len(wire)):
        answer = proxy_header_of(wire[:length])
        assert isinstance(answer, NeedMore)
        assert length < answer.total <= len(wire)


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (header(0x20, 0x00, b""), Local()),
        (header(0x20, 0x11, V4), Local()),
        (header(0x20, 0xFF, b"anything"), Local()),
        (header(0x21, 0x00, b""), Local()),
        (header(0x21, 0x00, b"\x04\x00\x01\x00"), Local()),
        (header(0x21, 0x31, bytes(216)), Local()),
        (header(0x21, 0x11, addresses("::", 0)[:12]), Proxied("0.0.0.0", 0)),  # noqa: S104
        (header(0x21, 0x21, addresses("::ffff:203.0.113.7")), Proxied("203.0.113.7", 4711)),
        (
            header(0x21, 0x11, V4 + bytes(MAX_PROXY_HEADER_BYTES - 28)),
            Proxied("203.0.113.7", 4711),
        ),
        (header(0x21, 0x11, V4 + bytes(MAX_PROXY_HEADER_BYTES - 27)), Malformed()),
        (header(0x21, 0x11, V4[:-1]), Malformed()),
        (header(0x21, 0x21, V6[:-1]), Malformed()),
        (header(0x21, 0x31, bytes(215)), Malformed()),
        (header(0x21, 0x10, V4), Malformed()),
        (header(0x21, 0x13, V4), Malformed()),
        (header(0x21, 0x41, V6), Malformed()),
        (header(0x22, 0x11, V4), Malformed()),
        (header(0x11, 0x11, V4), Malformed()),
        (b"PROXY TCP4 203.0.113.7 203.0.113.8 4711 443\r\n", Malformed()),
        (b"GET", Malformed()),
        (b"\x16\x03\x01", Malformed()),
        (SIGNATURE[:11] + b"\r", Malformed()),
    ],
)
def test_header(wire: bytes, said: ProxyHeader) -> None:
    """Local and unnamed sources are the peer's own; what the specification rejects is rejected."""
    assert proxy_header_of(wire) == said


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes(data: bytes, signed: bool) -> None:
    """Any bytes have an answer, and an answer asks for more than it was shown."""
    data = SIGNATURE * signed + data
    answer = proxy_header_of(data)
    assert not isinstance(answer, NeedMore) or answer.total > len(data)


async def test_taken_exactly() -> None:
    """The header is taken to its last byte and nothing behind it, however it drips."""
    wire = header(0x21, 0x21, V6 + bytes(40))
    async with tcp_pair() as (client, accepted), trio.open_nursery() as nursery:

        async def drip() -> None:
            for byte in wire[:-1]:
                await client.send_all(bytes([byte]))
            await trio.testing.wait_all_tasks_blocked()
            await client.send_all(wire[-1:] + b"\x16\x03\x01")

        nursery.start_soon(drip)
        assert await take_proxy_header(accepted) == Proxied("2001:db8::7", 4711)
        assert (low_water(accepted), accepted.recv(100)) == (1, b"\x16\x03\x01")


@pytest.mark.parametrize("sent", [b"", header(0x21, 0x11, V4)[:-1], b"GET / HTTP/1.1\r\n\r\n"])
async def test_not_taken(sent: bytes) -> None:
    """Of what is no whole header nothing is read."""
    async with tcp_pair() as (client, accepted):
        await client.send_all(sent)
        await client.send_eof()
        assert await take_proxy_header(accepted) == Malformed()
        assert accepted.recv(100) == sent


@pytest.mark.parametrize("left", [None, b"\r\n"], ids=["reset", "cut short"])
async def test_reading_fails(left: bytes | None) -> None:
    """A connection that breaks between the look and the read has no header."""

    class Broken(socket.socket):
        def recv(self, _: int, flags: int = 0) -> bytes:
            if flags:
                return header(0x21, 0x11, V4)
            if left is None:
                raise ConnectionResetError
            return left

    with Broken() as sock:
        assert await take_proxy_header(sock) == Malformed()


@pytest.mark.haproxy
async def test_haproxy(tmp_path: Path) -> None:
    """A real HAProxy's header names the client's address and port; the client's bytes follow."""
    said: list[tuple[ProxyHeader, bytes]] = []

    async def handle(sock: socket.socket) -> None:
        header = await take_proxy_header(sock)
        await trio.lowlevel.wait_readable(sock)
        said.append((header, sock.recv(100)))

    async with serving(handle) as port, haproxy(tmp_path, port, server="send-proxy-v2") as front:
        client = await trio.open_tcp_stream(*front)
        async with client:
            own_port = client.socket.getsockname()[1]
            await client.send_all(b"hello")
            assert await client.receive_some() == b""
    assert said == [(Proxied("127.0.0.1", own_port), b"hello")]


@pytest.mark.haproxy
async def test_haproxy_asks_for_health(tmp_path: Path) -> None:
    """A real HAProxy's health check speaks for itself."""
    said: list[ProxyHeader] = []
    checked = trio.Event()

    async def handle(sock: socket.socket) -> None:
        said.append(await take_proxy_header(sock))
        checked.set()

    options = "send-proxy-v2 check check-send-proxy inter 100ms"
    async with serving(handle) as port, haproxy(tmp_path, port, server=options):
        await checked.wait()
    assert set(said) == {Local()}
