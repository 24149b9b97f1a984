"""``octet-service``: serve, prove the configuration, keep the keyring, or explain an envelope."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence

from octet import __version__
from octet.service import clock, logs
from octet.service.config import ServiceConfig
from octet.service.credentials import commands
from octet.service.explain import options as explain_options
from octet.serving import ConfigError

logger = logging.getLogger("octet.service")

EXIT_FAILED = 1
EXIT_CONFIG = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    if options.command == "keys":
        return commands.run(options, os.environ, clock.epoch_ms)
    if options.command == "explain":
        from octet.service.explain.commands import run  # noqa: PLC0415 - keys need no numpy

        return run(options, os.environ)
    logs.configure(sys.stderr)
    try:
        return _start(os.environ, only_check=options.check_config)
    except ConfigError as exc:
        print(f"octet-service: the configuration cannot be used:\n{exc}", file=sys.stderr)  # noqa: T201
        return EXIT_CONFIG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="octet-service",
        description="Serve the service. All settings are environment variables.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "--check-config", action="store_true", help="say what is wrong with the settings, and end"
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser(subparsers)
    explain_options.add_parser(subparsers)
    return parser


def _start(variables: Mapping[str, str], *, only_check: bool) -> int:
    from octet.service.deployment import deploy  # noqa: PLC0415 - keys and faults need no numpy

    config = ServiceConfig.from_environment(variables)
    deployment = deploy(config, serving=not only_check)
    if only_check:
        print("octet-service: the configuration is fine")  # noqa: T201
        return 0
    try:
        return deployment.run()
    except OSError as exc:
        logger.error("cannot listen on %s port %d: %s", config.host, config.port, exc.strerror)
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
