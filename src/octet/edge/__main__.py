"""``octet-edge``: serve, or say whether the configuration would do."""

import argparse
import logging
import os
import ssl
import sys
from collections.abc import Sequence

import trio

from octet import __version__
from octet.edge.app import EdgeApp
from octet.edge.clock import epoch_ms
from octet.edge.config import EdgeConfig
from octet.edge.connection.saved_syn import save_syn
from octet.edge.cors import ANY
from octet.serving import ConfigError, ServerSettings, listen, serve, shutdown_signal

logger = logging.getLogger("octet.edge")

EXIT_CONFIG = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="octet-edge", description="Serve the edge. All settings are environment variables."
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "--check-config", action="store_true", help="say what is wrong with the settings, and end"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        config = EdgeConfig.from_environment(os.environ)
        settings = _settings(config)
        app = EdgeApp(config, epoch_ms)
    except ConfigError as exc:
        print(f"octet-edge: the configuration cannot be used:\n{exc}", file=sys.stderr)  # noqa: T201
        return EXIT_CONFIG
    if options.check_config:
        print("octet-edge: the configuration is fine")  # noqa: T201
        return 0
    _warn(config)
    trio.run(_run, app, config, settings)
    return 0


async def _run(app: EdgeApp, config: EdgeConfig, settings: ServerSettings) -> None:
    listener = listen(config.host, config.port, prepare=save_syn)
    await serve(app, listener, settings, shutdown=shutdown_signal, connect=app.connect)


def _settings(config: EdgeConfig) -> ServerSettings:
    return ServerSettings(
        max_connections=config.max_connections,
        tls=_tls(config),
        ready_file=config.ready_file,
    )


def _tls(config: EdgeConfig) -> ssl.SSLContext | None:
    if config.tls_files is None:
        return None
    certificate, key = config.tls_files
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as exc:
        reason = "are no certificate chain and its key"
        raise ConfigError([f"EDGE_TLS_CERT_FILE and EDGE_TLS_KEY_FILE {reason}"]) from exc
    context.set_alpn_protocols(list(config.alpn))
    return context


def _warn(config: EdgeConfig) -> None:
    if ANY in config.allowed_origins:
        logger.warning("ALLOWED_ORIGIN is *: pages of any origin may post")
    if config.license is None:
        logger.warning("OCTET_DEV: no licence is sent, receipts are sealed with a public key")
    if config.exit_ip is not None:
        logger.warning("EXIT_IP is set: every visitor seems to come from there")
    if config.expose_verdict:
        logger.warning("EDGE_EXPOSE_VERDICT is on: browsers see their verdict")


if __name__ == "__main__":
    sys.exit(main())
