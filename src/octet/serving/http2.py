"""Hypercorn's HTTP/2, with bounds where it has none.

Frames are counted before h2 parses them (`octet.serving.http2_meter`); past a bound the connection
ends with GOAWAY. WebSockets over HTTP/2 (RFC 8441) are not offered: a browser opens one over a
connection of its own then, where nothing else waits in front of a volley. Priorities are not kept:
RFC 9113 has given them up.
"""

from contextlib import suppress
from math import inf
from typing import Any, Final, Literal

import h2.connection
import h2.exceptions
import trio
from h2.config import H2Configuration
from h2.errors import ErrorCodes
from h2.events import Event as H2Event
from h2.events import PriorityUpdated, RequestReceived
from h2.settings import SettingCodes, Settings
from hpack import Encoder
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.events import Body, EndBody, Response, StreamClosed
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h2 import H2Protocol
from hyperframe.frame import Frame, RstStreamFrame

from octet.serving.http2_meter import MAX_BLOCK_BYTES, MAX_FRAME_BYTES, FloodError, FrameMeter

MAX_STREAMS: Final = 32
"""At once on a connection. Each may hold a report, and a browser asks for a few at most."""
MAX_LATE_BYTES: Final = 16 * 1024 * 1024
"""Of bodies whose requests were answered already: a connection that sends more of them ends."""
MAX_CLOSED_STREAMS: Final = 1024
"""How many streams that have ended are remembered, to tell late frames from wrong ones."""
MAX_TABLE_BYTES: Final = 4096
"""Of the header table that this side fills, whatever the peer would hold."""
WHOLE_S: Final = 5.0
"""From the first byte of a frame or header block to its last, seconds."""
WRITE_S: Final = 10.0
"""From a response's head to the peer's having taken all of it, seconds."""


Broken = Literal["flooded", "malformed"]


class _Encoder(Encoder):
    """Fills a table of `MAX_TABLE_BYTES` at most."""

    @property
    def header_table_size(self) -> int:
        return int(Encoder.header_table_size.fget(self))  # type: ignore[attr-defined]

    @header_table_size.setter
    def header_table_size(self, value: int) -> None:
        Encoder.header_table_size.fset(self, min(value, MAX_TABLE_BYTES))  # type: ignore[attr-defined]


class _H2Connection(h2.connection.H2Connection):
    """h2's state machine with smaller sizes, which says what it resets."""

    MAX_CLOSED_STREAMS = MAX_CLOSED_STREAMS
    DEFAULT_MAX_HEADER_LIST_SIZE = MAX_BLOCK_BYTES

    def __init__(self) -> None:
        super().__init__(config=H2Configuration(client_side=False, header_encoding=None))
        self.encoder = _Encoder()
        self.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
                SettingCodes.MAX_HEADER_LIST_SIZE: MAX_BLOCK_BYTES,
                SettingCodes.MAX_FRAME_SIZE: MAX_FRAME_BYTES,
            },
        )
        self.resets = 0
        """Streams that this side has reset."""
        self.broken: Broken | None = None
        """How the peer broke the protocol, after which h2 says farewell."""

    def receive_data(self, data: Any) -> list[H2Event]:
        try:
            return super().receive_data(data)
        except h2.exceptions.ProtocolError as exc:
            much = isinstance(
                exc, h2.exceptions.TooManyStreamsError | h2.exceptions.DenialOfServiceError
            )
            self.broken = "flooded" if much else "malformed"
            raise

    def _prepare_for_sending(self, frames: list[Frame]) -> None:
        self.resets += sum(isinstance(frame, RstStreamFrame) for frame in frames)
        super()._prepare_for_sending(frames)


class _Answered:
    """Stands in for a stream that has ended: what still comes for it is dropped, and counted.

    Hypercorn looks for the stream in vain, and fails with all others of the connection.
    """

    def __init__(self) -> None:
        self.late_bytes = 0

    async def handle(self, event: object) -> None:
        """Drop *event*."""
        if isinstance(event, Body):
            self.late_bytes += len(event.data)


class _Streams(dict[int, Any]):
    """The streams of a connection; all that have ended are one."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = _Answered()

    def __missing__(self, stream_id: int) -> _Answered:
        return self.answered


class Http2(H2Protocol):
    """One connection's HTTP/2. Takes what hypercorn's own takes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.connection: _H2Connection = _H2Connection()
        self.streams: _Streams = _Streams()
        self._meter = FrameMeter(trio.current_time)
        self._resets = 0
        self._unserved = False
        self._until_s: dict[int, float] = {}  # of responses that are being written

    @property
    def broken(self) -> Broken | None:
        """How the peer made the connection end, if it did."""
        return self.connection.broken

    @property
    def whole_by_s(self) -> float:
        """By when what has begun to arrive must be whole; infinity while nothing has."""
        begun_s = self._meter.begun_s
        return inf if begun_s is None else begun_s + WHOLE_S

    async def handle(self, event: Event) -> None:
        """Count what the peer sent, then parse it; past a bound say farewell and close."""
        if not isinstance(event, RawData):
            await self._end(event)
            return
        try:
            self._meter.feed(event.data)
            await super().handle(event)
            self._count_what_follows()
        except h2.exceptions.ProtocolError:  # hypercorn's answer met a stream that was gone
            await self.farewell(ErrorCodes.INTERNAL_ERROR)
            await self.send(Closed())
        except FloodError as flood:
            calm = flood.code == ErrorCodes.ENHANCE_YOUR_CALM
            self.connection.broken = "flooded" if calm else "malformed"
            await self.farewell(flood.code)
            await self.send(Closed())
        if self._unserved:
            self._unserved = False
            await self.send(Updated(idle=self.idle))

    async def farewell(self, code: ErrorCodes = ErrorCodes.NO_ERROR) -> None:
        """Send GOAWAY; nothing more is read or answered then."""
        with suppress(h2.exceptions.ProtocolError):
            self.connection.close_connection(error_code=code)
            await self._flush()

    async def stream_send(self, event: StreamEvent) -> None:
        """Do what a stream asks for. Timeout: `WRITE_S` for a response whose peer takes nothing."""
        if self.closed:
            return
        match event:
            case Response(stream_id=stream_id):
                self._until_s[stream_id] = trio.current_time() + WRITE_S
            case StreamClosed(stream_id=stream_id):
                self._until_s.pop(stream_id, None)
            case Body(stream_id=stream_id) | EndBody(stream_id=stream_id):
                with trio.move_on_at(self._until_s.get(stream_id, inf)) as taking:
                    await super().stream_send(event)
                if taking.cancelled_caught:
                    await self._abandon(stream_id)
                return
        await super().stream_send(event)

    async def _end(self, closed: Event) -> None:
        """End all streams; a response that waits for room wakes, for there will be none."""
        await super().handle(closed)
        for buffer in list(self.stream_buffers.values()):
            await buffer.close()

    def _count_what_follows(self) -> None:
        """Count what h2 and the streams made of what came.

        Raises:
            FloodError: too many streams were reset, or too much came for answered ones.
        """
        while self._resets < self.connection.resets:
            self._resets += 1
            self._meter.count_reset()
        if self.streams.answered.late_bytes > MAX_LATE_BYTES:
            raise FloodError

    async def _abandon(self, stream_id: int) -> None:
        """Give up a response that the peer does not take."""
        buffer = self.stream_buffers.get(stream_id)
        if buffer is not None:
            await buffer.close()
        with suppress(h2.exceptions.ProtocolError):
            self.connection.reset_stream(stream_id, ErrorCodes.CANCEL)
        await self._window_updated(stream_id)  # has the sender drop what it kept of it
        await self._flush()

    async def _create_stream(self, request: RequestReceived) -> None:
        """Begin a request; what hypercorn would fail at, with the whole connection, is reset."""
        fields = dict(reversed(request.headers))
        method, path = fields.get(b":method", b""), fields.get(b":path", b"")
        if method.isalpha() and method.upper() != b"CONNECT" and path and path.isascii():
            await super()._create_stream(request)
        else:
            self._unserved = True  # hypercorn believes that something is being served now
            with suppress(h2.exceptions.ProtocolError):
                self.connection.reset_stream(request.stream_id, ErrorCodes.PROTOCOL_ERROR)

    async def _priority_updated(self, event: PriorityUpdated) -> None:
        """Keep no priority."""
