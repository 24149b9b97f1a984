"""The edge on this machine: one process, or several that share the port."""

import logging
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import trio
from attrs import evolve, frozen

from octet.edge.app import EdgeApp
from octet.edge.clock import epoch_ms
from octet.edge.config import METRICS_BIND, EdgeConfig
from octet.edge.connection.saved_syn import save_syn
from octet.edge.server_tls import renew_at_sighup
from octet.edge.shared import Shared
from octet.serving import ServerSettings, listen, serve, shutdown_signal
from octet.serving.listener import tell_ready, url_of
from octet.serving.scrapes import listen_metrics, serve_metrics

logger = logging.getLogger(__name__)


@frozen
class Deployment:
    """An edge that is configured, with all that has to be there before a process is forked."""

    config: EdgeConfig
    settings: ServerSettings
    shared: Shared
    app: EdgeApp
    metrics_listener: socket.socket | None

    @classmethod
    def prepare(cls, config: EdgeConfig, settings: ServerSettings) -> "Deployment":
        """Make it.

        Raises:
            ConfigError: the metrics' address is not to be had.
        """
        shared = Shared.among(config.workers)
        refused = partial(shared.metrics.connections_refused.count, "capacity")
        bind = config.metrics_bind
        return cls(
            config,
            evolve(settings, refused=refused),
            shared,
            EdgeApp(config, epoch_ms, shared),
            _listen_metrics(bind) if bind else None,
        )

    def run(self) -> int:
        """Serve until a signal ends it; return the exit status.

        Raises:
            OSError: the address is taken.
        """
        if self.config.workers > 1:
            return self._run_workers()
        listener = listen(self.config.host, self.config.port, prepare=save_syn)
        trio.run(self._serve, listener, self.settings, lambda: None)
        return 0

    def _run_workers(self) -> int:
        from octet.serving.workers import Worker, reserve_port, run_workers, share_port  # noqa: PLC0415 - forks: not to be had on every system

        config = self.config
        quiet = evolve(self.settings, ready_file=None)

        def prepare(listener: socket.socket) -> None:
            share_port(listener)
            save_syn(listener)

        def serve_worker(worker: Worker) -> int:
            self.shared.join(worker.index)
            listener = listen(config.host, reserved.getsockname()[1], prepare=prepare)
            trio.run(self._serve, listener, quiet, worker.announce_ready)
            return 0

        with reserve_port(config.host, config.port) as reserved:
            url = url_of(reserved, tls=self.settings.tls is not None)
            ready = partial(_all_ready, self.settings.ready_file, url)
            return run_workers(
                config.workers, serve_worker, all_ready=ready, forget=self.shared.forget
            )

    async def _serve(
        self, listener: socket.socket, settings: ServerSettings, announce: Callable[[], None]
    ) -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(renew_at_sighup, settings.tls, self.config)
            if self.metrics_listener is not None:
                await nursery.start(serve_metrics, self.metrics_listener, self.shared.registry)
            async with trio.open_nursery() as serving:
                run = partial(serve, shutdown=shutdown_signal, connect=self.app.connect)
                await serving.start(run, self.app, listener, settings)
                announce()
            nursery.cancel_scope.cancel()


def _all_ready(ready_file: Path | None, url: str) -> None:
    if ready_file is not None:
        tell_ready(ready_file, url)
    logger.info("all workers are serving on %s", url)


def _listen_metrics(bind: tuple[str, int]) -> socket.socket | None:
    return listen_metrics(*bind, needed=bind != METRICS_BIND, variable="EDGE_METRICS_BIND")
