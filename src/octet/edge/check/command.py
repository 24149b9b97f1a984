"""``octet-edge check``: reads what it is asked, has it checked, and tells."""

import argparse
import ipaddress
import json
import secrets
import ssl
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import trio

from octet.edge.check.inside import check_inside
from octet.edge.check.outside import Questions, check_outside
from octet.edge.check.report import EXIT_CONFIG, Report
from octet.edge.check.target import Target
from octet.edge.clock import epoch_ms
from octet.edge.config import EdgeConfig, read_license, read_origin
from octet.serving import ConfigError, Environment

Prove = Callable[[Mapping[str, str]], EdgeConfig]


def add_parser(commands: Any) -> None:
    """Add ``check`` to the subparsers *commands*."""
    check = commands.add_parser(
        "check",
        help="prove the set-up",
        description="Prove the settings and the way to the service; with --url, from outside, a"
        " deployed edge and what stands before it. Ends with 0 if nothing failed, with 1 if"
        " something did, with 2 if settings or arguments cannot be used.",
    )
    check.add_argument(
        "--url", type=_url, help="the apiUrl of your pages; LICENSE must be that of its edge"
    )
    check.add_argument(
        "--origin", type=_origin, help="of your pages, with --url; default: that of the URL"
    )
    check.add_argument(
        "--ca-file", metavar="FILE", help="an authority of your own that vouches for the URL"
    )
    check.add_argument(
        "--source",
        type=_address,
        metavar="ADDRESS",
        help="the local address to come from; 0.0.0.0 or :: for any of that family",
    )
    check.add_argument(
        "--address",
        type=_address,
        help="the address by which this machine is known outside, for the edge to see",
    )
    check.add_argument("--json", action="store_true", help="for machines")


def run(options: argparse.Namespace, variables: Mapping[str, str], prove: Prove) -> int:
    """Do what the command line asks; return the exit status.

    Args:
        options: of the parser above.
        variables: the environment.
        prove: reads a configuration as the edge itself does.
    """
    try:
        report = _check_url(options, variables) if options.url else _check_here(variables, prove)
    except ConfigError as exc:
        _tell_faults(exc.faults, as_json=options.json)
        return EXIT_CONFIG
    print(json.dumps(report.members()) if options.json else report.table())  # noqa: T201
    return report.exit_status


def _check_here(variables: Mapping[str, str], prove: Prove) -> Report:
    config = prove(variables)
    findings = trio.run(partial(check_inside, config, epoch_ms))
    return Report("this edge's settings, and its way to the service", tuple(findings))


def _check_url(options: argparse.Namespace, variables: Mapping[str, str]) -> Report:
    env = Environment(variables)
    license_token = env.value("LICENSE", None, read_license)
    if not env.flag("OCTET_DEV") and not env.text("LICENSE"):
        env.fault("LICENSE", "is required: with it receipts are opened (or set OCTET_DEV=1)")
    trust = ssl.create_default_context()
    if options.ca_file is not None:
        try:
            trust = ssl.create_default_context(cafile=options.ca_file)
        except OSError:  # SSLError is one
            env.fault("--ca-file", "holds no certificate")
    env.finish()
    questions = Questions(
        target=options.url,
        license=license_token,
        origin=options.origin or options.url.origin,
        trust=trust,
        source=options.source,
        expected=options.address,
        epoch_ms=epoch_ms,
        rng=secrets.SystemRandom(),
    )
    findings = trio.run(check_outside, questions)
    return Report(f"{options.url.url}, as pages of {questions.origin} reach it", tuple(findings))


def _tell_faults(faults: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"ok": False, "faults": faults}))  # noqa: T201
        return
    lines = "\n".join(f"  {fault}" for fault in faults)
    print(f"octet-edge: the configuration cannot be used:\n{lines}", file=sys.stderr)  # noqa: T201


def _url(text: str) -> Target:
    try:
        return Target.read(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc


def _origin(text: str) -> str:
    try:
        return read_origin(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError("must be an origin like https://yourapp.com") from exc


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as exc:
        raise argparse.ArgumentTypeError("must be an IPv4 or IPv6 address") from exc
