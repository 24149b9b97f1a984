"""The service put together from its configuration, as `octet-service` runs it.

The tables are mapped before workers are forked, so however many there are, memory holds them once.
"""

import socket
from typing import Final

from octet.service.assembly import assemble
from octet.service.config import METRICS_BIND, ServiceConfig
from octet.serving import ServerSettings
from octet.serving.deployment import Deployment
from octet.serving.scrapes import listen_metrics

DRAIN_S: Final = 12.0
"""Requests in flight at shutdown get this long: more than the longest long poll."""


def deploy(config: ServiceConfig, *, serving: bool = True) -> Deployment:
    """Make all that has to be there before a process is forked.

    Args:
        config: of the service.
        serving: False where nothing is to be listened on, not even for metrics.

    Raises:
        ConfigError: a file cannot be used, or the metrics' address is not to be had.
    """
    service = assemble(config)
    bind = config.metrics_bind if serving else None
    return Deployment(
        app=service.app,
        host=config.host,
        port=config.port,
        workers=config.workers,
        settings=ServerSettings(
            drain_s=DRAIN_S,
            tls=config.tls_context(),
            refused=service.metrics.connections_refused.count,
            ready_file=config.ready_file,
        ),
        read_tls=config.tls_context,
        shared=service.metrics,
        registry=service.registry,
        metrics_listener=_listen_metrics(bind) if bind else None,
    )


def _listen_metrics(bind: tuple[str, int]) -> socket.socket | None:
    return listen_metrics(*bind, needed=bind != METRICS_BIND, variable="OCTET_METRICS_BIND")
