"""A program on this machine: one process, or several that share the port.

All that workers share is made before they are forked: the application with what it has read or
mapped, the certificate, the numbers. What needs an event loop begins with the lifespan, in each.
"""

import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import trio
from attrs import evolve, frozen
from prometheus_client import CollectorRegistry

from octet.serving.certificate import renew_at_sighup
from octet.serving.listener import listen, tell_ready, url_of
from octet.serving.scrapes import serve_metrics
from octet.serving.server import Connect, ServerSettings, hand_over, serve, shutdown_signal

logger = logging.getLogger(__name__)


class Shared(Protocol):
    """What workers write each a part of."""

    def join(self, worker: int) -> None:
        """Write the part of *worker* from now on; in the forked process."""

    def forget(self, worker: int) -> None:
        """Drop what an ended *worker* held; in the parent."""


@frozen(kw_only=True)
class Deployment:
    """A program that is configured, with all that has to be there before a process is forked."""

    app: Any
    """ASGI."""
    host: str
    """Listen address."""
    port: int
    """Listen port; 0 takes a free one."""
    workers: int
    settings: ServerSettings
    read_tls: Callable[[], ssl.SSLContext | None]
    """Reads the certificate once more, at SIGHUP; raises ConfigError."""
    renew: Callable[[], None] = lambda: None
    """Renews what else stands in files, at SIGHUP; raises ConfigError."""
    shared: Shared
    registry: CollectorRegistry
    """Asked for the metrics, by whichever worker a scrape meets."""
    metrics_listener: socket.socket | None
    prepare: Callable[[socket.socket], None] = lambda _: None
    """Sets options on each listener before it is bound."""
    connect: Connect = hand_over
    """Makes the handler of a connection."""

    def run(self) -> int:
        """Serve until a signal ends it; return the exit status.

        Raises:
            OSError: the address is taken.
        """
        if self.workers > 1:
            return self._run_workers()
        listener = listen(self.host, self.port, prepare=self.prepare)
        trio.run(self._serve, listener, self.settings, lambda: None)
        return 0

    def _run_workers(self) -> int:
        from octet.serving.workers import Worker, reserve_port, run_workers, share_port  # noqa: PLC0415 - forks: not to be had on every system

        quiet = evolve(self.settings, ready_file=None)

        def prepare(listener: socket.socket) -> None:
            share_port(listener)
            self.prepare(listener)

        def serve_worker(worker: Worker) -> int:
            self.shared.join(worker.index)
            listener = listen(self.host, reserved.getsockname()[1], prepare=prepare)
            trio.run(self._serve, listener, quiet, worker.announce_ready)
            return 0

        with reserve_port(self.host, self.port) as reserved:
            url = url_of(reserved, tls=self.settings.tls is not None)
            ready = partial(_all_ready, self.settings.ready_file, url)
            return run_workers(
                self.workers, serve_worker, all_ready=ready, forget=self.shared.forget
            )

    async def _serve(
        self, listener: socket.socket, settings: ServerSettings, announce: Callable[[], None]
    ) -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(renew_at_sighup, settings.tls, self.read_tls, self.renew)
            if self.metrics_listener is not None:
                await nursery.start(serve_metrics, self.metrics_listener, self.registry)
            async with trio.open_nursery() as serving:
                run = partial(serve, shutdown=shutdown_signal, connect=self.connect)
                await serving.start(run, self.app, listener, settings)
                announce()
            nursery.cancel_scope.cancel()


def _all_ready(ready_file: Path | None, url: str) -> None:
    if ready_file is not None:
        tell_ready(ready_file, url)
    logger.info("all workers are serving on %s", url)
