"""The edge as an ASGI application: for HTTP/2, for requests in unusual shapes, for other servers.

The routes are the same as on connections of our own; this file only carries them.
"""

import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import trio
from attrs import define

from octet.edge.channel import UNSUPPORTED_DATA, SocketClosedError, play
from octet.edge.clock import EpochMs
from octet.edge.config import EdgeConfig
from octet.edge.connection.address import plain_address
from octet.edge.connection_observer import ConnectionObserver, Unobserved
from octet.edge.exchange import Reply, Request
from octet.edge.routes import Routes
from octet.edge.shared import Shared
from octet.edge.visit import Visit
from octet.edge.workings import Workings
from octet.schema import MAX_REPORT_BYTES
from octet.serving import ByteStream, Handler, Hypercorn, ProblemError

BODY_S = 5.0
"""Seconds in which a report's body must have arrived."""


class EdgeApp:
    """The edge that *config* describes.

    Raises:
        ConfigError: the collector's files are not there, or the service's authority is none.
    """

    def __init__(self, config: EdgeConfig, now_ms: EpochMs, shared: Shared | None = None) -> None:
        self.workings = Workings(config, now_ms, shared or Shared.among(1))
        self.routes = Routes(self.workings)

    def connect(
        self, hypercorn: Hypercorn, stream: ByteStream, tls: ssl.SSLContext | None
    ) -> Handler:
        """Make the handler of a connection that is ours."""
        return Visit(self.workings, self.routes, hypercorn, stream, tls)

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """Serve one ASGI scope."""
        match scope["type"]:
            case "lifespan":
                await self._live(receive, send)
            case "http":
                await self._http(scope, receive, send)
            case "websocket":
                await self._websocket(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        async with trio.open_nursery() as nursery:
            await receive()
            await nursery.start(self.workings.run)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.workings.stop()
        await send({"type": "lifespan.shutdown.complete"})

    # --- HTTP ----------------------------------------------------------------------------------

    async def _http(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        request = _request(scope)
        body = _Body(receive)
        reply = await self.routes.answer(request, body.read)
        if request.has_body and not body.whole and request.version != "2":
            reply = reply.marked({"connection": "close"})  # what is left of it is nobody's request
        await _send(reply, request, send, "http.response")

    # --- the latency channel -------------------------------------------------------------------

    async def _websocket(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        await receive()  # websocket.connect
        request = _request({**scope, "method": "GET"})
        try:
            with self.routes.channel(request) as asked:
                await send({"type": "websocket.accept"})
                with suppress(SocketClosedError):
                    await play(
                        _Socket(receive, send),
                        asked,
                        lambda rtt_us: self.workings.seal(request, asked.session_ref, rtt_us),
                    )
        except ProblemError as error:
            await _deny(self.routes.refuse(request, error), scope, request, send)


class _Socket:
    """A WebSocket over ASGI."""

    def __init__(self, receive: Any, send: Any) -> None:
        self._receive = receive
        self._send = send

    async def send(self, text: str, *, more: bool = False) -> None:  # noqa: ARG002 - a message each
        await self._send({"type": "websocket.send", "text": text})

    async def receive(self) -> str:
        event = await self._receive()
        if event["type"] != "websocket.receive":
            raise SocketClosedError
        text = event.get("text")
        if text is None:
            await self.close(UNSUPPORTED_DATA)
            raise SocketClosedError
        return str(text)

    async def close(self, code: int) -> None:
        await self._send({"type": "websocket.close", "code": code})


def _request(scope: Mapping[str, Any]) -> Request:
    observer = scope.get("state", {}).get("connection")
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        version=scope["http_version"],
        headers=tuple((bytes(name), bytes(value)) for name, value in scope["headers"]),
        connection=observer if isinstance(observer, ConnectionObserver) else _unobserved(scope),
    )


def _unobserved(scope: Mapping[str, Any]) -> Unobserved:
    client = scope.get("client")
    return Unobserved(plain_address(client[0]) if client else "::")


@define
class _Body:
    """A request's body, read when it is asked for."""

    _receive: Any
    whole: bool = False
    """Whether all of it was read."""

    async def read(self) -> bytes:
        """Return the body. Timeout: `BODY_S`.

        Raises:
            ProblemError: it is too large, or late, or its sender has left.
        """
        body = bytearray()
        with trio.move_on_after(BODY_S):
            while not self.whole:
                event = await self._receive()
                if event["type"] == "http.disconnect":
                    raise ProblemError("malformed", "the body did not arrive whole")
                body += event.get("body", b"")
                if len(body) > MAX_REPORT_BYTES:
                    raise ProblemError("too_large")
                self.whole = not event.get("more_body")
            return bytes(body)
        raise ProblemError("malformed", "the body did not arrive in time")


async def _send(reply: Reply, request: Request, send: Any, kind: str) -> None:
    named = {**reply.headers, "x-request-id": request.id}
    headers = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
    if reply.body:
        headers.append((b"content-type", reply.content_type.encode()))
        headers.append((b"content-length", str(len(reply.body)).encode()))
    body = b"" if request.method == "HEAD" else reply.body
    await send({"type": f"{kind}.start", "status": reply.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body, "more_body": False})


async def _deny(reply: Reply, scope: Mapping[str, Any], request: Request, send: Any) -> None:
    """Refuse a WebSocket's handshake, with the reply where the server can carry it."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await _send(reply, request, send, "websocket.http.response")
    else:
        await send({"type": "websocket.close"})
