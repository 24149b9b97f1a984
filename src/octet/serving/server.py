"""The accept loop: bounded, isolated, drained.

Order of shutdown: the listener closes; idle connections close; requests in flight get
`ServerSettings.drain_s`; the application's own lifespan ends last, so that what it has queued is
still delivered.
"""

import errno
import logging
import math
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import trio
from attrs import field, frozen
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext

from octet.serving.byte_stream import ByteStream
from octet.serving.closing_answer import closing_answer
from octet.serving.connection import Connection, Hypercorn
from octet.serving.failure import describe
from octet.serving.lifespan import Lifespan
from octet.serving.listener import tell_ready, url_of
from octet.serving.places import Count, LocalCount, Places

logger = logging.getLogger(__name__)

KEEP_ALIVE_S = 60.0
EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
EXHAUSTED_PAUSE_S: Final = 0.1
EXHAUSTED_QUIET_S: Final = 60.0
"""So long after a line in the log about it there is no other: peers alone may bring it about."""
OVERLOAD_ANSWER_S = 1.0
"""How long the refusal of a connection past the bound may take to be written."""


@frozen(kw_only=True)
class ServerSettings:
    """How to serve, apart from where."""

    max_connections: int = 10_000
    """Connections at once; one more is answered 503 and closed."""
    connections: Count = field(factory=LocalCount)
    """Counts them; one that workers share makes the bound that of all of them."""
    drain_s: float = 10.0
    """Seconds that requests in flight get at shutdown."""
    shutdown_s: float = 15.0
    """Seconds that the application's lifespan gets to end after them."""
    tls: ssl.SSLContext | None = None
    refused: Callable[[], None] = lambda: None
    """Called for every connection past the bound."""
    ready_file: Path | None = None
    """Receives the address as one line once requests are served."""


class Handler(Protocol):
    """Serves one connection."""

    async def run(self) -> None:
        """Serve the connection to its end; raises nothing of the peer's."""

    def drain(self) -> None:
        """Close at once if no request is being served; else after it."""


Connect = Callable[[Hypercorn, ByteStream, ssl.SSLContext | None], Handler]
"""Makes the handler of an accepted connection."""


def hand_over(hypercorn: Hypercorn, stream: ByteStream, tls: ssl.SSLContext | None) -> Handler:
    """Leave the whole connection to hypercorn's protocols."""
    return Connection(hypercorn, stream, tls=tls)


async def serve(  # noqa: PLR0913 - what, where, how, until when, by whom
    app: Any,
    listener: socket.socket,
    settings: ServerSettings,
    *,
    shutdown: Callable[[], Awaitable[None]],
    connect: Connect = hand_over,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the ASGI *app* on *listener* until *shutdown* returns, then drain.

    *connect* says who serves a connection; by default hypercorn's protocols do.
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
        wrapped = ASGIWrapper(_guarded(app))
        hypercorn = Hypercorn(wrapped, config, WorkerContext(None), state)
        server = _Server(hypercorn, settings, connect)
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

    def __init__(self, hypercorn: Hypercorn, settings: ServerSettings, connect: Connect) -> None:
        self._hypercorn = hypercorn
        self._settings = settings
        self._connect = connect
        self._handlers: set[Handler] = set()
        self._places = Places(settings.max_connections, settings.connections)

    async def run(
        self,
        listener: socket.socket,
        shutdown: Callable[[], Awaitable[None]],
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        async with trio.open_nursery() as handling:
            with listener:
                async with trio.open_nursery() as accepting:
                    accepting.start_soon(self._accept_all, listener, handling)
                    await ready()
                    await shutdown()
                    accepting.cancel_scope.cancel()
            await self._hypercorn.context.terminated.set()
            for handler in self._handlers:
                handler.drain()
            handling.cancel_scope.deadline = trio.current_time() + self._settings.drain_s

    async def _accept_all(self, listener: socket.socket, handling: trio.Nursery) -> None:
        """Accept for ever; a machine out of descriptors only has newcomers wait."""
        quiet_until_s = -math.inf
        while True:
            await trio.lowlevel.wait_readable(listener)  # also so that newcomers starve nobody
            try:
                accepted, _ = listener.accept()
            except BlockingIOError:
                pass  # another process was quicker, or the newcomer has left
            except OSError as exc:
                if exc.errno in EXHAUSTED:
                    if (now_s := trio.current_time()) >= quiet_until_s:
                        quiet_until_s = now_s + EXHAUSTED_QUIET_S
                        logger.warning("accepting pauses: %s", exc.strerror)
                    await trio.sleep(EXHAUSTED_PAUSE_S)
            else:
                handling.start_soon(self._handle, accepted)

    async def _handle(self, accepted: socket.socket) -> None:
        stream = ByteStream(accepted)
        placed = self._places.take()
        try:
            await (self._connected(stream) if placed else self._refuse(stream))
        except Exception as exc:  # noqa: BLE001 - the boundary: this stream must not end the server
            logger.warning("connection failed: %s", describe(exc))
        finally:
            if placed:
                self._places.give_back()
            await stream.aclose()

    async def _connected(self, stream: ByteStream) -> None:
        handler = self._connect(self._hypercorn, stream, self._settings.tls)
        self._handlers.add(handler)
        try:
            await handler.run()
        finally:
            self._handlers.discard(handler)

    async def _refuse(self, stream: ByteStream) -> None:
        self._settings.refused()
        if self._settings.tls is None:
            with suppress(trio.BrokenResourceError), trio.move_on_after(OVERLOAD_ANSWER_S):
                await stream.send_all(closing_answer("overloaded", retry_after_s=1))
                await stream.aclose(linger=True)


async def _announce(
    settings: ServerSettings, listener: socket.socket, task_status: trio.TaskStatus[str]
) -> None:
    url = url_of(listener, tls=settings.tls is not None)
    if settings.ready_file is not None:
        await trio.to_thread.run_sync(tell_ready, settings.ready_file, url)
    logger.info("serving on %s", url)
    task_status.started(url)


def _hypercorn_config(settings: ServerSettings) -> Config:
    config = Config()
    config.h11_pass_raw_headers = True
    config.errorlog = None  # it would write what a peer sent; `_guarded` logs instead
    config.include_server_header = False
    config.keep_alive_timeout = KEEP_ALIVE_S
    config.keep_alive_max_requests = 1_000_000
    config.graceful_timeout = settings.drain_s
    config.shutdown_timeout = settings.shutdown_s
    config.websocket_max_message_size = 4096
    return config
