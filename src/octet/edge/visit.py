"""One connection of a browser, owned from accept to close by one task.

Observation, deadlines and isolation live here, once. Plain HTTP/1.1 requests and the latency
channel's WebSocket are served here; any other request, and HTTP/2, is handed to hypercorn's
protocols with every byte still unread, on the same connection and in the same task.
"""

import logging
import ssl
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import Final

import trio

from octet.edge.channel import ChannelRequest, SocketClosedError, play
from octet.edge.connection.forwarding import trusts
from octet.edge.connection_observer import ConnectionObserver
from octet.edge.exchange import Reply, Request
from octet.edge.latency import CHANNEL_LIFE_S
from octet.edge.limits import Refusal
from octet.edge.reply_text import write_reply
from octet.edge.request_head import END, HeadReader, RequestHead, is_left
from octet.edge.routes import Routes
from octet.edge.websocket import WebSocket, accept_upgrade
from octet.edge.workings import Workings
from octet.serving import ByteStream, Connection, Hypercorn, ProblemError
from octet.serving.closing_answer import closing_answer
from octet.serving.failure import describe

logger = logging.getLogger(__name__)

TLS_HANDSHAKE_S: Final = 5.0
HEADER_S: Final = 5.0
"""From accept (after TLS), or a later request's first byte, to the end of its header section."""
BODY_S: Final = 5.0
KEEP_ALIVE_S: Final = 60.0
WRITE_S: Final = 10.0
"""A peer that does not take a reply within this is gone."""
ANSWER_S: Final = 15.0
"""What an answer may take beside the relay's own time-out; `BODY_S` is less."""
EARLY_S: Final = 1.0
"""So much sooner a deadline may be than it was to be, if that saves moving it: on a connection that
is busy it moves once a second, and not with each phase of each request."""


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
        self._buffer = b""
        self._heads = HeadReader()
        self._last: Request | None = None
        """What the head read last has asked for."""
        self._body_bytes = 0
        """Of the request's body, until it was read."""
        self._scope = trio.CancelScope()
        self._idle = True
        self._draining = hypercorn.context.terminated.is_set()
        self._handed: Connection | None = None
        self._outcome = "silent"
        """What is counted when the connection has ended."""

    def drain(self) -> None:
        """Close at once if no request is being served; else after it."""
        self._draining = True
        if self._handed is not None:
            self._handed.drain()
        elif self._idle:
            self._scope.cancel()

    async def run(self) -> None:
        """Serve the connection to its end.

        Cancellation: it is closed. Timeout: one scope, whose deadline each phase moves.
        """
        metrics = self._workings.metrics
        try:
            with self._scope:
                await self._serve()
            if self._scope.cancelled_caught and not self._idle:
                self._outcome = "timed-out"
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the peer is gone
        except Exception as exc:  # noqa: BLE001 - the boundary: this connection alone fails
            self._outcome = "failed"
            logger.warning("connection failed: %s", describe(exc))
        finally:
            metrics.connections.count(self._outcome)

    async def _serve(self) -> None:
        self._observer = ConnectionObserver(self._stream)
        self._allow(TLS_HANDSHAKE_S)
        if not await self._meet():
            return
        place = self._admit()
        if isinstance(place, Refusal):
            await self._turn_away(place)
            return
        with place:
            await self._serve_all()

    async def _serve_all(self) -> None:
        if self._tls is not None:
            self._outcome = "tls-failed"
            await self._observer.handshake(self._tls)
            self._outcome = "silent"
        if self._stream.alpn == "h2":
            await self._hand_over()
            return
        self._allow(HEADER_S)
        if self._tls is not None:
            self._take_now()
        while await self._serve_one():
            self._idle = not self._buffer
            self._allow(KEEP_ALIVE_S if self._idle else HEADER_S)
            if self._idle and self._draining:
                return
            if self._buffer:  # pipelined requests are no reason to starve others
                await trio.lowlevel.checkpoint()

    async def _meet(self) -> bool:
        """Learn who is there; False when it is a balancer that does not say for whom it speaks."""
        config = self._workings.config
        expected = config.proxy_protocol and trusts(config.trusted_proxies, self._observer.peer_ip)
        return not expected or await self._observer.take_proxy_header()

    def _admit(self) -> AbstractContextManager[object] | Refusal:
        """Hold a place for the peer's address; behind a trusted proxy each request has its own."""
        source_ip = self._observer.proxied_ip or self._observer.peer_ip
        if trusts(self._workings.config.trusted_proxies, source_ip):
            return nullcontext()
        return self._workings.connections.admit(source_ip)

    async def _turn_away(self, refusal: Refusal) -> None:
        """Close before TLS; in the clear, say why."""
        self._workings.metrics.connections_refused.count(refusal.reason)
        if self._tls is None:
            answer = closing_answer("rate_limited", retry_after_s=refusal.retry_after_s)
            await self._stream.send_all(answer)
            await self._stream.aclose(linger=True)

    async def _serve_one(self) -> bool:
        """Serve one request; return whether another may follow."""
        if not self._buffer and not await self._receive():
            return False
        repeated = self._heads.repeated(self._buffer)
        if repeated is not None and self._last is not None:
            digits, size = repeated
            self._buffer = self._buffer[size:]
            return await self._exchange(self._last.again(digits))
        section = await self._read_section()
        if section is None:
            return False
        head = self._heads.read(section)
        if head is None:
            await self._hand_over()
            return False
        request = self._request(head)
        if head.upgrade:
            return await self._upgrade(request, len(section))
        self._buffer = self._buffer[len(section) :]
        self._last = request if head.keep_alive else None
        return await self._exchange(request, keep=head.keep_alive)

    # --- reading -------------------------------------------------------------------------------

    async def _read_section(self) -> bytes | None:
        """Return the next header section, still in the buffer; None at the end, or handed over."""
        while (end := END.search(self._buffer)) is None:
            odd = bool(self._buffer) and is_left(self._buffer)
            if self._buffer:
                self._hurry()
            if odd or not await self._receive():
                if self._buffer:
                    await self._hand_over()
                return None
        return self._buffer[: end.end()]

    async def _receive(self) -> bool:
        """Add what arrives to the buffer; False at the end of the stream."""
        data = await self._stream.receive_some()
        self._idle = False
        self._buffer += data
        return bool(data)

    def _take_now(self) -> None:
        """Add to the buffer what is there already, as mostly a request is when TLS has been agreed
        on, and a body when its head has come; to wait for it would cost a turn.
        """
        if data := self._stream.receive_now():
            self._idle = False
            self._buffer += data

    async def _receive_rest(self) -> bool:
        """Add what arrives to the buffer; False when the peer is gone."""
        try:
            return await self._receive()
        except trio.BrokenResourceError:
            return False

    async def _read_body(self) -> bytes:
        """Return the request's body. Timeout: `BODY_S`.

        Raises:
            ProblemError: it is late, or its sender has left.
        """
        length = self._body_bytes
        if len(self._buffer) < length:
            self._take_now()
        if len(self._buffer) < length:
            await self._await_body(length)
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        self._body_bytes = 0
        return body

    async def _await_body(self, length: int) -> None:
        with trio.move_on_after(BODY_S):
            while len(self._buffer) < length:
                if not await self._receive_rest():
                    raise ProblemError("malformed", "the body did not arrive whole")
            return
        self._outcome = "timed-out"
        raise ProblemError("malformed", "the body did not arrive in time")

    # --- answering -----------------------------------------------------------------------------

    async def _exchange(self, request: Request, *, keep: bool = True) -> bool:
        """Answer; the connection goes on unless there is a body that was not read."""
        self._allow_at_least(ANSWER_S + self._workings.config.relay_timeout_ms / 1000)
        self._outcome = "served"
        self._body_bytes = request.content_length
        reply = await self._routes.answer(request, self._read_body)
        keep = keep and not self._body_bytes and not self._draining
        await self._write(request, reply, keep=keep)
        return keep

    async def _refuse(self, request: Request, error: ProblemError) -> bool:
        """Answer a request that goes no further, and close."""
        await self._write(request, self._routes.refuse(request, error), keep=False)
        return False

    async def _write(self, request: Request, reply: Reply, *, keep: bool) -> None:
        """Send *reply*; close after the last, in a way that lets the peer read it (RFC 9112, 9.6).

        The peer may still be sending: a body that was refused, a request that is not served.
        """
        text = write_reply(request, reply, date=self._workings.date, keep=keep)
        unsent = self._stream.send_now(text)
        if unsent:
            self._allow(WRITE_S)
            await self._stream.send_all(unsent)
        if not keep:
            await self._stream.aclose(linger=True)

    # --- the latency channel -------------------------------------------------------------------

    async def _upgrade(self, request: Request, section_bytes: int) -> bool:
        """Open the latency channel if *request* asks well for it; hand anything else over."""
        opening = accept_upgrade(request) if self._routes.is_channel(request) else None
        if opening is None:
            await self._hand_over()
            return False
        self._buffer = self._buffer[section_bytes:]
        try:
            with self._routes.channel(request) as asked:
                await self._play(request, asked, opening)
        except ProblemError as error:
            return await self._refuse(request, error)
        return False

    async def _play(self, request: Request, asked: ChannelRequest, opening: bytes) -> None:
        self._outcome = "served"
        self._allow(CHANNEL_LIFE_S)  # also of a page that takes nothing, not even a farewell
        await self._stream.send_all(opening)
        self._stream.unread(self._buffer)
        with suppress(SocketClosedError):
            await play(
                WebSocket(self._stream),
                asked,
                lambda rtt_us: self._workings.seal(request, asked.session_ref, rtt_us),
            )
        await self._stream.aclose(linger=True)

    # --- what the above share ------------------------------------------------------------------

    async def _hand_over(self) -> None:
        """Leave the rest of the connection to hypercorn's protocols, nothing of it read."""
        if self._buffer:
            self._hurry()
        left_s = self._scope.deadline - trio.current_time()
        self._scope.deadline = float("inf")
        self._stream.unread(self._buffer)
        self._handed = Connection(
            self._hypercorn,
            self._stream,
            state={"connection": self._observer},
            begun_s=left_s if self._buffer else None,
            unread=partial(self._workings.metrics.requests.count, "other"),
        )
        await self._handed.run()
        if self._outcome == "silent" or self._handed.outcome != "silent":
            self._outcome = self._handed.outcome

    def _request(self, head: RequestHead) -> Request:
        return Request(
            method=head.method,
            path=head.path,
            query=head.query,
            version="1.1",
            headers=head.headers,
            connection=self._observer,
            fields=head.fields,
            content_length=head.content_length,
        )

    def _allow(self, seconds: float) -> None:
        """Give the phase that begins now so long, or up to `EARLY_S` less."""
        deadline = trio.current_time() + seconds
        if not deadline - EARLY_S <= self._scope.deadline <= deadline:
            self._scope.deadline = deadline

    def _allow_at_least(self, seconds: float) -> None:
        """Give the phase that begins now at least so long; what is left may be more."""
        deadline = trio.current_time() + seconds
        if self._scope.deadline < deadline:  # noqa: PLR1730 - to set it costs, even to what it is
            self._scope.deadline = deadline

    def _hurry(self) -> None:
        """A header section has begun: give it `HEADER_S` in all."""
        self._scope.deadline = min(self._scope.deadline, trio.current_time() + HEADER_S)
