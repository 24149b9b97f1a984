"""A client that speaks HTTP/2 frame by frame, and decides on every one of them."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import hpack
import trio
from attrs import define, field

MAGIC = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION = 8, 9
ACK = END_STREAM = 0x1
END_HEADERS, PADDED = 0x4, 0x8

Frame = tuple[int, int, int, bytes]
"""Type, flags, stream and payload."""


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    """Write a frame."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def block(method: str = "GET", path: str = "/health", *more: tuple[str, str]) -> bytes:
    """Write a request's header block, which refers to nothing that was said before."""
    fields = [(":method", method), (":scheme", "https"), (":authority", "edge.test")]
    return bytes(hpack.Encoder().encode([*fields, (":path", path), *more]))


def request(
    stream: int, method: str = "GET", path: str = "/health", *more: tuple[str, str]
) -> bytes:
    """Write a whole request without a body."""
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, block(method, path, *more))


def begun_post(stream: int, path: str = "/v1/signals") -> bytes:
    """Write the head of a post whose body is to follow."""
    return frame(
        HEADERS, END_HEADERS, stream, block("POST", path, ("content-type", "application/json"))
    )


@define(eq=False)
class Http2Peer:
    """One connection, with its preface sent."""

    stream: trio.SSLStream[trio.SocketStream]
    heard: list[Frame] = field(factory=list)
    answers: dict[int, dict[str, str]] = field(factory=dict)
    """The head of the response on each stream."""
    _decoder: hpack.Decoder = field(factory=hpack.Decoder)
    _buffer: bytes = b""

    async def send(self, text: bytes) -> None:
        """Send *text* as it is; an edge that has closed is no failure."""
        with suppress(trio.BrokenResourceError):
            await self.stream.send_all(text)

    async def hear(self, kind: int, stream: int | None = None) -> Frame | None:
        """Return the next frame of *kind* (on *stream*); None when the edge closes before it."""
        while True:
            got = await self._next()
            if got is None or (got[0] == kind and stream in {None, got[2]}):
                return got

    async def answer(self, stream: int) -> dict[str, str]:
        """Return the head of the response on *stream*."""
        while stream not in self.answers:
            assert await self._next() is not None, "the edge closed without an answer"
        return self.answers[stream]

    async def status(self, stream: int) -> int:
        """Return the status of the response on *stream*."""
        return int((await self.answer(stream))[":status"])

    async def end(self) -> int | None:
        """Return the error code of the GOAWAY with which the edge closed; None without one."""
        while await self._next() is not None:
            pass
        codes = [
            int.from_bytes(payload[4:8]) for kind, _, _, payload in self.heard if kind == GOAWAY
        ]
        return codes[-1] if codes else None

    async def _next(self) -> Frame | None:
        while len(self._buffer) < 9 or len(self._buffer) < 9 + int.from_bytes(self._buffer[:3]):
            try:
                data = await self.stream.receive_some()
            except trio.BrokenResourceError:
                return None
            if not data:
                return None
            self._buffer += data
        length = int.from_bytes(self._buffer[:3])
        kind, flags, stream = self._buffer[3], self._buffer[4], int.from_bytes(self._buffer[5:9])
        payload, self._buffer = self._buffer[9 : 9 + length], self._buffer[9 + length :]
        self.heard.append((kind, flags, stream, payload))
        if kind == HEADERS:
            fields = self._decoder.decode(payload)
            self.answers[stream] = {str(name): str(value) for name, value in fields}
        return self.heard[-1]


@asynccontextmanager
async def http2_peer(
    port: int, certificate: str, preface: bytes = MAGIC + frame(SETTINGS)
) -> AsyncIterator[Http2Peer]:
    """Open a connection by ALPN's h2 to localhost."""
    trust = ssl.create_default_context(cafile=certificate)
    trust.set_alpn_protocols(["h2"])
    plain = await trio.open_tcp_stream("127.0.0.1", port)
    stream = trio.SSLStream(plain, trust, server_hostname="localhost", https_compatible=True)
    try:
        await stream.do_handshake()
        peer = Http2Peer(stream)
        await peer.send(preface)
        yield peer
    finally:
        await trio.aclose_forcefully(stream)
