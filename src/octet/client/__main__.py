"""``octet``: read a verdict, or check a token, from a shell.

Exit status:
    0    there is a verdict; the token is good
    1    the token proves nothing
    2    wrong usage or settings; nothing was asked
    3    pending: there is no verdict for this reference (yet)
    4    the service refuses the key or the request
    5    no answer at present: unreachable, too slow, failing, or too many requests
    6    what answers is not Octet
    130  interrupted
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

from octet import __version__
from octet.client._errors import OctetError
from octet.client._outcome import INTERRUPTED, USAGE, Outcome, failure, proven, read
from octet.client._public_keys import PublicKeys, verify_token
from octet.client._settings import Settings, UsageError
from octet.client._sync_client import OctetSyncClient

MAX_WAIT_S: Final = 3600.0
STDIN: Final = "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace, Settings], Outcome] = options.run
    settings = Settings(options, os.environ, sys.stdin)
    try:
        outcome = run(options, settings)
    except UsageError as exc:
        print(f"octet: {exc}", file=sys.stderr)  # noqa: T201
        return USAGE
    except OctetError as exc:
        outcome = failure(exc)
    except KeyboardInterrupt:
        return INTERRUPTED
    text = json.dumps(outcome.members) if options.json else outcome.text
    error = outcome.failed and not options.json
    print(text, file=sys.stderr if error else sys.stdout)
    return outcome.status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="octet",
        description=(__doc__ or "").partition("\n")[0],
        epilog=(__doc__ or "").partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    verdict = commands.add_parser(
        "verdict", allow_abbrev=False, help="read the verdict on a reference"
    )
    verdict.set_defaults(run=_verdict)
    verdict.add_argument("ref", metavar="REF", help="the session reference")
    verdict.add_argument(
        "--wait", type=_seconds, default=0.0, metavar="SECONDS", help="for the verdict; default: 0"
    )
    verdict.add_argument(
        "--partner-key-file",
        metavar="FILE",
        help="holds the partner key; else OCTET_PARTNER_KEY_FILE or OCTET_PARTNER_KEY",
    )
    token = commands.add_parser("verify-token", allow_abbrev=False, help="check a verdict token")
    token.set_defaults(run=_verify_token)
    token.add_argument("token", metavar="TOKEN", help="the token; - reads it from standard input")
    token.add_argument("--partner", help="to whom it was given; else OCTET_PARTNER")
    token.add_argument("--ref", help="the reference that it must be for; default: any")
    token.add_argument("--test", action="store_true", help="take a test token, not a live one")
    token.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="PASERK",
        help="a public key (k4.public.…) that may have signed; then the service is not asked",
    )
    for command in (verdict, token):
        command.add_argument("--url", help="of the service; else OCTET_URL")
        command.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= MAX_WAIT_S:
        raise argparse.ArgumentTypeError(f"must be from 0 to {MAX_WAIT_S:g}")
    return seconds


def _verdict(options: argparse.Namespace, settings: Settings) -> Outcome:
    url, key = settings.url(), settings.partner_key()
    settings.check()
    with settings.making(lambda: OctetSyncClient(url, partner_key=key)) as octet:
        if options.wait:
            answer = octet.wait_for_verdict(options.ref, timeout_s=options.wait)
        else:
            answer = octet.verdict(options.ref)
    return read(answer)


def _verify_token(options: argparse.Namespace, settings: Settings) -> Outcome:
    partner = settings.partner()
    url = None if options.key else settings.url()
    settings.check()
    token = settings.standard_input() if options.token == STDIN else options.token
    with ExitStack() as stack:
        keys: PublicKeys | list[str] = options.key
        if url is not None:
            keys = stack.enter_context(settings.making(lambda: PublicKeys(url)))
        try:
            verified = verify_token(
                token, keys=keys, partner=partner, ref=options.ref, live=not options.test
            )
        except ImportError as exc:
            raise UsageError(str(exc)) from exc
    return proven(verified)


if __name__ == "__main__":
    sys.exit(main())
