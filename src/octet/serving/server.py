"""The accept loop: bounded, isolated, drained.

Order of shutdown: the listener closes; idle connections close; requests in flight get
`ServerSettings.drain_s`; the application's own lifespan ends last, so that what it has queued is
still delivered.
"""

import logging
import secrets
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import trio
from attrs import field, frozen
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from octet.schema import PROBLEM_TYPE, encode, problem
from octet.serving.connection import Connection, Observe
from octet.serving.failure import describe
from octet.serving.lifespan import Lifespan
from octet.serving.listener import url_of

logger = logging.getLogger(__name__)

TLS_HANDSHAKE_S = 5.0
KEEP_ALIVE_S = 60.0
OVERLOAD_ANSWER_S = 1.0
"""How long the refusal of a connection past the bound may take to be written."""


@frozen(kw_only=True)
class ServerSettings:
    """How to serve, apart from where."""

    max_connections: int = 10_000
    """Connections at once; one more is answered 503 and closed."""
    drain_s: float = 10.0
    """Seconds that requests in flight get at shutdown."""
    shutdown_s: float = 15.0
    """Seconds that the application's lifespan gets to end after them."""
    tls: ssl.SSLContext | None = None
    ready_file: Path | None = None
    """Receives the address as one line once requests are served."""
    observe: Observe | None = field(default=None)
    """Called with each accepted stream; the result is ``scope["state"]["connection"]``."""


async def serve(
    app: Any,
    listener: socket.socket,
    settings: ServerSettings,
    *,
    shutdown: Callable[[], Awaitable[None]],
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the ASGI *app* on *listener* until *shutdown* returns, then drain.

    Starts with the bound URL. Cancellation: connections are cut, the lifespan is not awaited.
    Timeout: `ServerSettings.drain_s` and `shutdown_s` own the end.
    """
    config = _hypercorn_config(settings)
    state: dict[str, Any] = {}
    lifespan = Lifespan(app, state)
    asked_to_end = trio.Event()

    async def await_shutdown() -> None:
        await shutdown()
        asked_to_end.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(await_shutdown)  # first, so that a signal is never met unprepared
        await nursery.start(lifespan.run)
        server = _Server(partial(Connection, ASGIWrapper(_guarded(app)), config), settings, state)
        announce = partial(_announce, settings, listener, task_status)
        await server.run(listener, asked_to_end.wait, announce)
        with trio.move_on_after(settings.shutdown_s):
            await lifespan.stop()
        nursery.cancel_scope.cancel()


async def shutdown_signal() -> None:
    """Return when the process is asked to end (SIGTERM or SIGINT)."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            logger.info("%s: draining", signal.Signals(number).name)
            return


def _guarded(app: Any) -> Any:
    """Have what escapes *app* logged without what a peer sent; hypercorn then answers 500."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except* Exception as group:  # noqa: BLE001 - the boundary: hypercorn would log it in full
            logger.error("the application failed: %s", describe(group))

    return call


class _Server:
    """The connections of one listener."""

    def __init__(
        self, connect: Callable[..., Connection], settings: ServerSettings, state: dict[str, Any]
    ) -> None:
        self._connect = connect
        self._settings = settings
        self._state = state
        self._context = WorkerContext(None)
        self._connections: set[Connection] = set()

    async def run(
        self,
        listener: socket.socket,
        shutdown: Callable[[], Awaitable[None]],
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        acceptor = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
        async with trio.open_nursery() as handlers:
            async with acceptor, trio.open_nursery() as accepting:
                accepting.start_soon(
                    partial(
                        trio.serve_listeners, self._handle, [acceptor], handler_nursery=handlers
                    )
                )
                await ready()
                await shutdown()
                accepting.cancel_scope.cancel()
            await self._context.terminated.set()
            for connection in self._connections:
                connection.idle.drain()
            handlers.cancel_scope.deadline = trio.current_time() + self._settings.drain_s

    async def _handle(self, stream: trio.SocketStream) -> None:
        if len(self._connections) >= self._settings.max_connections:
            await self._refuse(stream)
            return
        connection: Connection | None = None
        try:
            connection = self._connect(
                self._context,
                ConnectionState(self._state.copy()),
                self._secure(stream),
                self._settings.observe,
            )
            self._connections.add(connection)
            await connection.run()
        except Exception as exc:  # noqa: BLE001 - the boundary: this stream must not end the server
            logger.warning("connection failed before it began: %s", describe(exc))
        finally:
            if connection is not None:
                self._connections.discard(connection)
            await trio.aclose_forcefully(stream)

    def _secure(self, stream: trio.SocketStream) -> Any:
        if self._settings.tls is None:
            return stream
        return trio.SSLStream(stream, self._settings.tls, server_side=True, https_compatible=True)

    async def _refuse(self, stream: trio.SocketStream) -> None:
        with trio.move_on_after(OVERLOAD_ANSWER_S):
            async with stream:
                if self._settings.tls is None:
                    try:
                        await stream.send_all(_overloaded())
                    except trio.BrokenResourceError:
                        return


def _overloaded() -> bytes:
    """Write the answer to a connection whose request nobody reads."""
    body = encode(problem("overloaded", request_id=secrets.token_hex(8)))
    head = (
        "HTTP/1.1 503 Service Unavailable",
        "retry-after: 1",
        "connection: close",
        f"content-type: {PROBLEM_TYPE}",
        f"content-length: {len(body)}",
    )
    return "\r\n".join([*head, "", ""]).encode() + body


async def _announce(
    settings: ServerSettings, listener: socket.socket, task_status: trio.TaskStatus[str]
) -> None:
    url = url_of(listener, tls=settings.tls is not None)
    logger.info("serving on %s", url)
    if settings.ready_file is not None:
        unfinished = trio.Path(f"{settings.ready_file}.unfinished")
        await unfinished.write_text(url + "\n", encoding="utf-8")
        await unfinished.rename(settings.ready_file)  # who sees the file sees all of it
    task_status.started(url)


def _hypercorn_config(settings: ServerSettings) -> Config:
    config = Config()
    config.h11_pass_raw_headers = True
    config.errorlog = None  # it would write what a peer sent; `_guarded` logs instead
    config.include_server_header = False
    config.keep_alive_timeout = KEEP_ALIVE_S
    config.keep_alive_max_requests = 1_000_000
    config.ssl_handshake_timeout = TLS_HANDSHAKE_S
    config.graceful_timeout = settings.drain_s
    config.shutdown_timeout = settings.shutdown_s
    config.websocket_max_message_size = 4096
    return config
