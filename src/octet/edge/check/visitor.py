"""Speaks to an edge as a page does: requests, and a latency channel with its volleys."""

import json
import secrets
from collections.abc import Iterable
from typing import Any, Final

import httpx
import trio
from attrs import frozen
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import RemoteProtocolError

from octet import __version__
from octet.edge.check.entrance import Entrance, Meeting
from octet.edge.check.target import Target
from octet.edge.clock import EpochMs
from octet.edge.link import Link

PATIENCE_S: Final = 10.0
"""For one request, from the connection on."""
CHANNEL_S: Final = 15.0
"""For one channel, from the connection on."""
USER_AGENT: Final = f"octet-edge-check/{__version__}"
MAX_BODY_BYTES: Final = 64 * 1024
MAX_FRAME_CHARS: Final = 16 * 1024
"""Of one message; a receipt has some hundred."""
_READ_BYTES: Final = 64 * 1024

Fields = Iterable[tuple[str, str]]


@frozen
class Played:
    """A channel that was played to its end."""

    receipt: str
    meeting: Meeting
    begun_ms: int
    """When the connection was begun, by this machine's clock."""
    done_ms: int


class ChannelError(Exception):
    """There was no channel, or it broke off."""


class RefusedChannelError(ChannelError):
    """The upgrade was answered by something else."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class Visitor:
    """Comes from a page of *origin*; opens a new connection for whatever it does."""

    def __init__(self, target: Target, entrance: Entrance, origin: str, epoch_ms: EpochMs) -> None:
        self._target = target
        self._entrance = entrance
        self._origin = origin
        self._epoch_ms = epoch_ms

    async def ask(
        self, method: str, path: str, fields: Fields = (), body: bytes = b""
    ) -> httpx.Response:
        """Make a request. Timeout: `PATIENCE_S`.

        Raises:
            OSError: there was no connection.
            trio.BrokenResourceError: TLS failed.
            trio.TooSlowError: there was no answer in time.
            httpx.TransportError: there was none at all.
        """
        url = httpx.URL(self._target.url).copy_with(
            raw_path=self._target.resource(path).encode("ascii")
        )
        headers = [("user-agent", USER_AGENT), ("origin", self._origin), *fields]
        request = httpx.Request(method, url, headers=headers, content=body or None)
        with trio.fail_after(PATIENCE_S):
            meeting = await self._entrance.connect()
            link = Link(meeting.stream)
            try:
                return await link.ask(request)
            finally:
                await link.close()

    async def play(
        self, ref: str, *, volleys: int, max_segment: int | None = None, fields: Fields = ()
    ) -> Played:
        """Play a channel for the reference *ref*. Timeout: `CHANNEL_S`.

        Raises:
            ChannelError: the other side does not play along; `RefusedChannelError` if it says so.
            OSError: there was no connection.
            trio.BrokenResourceError: it broke, or TLS failed.
            trio.TooSlowError: it took too long.
        """
        begun_ms = self._epoch_ms()
        with trio.fail_after(CHANNEL_S):
            meeting = await self._entrance.connect(max_segment)
            try:
                opening = Request(
                    host=self._target.authority,
                    target=self._target.resource(f"/v1/ws?ref={ref}&volleys={volleys}"),
                    extra_headers=[
                        (name.encode(), value.encode())
                        for name, value in (
                            ("user-agent", USER_AGENT),
                            ("origin", self._origin),
                            *fields,
                        )
                    ],
                )
                receipt = await _Channel(meeting.stream).play(opening)
            finally:
                await trio.aclose_forcefully(meeting.stream)
        return Played(receipt, meeting, begun_ms, self._epoch_ms())


class _Channel:
    """The page's side of one channel."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._rejection = bytearray()
        self._status = 0
        self._open = False

    async def play(self, opening: Request) -> str:
        """Return the receipt."""
        await self._send(opening)
        while True:
            receipt = await self._heed(await self._message())
            if receipt is not None:
                return receipt

    async def _message(self) -> str:
        """Return the next text message.

        Raises:
            ChannelError: there is none.
        """
        text = ""
        while True:
            match await self._next():
                case AcceptConnection() | Pong():
                    self._open = True
                case Ping() as ping:
                    await self._send(ping.response())
                case TextMessage(data=data, message_finished=finished):
                    text += data
                    if len(text) > MAX_FRAME_CHARS:
                        raise ChannelError("what came is no latency channel")
                    if finished:
                        return text
                case CloseConnection(code=code):
                    raise ChannelError(f"the channel was closed with code {int(code)}")
                case event:
                    self._take_rejection(event)

    def _take_rejection(self, event: Event) -> None:
        """Gather an answer that is no upgrade.

        Raises:
            RefusedChannelError: it is whole.
            ChannelError: it is something else.
        """
        match event:
            case RejectConnection(status_code=status, has_body=whole_later):
                self._status = status
            case RejectData(data=data, body_finished=finished):
                self._rejection += data
                whole_later = not finished and len(self._rejection) <= MAX_BODY_BYTES
            case _:
                raise ChannelError("what came is no latency channel")
        if not whole_later:
            raise RefusedChannelError(self._status, bytes(self._rejection))

    async def _heed(self, text: str) -> str | None:
        """Answer a frame; return the receipt once it is there."""
        try:
            frame: Any = json.loads(text)
        except ValueError:
            frame = None
        match frame:
            case {"t": "hello"}:
                return None
            case {"t": "ping", "n": str(nonce)}:
                pong = {"t": "pong", "n": nonce, "m": secrets.token_urlsafe(12)}
                await self._send(TextMessage(json.dumps(pong)))
                return None
            case {"t": "done", "receipt": str(receipt)}:
                return receipt
            case _:
                raise ChannelError("what came is no latency channel")

    async def _next(self) -> Event:
        """Return the next event, and leave what follows it unread: it may be the end."""
        try:
            while (event := next(iter(self._protocol.events()), None)) is None:
                data = await self._stream.receive_some(_READ_BYTES)
                if not data:
                    raise self._ended()
                self._protocol.receive_data(bytes(data))
        except RemoteProtocolError as exc:
            raise ChannelError("what answers there speaks no WebSocket") from exc
        return event

    def _ended(self) -> ChannelError:
        if self._status:  # a body whose end is the connection's
            return RefusedChannelError(self._status, bytes(self._rejection))
        if not self._open:
            return ChannelError("the connection was closed instead of upgraded")
        return ChannelError("the connection was closed in the middle of the channel")

    async def _send(self, event: Event) -> None:
        await self._stream.send_all(self._protocol.send(event))
