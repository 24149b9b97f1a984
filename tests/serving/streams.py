"""A stream of ours, joined to one of trio's."""

import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from attrs import define

from octet.serving import ByteStream

Peer = trio.SocketStream | trio.SSLStream[trio.SocketStream]


@define
class Security:
    """Both sides' TLS."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[ByteStream, trio.SocketStream]]:
    """Connect a stream of ours with one of trio's over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = await trio.open_tcp_stream(*listener.getsockname())
        accepted, _ = listener.accept()
    stream = ByteStream(accepted)
    try:
        async with peer:
            yield stream, peer
    finally:
        await stream.aclose()


def secure(peer: trio.SocketStream, security: Security) -> trio.SSLStream[trio.SocketStream]:
    return trio.SSLStream(peer, security.client, server_hostname="localhost", https_compatible=True)


@asynccontextmanager
async def joined(security: Security | None) -> AsyncIterator[tuple[ByteStream, Peer]]:
    """Connect the two, through TLS if there is *security*."""
    async with connected() as (stream, plain):
        if security is None:
            yield stream, plain
            return
        peer = secure(plain, security)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.handshake, security.server)
            nursery.start_soon(peer.do_handshake)
        yield stream, peer


def reset(peer: trio.abc.Stream) -> None:
    """Have *peer* close with a reset."""
    plain = peer.transport_stream if isinstance(peer, trio.SSLStream) else peer
    assert isinstance(plain, trio.SocketStream)
    plain.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.socket.close()


async def all_of(side: ByteStream | Peer) -> bytes:
    """Return what comes until the end."""
    text = bytearray()
    while data := await side.receive_some():
        text += data
    return bytes(text)
