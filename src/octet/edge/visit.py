"""One connection of a browser, owned from accept to close by one task.

Observation, deadlines and isolation live here, once. Plain HTTP/1.1 requests and the latency
channel's WebSocket are served here; any other request, and HTTP/2, is handed to hypercorn's
protocols with every byte still unread, on the same connection and in the same task.
"""

import email.utils
import logging
import ssl
from http import HTTPStatus
from http.client import responses
from typing import Final

import trio

from octet.edge.channel import SocketClosedError, play
from octet.edge.connection.address import plain_address
from octet.edge.connection_observer import ConnectionObserver
from octet.edge.exchange import Reply, Request
from octet.edge.request_head import END, MAX_HEAD_BYTES, RequestHead, read_head
from octet.edge.routes import Routes
from octet.edge.websocket import WebSocket, accept_upgrade
from octet.edge.workings import Workings
from octet.schema import MAX_REPORT_BYTES
from octet.serving import ByteStream, Connection, Hypercorn, ProblemError
from octet.serving.failure import describe

logger = logging.getLogger(__name__)

TLS_HANDSHAKE_S: Final = 5.0
HEADER_S: Final = 5.0
"""From accept (after TLS), or a later request's first byte, to the end of its header section."""
BODY_S: Final = 5.0
KEEP_ALIVE_S: Final = 60.0
WRITE_S: Final = 10.0
"""A peer that does not take a reply within this is gone."""
CHANNEL_S: Final = 20.0
"""The outermost bound of a latency channel; its own are shorter."""
ANSWER_S: Final = 90.0
"""The outermost bound of an answer; the relay's own is shorter."""


class Visit:
    """One connection.

    Args:
        hypercorn: takes what is not served here.
        stream: accepted.
        tls: to do the handshake by, if this edge terminates TLS.
    """

    def __init__(
        self,
        workings: Workings,
        routes: Routes,
        hypercorn: Hypercorn,
        stream: ByteStream,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._workings = workings
        self._routes = routes
        self._hypercorn = hypercorn
        self._stream = stream
        self._tls = tls
        self._buffer = bytearray()
        self._scope = trio.CancelScope()
        self._idle = True
        self._handed: Connection | None = None

    def drain(self) -> None:
        """Close at once if no request is being served; else after it."""
        if self._handed is not None:
            self._handed.drain()
        elif self._idle:
            self._scope.cancel()

    async def run(self) -> None:
        """Serve the connection to its end.

        Cancellation: it is closed. Timeout: one scope, whose deadline each phase moves.
        """
        try:
            with self._scope:
                await self._serve()
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError, SocketClosedError):
            pass  # the peer is gone
        except Exception as exc:  # noqa: BLE001 - the boundary: this connection alone fails
            logger.warning("connection failed: %s", describe(exc))

    async def _serve(self) -> None:
        self._peer = plain_address(self._stream.socket.getpeername()[0])
        self._observer = ConnectionObserver(self._stream)
        if self._tls is not None:
            self._allow(TLS_HANDSHAKE_S)
            await self._stream.handshake(self._tls)
        if self._stream.alpn == "h2":
            await self._hand_over()
            return
        self._allow(HEADER_S)
        while await self._serve_one():
            self._idle = not self._buffer
            self._allow(KEEP_ALIVE_S if self._idle else HEADER_S)
            if self._idle and self._draining:
                return
            await trio.lowlevel.checkpoint()  # pipelined requests are no reason to starve others

    async def _serve_one(self) -> bool:
        """Serve one request; return whether another may follow."""
        section = await self._read_section()
        if section is None:
            return False
        head = read_head(section)
        if head is None:
            await self._hand_over()
            return False
        request = self._request(head)
        if head.upgrade:
            return await self._upgrade(request, len(section))
        del self._buffer[: len(section)]
        return await self._exchange(request, head)

    # --- reading -------------------------------------------------------------------------------

    async def _read_section(self) -> bytes | None:
        """Return the next header section, still in the buffer; None at the end, or handed over."""
        while (end := self._buffer.find(END)) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                await self._hand_over()
                return None
            if not await self._receive():
                if self._buffer:
                    await self._hand_over()
                return None
        return bytes(self._buffer[: end + len(END)])

    async def _receive(self) -> bool:
        """Add what arrives to the buffer; False at the end of the stream."""
        data = await self._stream.receive_some()
        if self._idle:
            self._idle = False
            self._scope.deadline = min(self._scope.deadline, trio.current_time() + HEADER_S)
        self._buffer += data
        return bool(data)

    async def _read_body(self, length: int) -> bytes | None:
        """Return the body; None when the peer leaves before it is whole."""
        while len(self._buffer) < length:
            if not await self._receive():
                return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    # --- answering -----------------------------------------------------------------------------

    async def _exchange(self, request: Request, head: RequestHead) -> bool:
        if head.content_length > MAX_REPORT_BYTES:
            return await self._refuse(request, ProblemError("too_large"))
        body: bytes | None = None
        self._allow(2 * BODY_S)
        with trio.move_on_after(BODY_S) as reading:
            body = await self._read_body(head.content_length)
        if reading.cancelled_caught:
            late = ProblemError("malformed", "the body did not arrive in time")
            return await self._refuse(request, late)
        if body is None:
            return False
        self._allow(ANSWER_S)
        reply = await self._routes.answer(request, body)
        keep = head.keep_alive and not self._draining
        await self._write(request, reply, keep=keep)
        return keep

    async def _refuse(self, request: Request, error: ProblemError) -> bool:
        """Answer a request whose body is not wholly read, and close."""
        await self._write(request, self._routes.refuse(request, error), keep=False)
        await self._stream.aclose(linger=True)
        return False

    async def _write(self, request: Request, reply: Reply, *, keep: bool) -> None:
        self._allow(WRITE_S)
        await self._stream.send_all(self._text(request, reply, keep=keep))

    def _text(self, request: Request, reply: Reply, *, keep: bool) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}"]
        bodiless = reply.status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
        if not bodiless:
            lines.append(f"content-type: {reply.content_type}")
            lines.append(f"content-length: {len(reply.body)}")
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines.append(f"date: {email.utils.formatdate(self._workings.now_ms() / 1000, usegmt=True)}")
        if not keep:
            lines.append("connection: close")
        body = b"" if bodiless or request.method == "HEAD" else reply.body
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    # --- the latency channel -------------------------------------------------------------------

    async def _upgrade(self, request: Request, section_bytes: int) -> bool:
        """Open the latency channel if *request* asks well for it; hand anything else over."""
        opening = accept_upgrade(request) if self._routes.is_channel(request) else None
        if opening is None:
            await self._hand_over()
            return False
        del self._buffer[:section_bytes]
        try:
            asked = self._routes.channel(request)
        except ProblemError as error:
            await self._write(request, self._routes.refuse(request, error), keep=False)
            return False
        self._allow(CHANNEL_S)
        await self._stream.send_all(opening)
        self._stream.unread(bytes(self._buffer))
        await play(
            WebSocket(self._stream),
            asked,
            lambda rtt_us: self._workings.seal(request, asked.session_ref, rtt_us),
        )
        await self._stream.aclose(linger=True)
        return False

    # --- what the above share ------------------------------------------------------------------

    async def _hand_over(self) -> None:
        """Leave the rest of the connection to hypercorn's protocols, nothing of it read."""
        self._scope.deadline = float("inf")
        self._stream.unread(bytes(self._buffer))
        self._handed = Connection(
            self._hypercorn, self._stream, state={"connection": self._observer}
        )
        await self._handed.run()

    def _request(self, head: RequestHead) -> Request:
        return Request(
            method=head.method,
            path=head.path,
            query=head.query,
            version="1.1",
            headers=head.headers,
            peer=self._peer,
            connection=self._observer,
        )

    def _allow(self, seconds: float) -> None:
        """Give the phase that begins now so long."""
        self._scope.deadline = trio.current_time() + seconds

    @property
    def _draining(self) -> bool:
        return self._hypercorn.context.terminated.is_set()
