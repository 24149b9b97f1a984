"""HTTP/1.1 by hand, so that a test decides on every byte; and a server to speak it to."""

import json
from typing import Any

import trio
from attrs import define, field, frozen


@frozen
class Message:
    """A request or a response."""

    start: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def status(self) -> int:
        """Of a response."""
        return int(self.start.split()[1])

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Reader:
    """Reads messages from a stream."""

    def __init__(self, stream: trio.abc.ReceiveStream) -> None:
        self._stream = stream
        self._buffer = b""

    async def message(self) -> Message | None:
        """Return the next message; None at the end."""
        while b"\r\n\r\n" not in self._buffer:
            if not await self._more():
                return None
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        start, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self._buffer) < length:
            if not await self._more():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Message(start, headers, body)

    @property
    def buffer(self) -> bytes:
        """What has come and was not read yet."""
        return self._buffer

    async def rest(self) -> bytes:
        """Return all that comes until the other side closes."""
        while await self._more():
            pass
        return self._buffer

    async def _more(self) -> bool:
        try:
            chunk = await self._stream.receive_some()
        except trio.BrokenResourceError:
            return False
        self._buffer += chunk
        return bool(chunk)


@define(eq=False)
class Page:
    """One connection to a server."""

    stream: trio.abc.HalfCloseableStream | trio.SSLStream[trio.SocketStream]
    reader: Reader

    async def send(self, text: bytes) -> None:
        """Send *text* as it is."""
        await self.stream.send_all(text)

    async def ask(self, text: bytes) -> Message:
        """Send *text* and return the response."""
        await self.send(text)
        message = await self.reader.message()
        assert message is not None, "the server closed without an answer"
        return message


def post(body: Any, *lines: str, path: str = "/v1/signals") -> bytes:
    """Write the post of *body*, which is bytes or becomes JSON, with more header *lines*."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"POST {path} HTTP/1.1", "Host: edge.test", "Content-Type: application/json", *lines]
    return "\r\n".join([*head, f"Content-Length: {len(content)}", "", ""]).encode() + content


def get(path: str, *lines: str, method: str = "GET") -> bytes:
    """Write a request without a body."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: edge.test", *lines, "", ""]).encode()


def upgrade(path: str = "/v1/ws", *lines: str) -> bytes:
    """Write the handshake of a WebSocket."""
    fields = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    return get(path, *fields, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *lines)


@define(eq=False)
class RunningServer:
    """A server on loopback that serves."""

    host: str
    port: int
    url: str = ""
    stop: trio.Event = field(factory=trio.Event)
    """Set to have it drain and end."""
    ended: trio.Event = field(factory=trio.Event)

    async def open(self) -> Page:
        """Open a connection."""
        stream = await trio.open_tcp_stream(self.host, self.port)
        return Page(stream, Reader(stream))

    async def ask(self, text: bytes) -> Message:
        """Send *text* over a connection of its own and return the response."""
        page = await self.open()
        async with page.stream:
            return await page.ask(text)
