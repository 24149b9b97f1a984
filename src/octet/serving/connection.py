"""One accepted connection: hypercorn's protocols inside our own boundary.

Whatever goes wrong in here ends this connection alone; it is logged once and counted. Hypercorn
closes a connection across checkpoints, and Quart-Trio cancels the task that closes once the
response is out, so the socket would stay open: here to close is shielded, and bounded.
"""

import logging
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, Literal, NoReturn

import h11
import trio
from attrs import frozen
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.events import Data, StreamClosed
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState
from hypercorn.utils import parse_socket_addr

from octet.serving.app_tasks import AppTasks
from octet.serving.byte_stream import ByteStream
from octet.serving.closing_answer import closing_answer
from octet.serving.failure import describe
from octet.serving.h11_patterns import make_linear
from octet.serving.http2 import Http2
from octet.serving.idle import IdleDeadline

logger = logging.getLogger(__name__)
make_linear()

TLS_HANDSHAKE_S: Final = 5.0
HEADER_S = 5.0
"""From accept (after TLS), or from a later request's first byte, to the end of its header."""
REQUEST_S = 90.0
"""The longest that one request or WebSocket may take, seconds; the application's own bounds are
shorter, so this only ends what everybody has forgotten."""
WRITE_S = 10.0
"""A peer that takes nothing for so long while something is written to it is gone, seconds."""
CLIENT_CERTIFICATE: Final = "octet.client_certificate"
"""In every ASGI scope's ``state``: SHA-256 of the certificate that the client showed in a handshake
that was done here, hex. Absent where it showed none."""
GONE_S = 5.0
"""What is still being done for a peer that has gone gets so long to notice, seconds."""


Outcome = Literal["silent", "served", "malformed", "flooded", "timed-out", "failed"]
"""Nothing was asked; something was; what came could not be read; there was too much of it; it was
too slow; the connection's task failed."""


@frozen
class Hypercorn:
    """What hypercorn's protocols need besides a connection; one a server."""

    app: AppWrapper
    config: Config
    context: WorkerContext
    state: Mapping[str, Any]
    """Of the lifespan."""


class Connection(TCPServer):
    """A connection in the hands of hypercorn's protocols; its failure is its own.

    Args:
        hypercorn: of this server.
        stream: accepted.
        tls: to do the handshake by, if it is to be done yet.
        state: more for every ASGI scope's ``state``.
        begun_s: if a request has begun to arrive already, how long the rest of its header may
            take, seconds; it is served also while draining.
        unread: called with the problem's code for a request that nobody could read.
    """

    stream: ByteStream  # type: ignore[assignment]  # one that does both

    def __init__(  # noqa: PLR0913 - what, by what, with what, and whom to tell
        self,
        hypercorn: Hypercorn,
        stream: ByteStream,
        *,
        tls: ssl.SSLContext | None = None,
        state: Mapping[str, Any] | None = None,
        begun_s: float | None = None,
        unread: Callable[[str], None] = lambda _: None,
    ) -> None:
        merged = ConnectionState({**hypercorn.state, **(state or {})})
        super().__init__(hypercorn.app, hypercorn.config, hypercorn.context, merged, stream)  # type: ignore[arg-type]
        self._task_group = None  # type: ignore[assignment]  # until `run` has met the peer
        self._tls = tls
        self._begun_s = begun_s
        self._unread = unread
        self._http2: Http2 | None = None
        self.outcome: Outcome = "silent"
        """What became of the connection, once `run` has returned."""
        self.idle = IdleDeadline(
            first_s=HEADER_S,
            keep_alive_s=hypercorn.config.keep_alive_timeout,
            busy_s=REQUEST_S,
            terminated=hypercorn.context.terminated.is_set,
        )
        """The deadline between requests."""
        self.idle_task = self.idle  # type: ignore[assignment]  # same interface, no checkpoints

    def drain(self) -> None:
        """Close at once if no request is being served; else after it."""
        self.idle.drain()

    async def run(self) -> None:
        """Serve the connection to its end.

        Cancellation: the connection is closed without a farewell.
        """
        try:
            if self._tls is not None:
                with trio.fail_after(TLS_HANDSHAKE_S):
                    await self.stream.handshake(self._tls)
                if (certificate := self.stream.peer_certificate) is not None:
                    self.state[CLIENT_CERTIFICATE] = sha256(certificate).hexdigest()
            await self._serve()
        except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
            pass  # the network's or the peer's
        except* Exception as group:  # noqa: BLE001 - this is the boundary
            self.outcome = "failed"
            logger.warning("connection failed: %s", describe(group))
        finally:
            if self._http2 is not None and self._http2.broken is not None:
                self.outcome = self._http2.broken
            await self._close()

    async def _serve(self) -> None:
        socket = self.stream.socket
        async with AppTasks() as task_group:
            self._task_group = task_group
            made_of = (
                self.app,
                self.config,
                self.context,
                task_group,
                ConnectionState(self.state),
                self.stream.is_tls,
                parse_socket_addr(socket.family, socket.getpeername()),
                parse_socket_addr(socket.family, socket.getsockname()),
                self.protocol_send,
            )
            self.protocol = ProtocolWrapper(*made_of, "http/1.1")
            if self.stream.alpn == "h2":
                self.protocol.protocol = self._http2 = Http2(*made_of)
            else:
                self._adapt(self.protocol.protocol)
            await self.protocol.initiate()
            await self.idle_task.restart(task_group, self._idle_timeout)
            if self._begun_s is not None:
                self.idle.begin(self._begun_s)
            await self._read_data()

    def _adapt(self, protocol: H11Protocol | H2Protocol) -> None:
        """Have hypercorn's HTTP/1.1 stay what it is, and refuse what is no HTTP by a problem."""
        protocol._check_protocol = self._check  # type: ignore[union-attr, method-assign]  # noqa: SLF001
        protocol._create_stream = partial(self._create, protocol)  # type: ignore[method-assign, arg-type]  # noqa: SLF001
        protocol._send_error_response = self._refuse_text  # type: ignore[union-attr, method-assign]  # noqa: SLF001

    async def _check(self, request: h11.Request) -> None:
        """Refuse a request whose end two parsers may see in two places (RFC 9112, 6.1 and 6.3).

        Hypercorn asks here whether to go on by HTTP/2. It never does: that is for who agreed on it
        by ALPN, not for who asks for it.
        """
        fields = {bytes(name) for name, _ in request.headers}
        if b"transfer-encoding" in fields and (
            b"content-length" in fields or request.http_version == b"1.0"
        ):
            await self._turn_away()

    async def _create(self, protocol: H11Protocol, request: h11.Request) -> None:
        """Begin to serve *request*."""
        await H11Protocol._create_stream(protocol, request)  # noqa: SLF001
        stream, wire = protocol.stream, protocol.connection
        if isinstance(stream, WSStream) and isinstance(wire, H11WSConnection):
            stream.handle = partial(self._hear, stream, wire.h11_connection)  # type: ignore[method-assign]

    async def _hear(self, stream: WSStream, http: h11.Connection, event: StreamEvent) -> None:
        """Refuse who goes on before its WebSocket is open.

        Hypercorn would answer that beside its application's own answer, and fail by the second.
        """
        if not isinstance(event, Data) or stream.closed or stream.handshake.accepted:
            await WSStream.handle(stream, event)
        elif http.our_state is h11.SEND_RESPONSE:  # else it was refused already, and may read that
            await WSStream.handle(stream, StreamClosed(stream_id=event.stream_id))
            await self._turn_away()

    async def _turn_away(self) -> NoReturn:
        """Answer a request that is served no further, and close."""
        await self._refuse_text(HTTPStatus.BAD_REQUEST)
        await self._close(linger=True)
        raise trio.ClosedResourceError

    async def _refuse_text(self, _status: int) -> None:
        """Answer what could not be read as a request; hypercorn then closes."""
        self.outcome = "malformed"
        self._unread("malformed")
        await self._write(closing_answer("malformed"))

    async def protocol_send(self, event: Event) -> None:
        """Do what the protocol asks for: write, close, or mind the idle deadline.

        Timeout: `WRITE_S` for one write.
        """
        match event:
            case RawData(data=data):
                if not await self._write(data):
                    await self._close()
                    await self.protocol.handle(Closed())
            case Closed() if self._answers():
                pass  # what stands behind the last request is nobody's; the answer's end closes
            case Closed():  # after a last answer, which a peer that is still sending shall get
                await self._close(linger=True)
                await self.protocol.handle(Closed())
            case Updated(idle=idle):
                if not idle:
                    self.outcome = "served"
                await super().protocol_send(event)

    async def _write(self, data: bytes) -> bool:
        """Return whether *data* was written. A cancelled write would cut a TLS record in two."""
        async with self.send_lock:
            with trio.move_on_after(WRITE_S, shield=True):
                try:
                    await self.stream.send_all(data)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    return False
                return True
        self.outcome = "timed-out"
        return False

    async def _read_data(self) -> None:
        try:
            while data := await self._receive():
                if isinstance(self.protocol.protocol, H11Protocol):
                    self.idle.hurry(HEADER_S)
                await self.protocol.handle(RawData(bytes(data)))
                if self._forgotten():
                    await self._close()
        except (trio.ClosedResourceError, trio.BrokenResourceError):
            pass  # the peer is gone, or this side has closed
        finally:
            self.idle.finish()
        await self.protocol.handle(Closed())
        await self._close()

    async def _receive(self) -> bytes:
        """Return what arrives, nothing at the end. Timeout: `Http2.whole_by_s`."""
        if self._http2 is None:
            return await self.stream.receive_some()
        with trio.move_on_at(self._http2.whole_by_s):
            return await self.stream.receive_some()
        self.outcome = "timed-out"
        await self._http2.farewell()
        return b""

    def _answers(self) -> bool:
        """Whether an HTTP/1.1 response has begun and not ended."""
        protocol = self.protocol.protocol
        return (
            isinstance(protocol, H11Protocol)
            and protocol.stream is not None
            and protocol.connection.our_state is h11.SEND_BODY
        )

    def _forgotten(self) -> bool:
        """Whether hypercorn has itself refused a WebSocket's handshake and let go of it."""
        stream = getattr(self.protocol.protocol, "stream", None)
        return isinstance(stream, WSStream) and stream.closed

    async def _close(self, *, linger: bool = False) -> None:
        """Close the stream, and have whatever still runs for it end soon.

        Hypercorn's reader may wait for a response that will never be whole: it is bounded, too.
        """
        if self._task_group is not None and self._task_group._nursery is not None:  # noqa: SLF001
            scope = self._task_group._nursery.cancel_scope  # noqa: SLF001
            scope.deadline = min(scope.deadline, trio.current_time() + GONE_S)
        with trio.move_on_after(WRITE_S, shield=True):
            await self.stream.aclose(linger=linger)

    async def _idle_timeout(self) -> None:
        if not self.idle.is_idle:
            self.outcome = "timed-out"
        if self._http2 is not None:
            await self._http2.farewell()
        await self._close()
        await self.protocol.handle(Closed())
