"""``octet-edge``: serve, or prove the set-up."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial

from octet import __version__
from octet.edge.assets import load_assets
from octet.edge.cautions import cautions
from octet.edge.check import command as check
from octet.edge.config import EdgeConfig
from octet.edge.deployment import deploy, read_tls
from octet.edge.upstream import read_trust
from octet.serving import ConfigError

logger = logging.getLogger("octet.edge")

EXIT_FAILED = 1
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
    commands = parser.add_subparsers(dest="command", title="commands", metavar="check")
    check.add_parser(commands)
    options = parser.parse_args(arguments)
    if options.command == "check":
        return check.run(options, os.environ, _prove)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        config = _prove(os.environ)
        if options.check_config:
            print("octet-edge: the configuration is fine")  # noqa: T201
            return 0
        deployment = deploy(config)
    except ConfigError as exc:
        print(f"octet-edge: the configuration cannot be used:\n{exc}", file=sys.stderr)  # noqa: T201
        return EXIT_CONFIG
    for caution in cautions(config):
        logger.warning(caution)
    try:
        return deployment.run()
    except OSError as exc:
        logger.error("cannot listen on %s port %d: %s", config.host, config.port, exc.strerror)
        return EXIT_FAILED


def _prove(variables: Mapping[str, str]) -> EdgeConfig:
    """Read the configuration and look into every file that it needs.

    Raises:
        ConfigError: with every fault of both.
    """
    config, faults = EdgeConfig.read(variables)
    for look in (partial(read_tls, config), partial(read_trust, config), load_assets):
        try:
            look()
        except ConfigError as exc:
            faults += exc.faults
    if faults:
        raise ConfigError(faults)
    return config


if __name__ == "__main__":
    sys.exit(main())
