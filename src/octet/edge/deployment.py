"""The edge put together from its configuration, as `octet-edge` runs it."""

import socket
import ssl
from functools import partial
from typing import Final

from octet.edge.app import EdgeApp
from octet.edge.clock import epoch_ms
from octet.edge.config import METRICS_BIND, EdgeConfig
from octet.edge.connection.saved_syn import save_syn
from octet.edge.shared import Shared
from octet.serving import ServerSettings
from octet.serving.certificate import read_certificate
from octet.serving.deployment import Deployment
from octet.serving.scrapes import listen_metrics

TLS: Final = "EDGE_TLS_CERT_FILE and EDGE_TLS_KEY_FILE"


def deploy(config: EdgeConfig) -> Deployment:
    """Make all that has to be there before a process is forked.

    Raises:
        ConfigError: a file cannot be used, or the metrics' address is not to be had.
    """
    shared = Shared.among(config.workers)
    app = EdgeApp(config, epoch_ms, shared)
    bind = config.metrics_bind
    return Deployment(
        app=app,
        host=config.host,
        port=config.port,
        workers=config.workers,
        settings=server_settings(config, shared),
        read_tls=partial(read_tls, config),
        renew=app.workings.renew_trust,
        shared=shared,
        registry=shared.registry,
        metrics_listener=_listen_metrics(bind) if bind else None,
        prepare=save_syn,
        connect=app.connect,
    )


def server_settings(config: EdgeConfig, shared: Shared) -> ServerSettings:
    """Return how to serve.

    Raises:
        ConfigError: the certificate's files hold none.
    """
    return ServerSettings(
        max_connections=config.max_connections,
        connections=shared.metrics.connections_open,
        tls=read_tls(config),
        refused=partial(shared.metrics.connections_refused.count, "capacity"),
        ready_file=config.ready_file,
    )


def read_tls(config: EdgeConfig) -> ssl.SSLContext | None:
    """Read the certificate and its key; None where the edge serves no TLS of its own.

    Raises:
        ConfigError: the files hold none.
    """
    if config.tls_files is None:
        return None
    return read_certificate(config.tls_files, variables=TLS, alpn=config.alpn)


def _listen_metrics(bind: tuple[str, int]) -> socket.socket | None:
    return listen_metrics(*bind, needed=bind != METRICS_BIND, variable="EDGE_METRICS_BIND")
