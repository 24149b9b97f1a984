"""``octet-service keys …``: what the operator does with the keyring.

A token goes to standard output alone, so that a script can take it; all else goes to standard
error, and no token is ever written anywhere else.
"""

import argparse
import base64
import binascii
import json
import secrets
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from octet.schema import SchemaError, structure
from octet.service.credentials.errors import KeyringError
from octet.service.credentials.instant import to_text
from octet.service.credentials.keyring import PUBLISHED_MS, Issued, Keyring, Kind
from octet.service.credentials.keyring_file import KeyringFile
from octet.service.credentials.tokens import PRODUCT, Claims, sign

DAYS = 365
"""How long a credential is valid unless ``--days`` says."""
MAX_DAYS = 3650
DAY_MS = 24 * 60 * 60 * 1000
KEEP_EXPIRED_DAYS = 30
"""An expired credential is listed for so long; the next change after that forgets it, unless it was
revoked."""
ED25519_PUBLIC_BYTES = 32
KID_PREFIX = "k4.pid."
"""What a key's id begins with; no `jti` of ours does."""


def add_parser(commands: Any) -> None:
    """Add ``keys`` to the subparsers *commands*."""
    keys = commands.add_parser("keys", help="the operator's keys and what they sign")
    keys.add_argument("--keyring", type=Path, metavar="FILE", help="default: OCTET_KEYRING")
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("init", help="make a keyring; never overwrites one").set_defaults(act=_init)
    licence = actions.add_parser("issue-license", help="print a new licence")
    partner_key = actions.add_parser("issue-partner-key", help="print a new partner key")
    for parser, kind in ((licence, Kind.LICENSE), (partner_key, Kind.PARTNER)):
        parser.add_argument("--partner", required=True, metavar="ID")
        parser.add_argument("--test", action="store_true", help="for test data only")
        parser.add_argument("--days", type=_count(MAX_DAYS), default=DAYS, metavar="N")
        parser.add_argument("--quota", type=_count(10**9), metavar="N", help="requests a minute")
        parser.set_defaults(act=partial(_issue, kind), signing_keys=None, client_certs=None)
    licence.add_argument(
        "--signing-key",
        dest="signing_keys",
        action="append",
        type=_public_key,
        metavar="PUBLIC",
        help="the licence then takes only posts signed by this key; may be repeated",
    )
    licence.add_argument(
        "--client-cert",
        dest="client_certs",
        action="append",
        type=_thumbprint,
        metavar="FILE",
        help="the licence then takes only posts over connections that show this certificate, PEM;"
        " may be repeated",
    )
    revoke = actions.add_parser("revoke", help="make a credential, or all of a key, void")
    revoke.add_argument(
        "name",
        metavar="JTI",
        help="of a credential; or a retiring operator key's k4.pid.…, and all that it signed",
    )
    revoke.set_defaults(act=_revoke)
    actions.add_parser("rotate", help="sign with a new key from now on").set_defaults(act=_rotate)
    listing = actions.add_parser("list", help="show what was issued")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(act=_list)


def run(
    options: argparse.Namespace, variables: Mapping[str, str], epoch_ms: Callable[[], int]
) -> int:
    """Do what the command line asks; return the exit status."""
    path = options.keyring or variables.get("OCTET_KEYRING", "").strip()
    if not path:
        _say("say which keyring: --keyring FILE or OCTET_KEYRING")
        return 2
    try:
        options.act(KeyringFile(Path(path)), options, epoch_ms())
    except KeyringError as exc:
        _say(f"keyring {path}: {exc}")
        return 1
    return 0


def _init(file: KeyringFile, _: argparse.Namespace, now_ms: int) -> None:
    keyring = Keyring.fresh(to_text(now_ms))
    file.create(keyring)
    _say(f"made {file.path} with key {keyring.active.kid}")


def _issue(kind: Kind, file: KeyringFile, options: argparse.Namespace, now_ms: int) -> None:
    try:
        claims = _claims(kind, options, now_ms)
    except SchemaError as exc:
        raise KeyringError(f"issues nothing: {exc}") from exc
    record = Issued(
        jti=claims.jti,
        kind=claims.kind,
        partner=claims.partner,
        live=claims.live,
        nbf=claims.nbf,
        exp=claims.exp,
    )
    keyring = _update(
        file, now_ms, lambda ring: ring.with_issued(evolve(record, kid=ring.active.kid))
    )
    _say(f"{claims.kind} {claims.jti} for {claims.partner}, until {claims.exp}")
    print(sign(claims, keyring.active))  # noqa: T201 - the token is the output


def _update(file: KeyringFile, now_ms: int, change: Callable[[Keyring], Keyring]) -> Keyring:
    """Write what *change* makes of the keyring, without what expired long ago; say how much."""
    forgotten = 0

    def apply(keyring: Keyring) -> Keyring:
        nonlocal forgotten
        changed = change(keyring)
        kept = changed.without_expired(now_ms - KEEP_EXPIRED_DAYS * DAY_MS)
        forgotten = len(changed.issued) - len(kept.issued)
        return kept

    keyring = file.update(apply)
    if forgotten:
        _say(f"forgot {forgotten} credentials that expired over {KEEP_EXPIRED_DAYS} days ago")
    return keyring


def _claims(kind: Kind, options: argparse.Namespace, now_ms: int) -> Claims:
    """Make the claims; they pass the converter, so that nothing is signed that is not readable."""
    claims = {
        "kind": kind,
        "product": PRODUCT,
        "partner": options.partner,
        "live": not options.test,
        "jti": secrets.token_hex(16),
        "nbf": to_text(now_ms),
        "exp": to_text(now_ms + options.days * DAY_MS),
        "quota": options.quota,
        "clientCerts": options.client_certs,
        "signingKeys": options.signing_keys,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return structure(Claims, present | {"kind": str(kind)})


def _revoke(file: KeyringFile, options: argparse.Namespace, now_ms: int) -> None:
    name: str = options.name
    if not name.startswith(KID_PREFIX):
        _update(file, now_ms, lambda keyring: keyring.with_revoked(name, to_text(now_ms)))
        _say(f"revoked {name}")
        return
    keyring = _update(file, now_ms, lambda keyring: keyring.without_key(name))
    void = sum(record.kid == name for record in keyring.issued)
    _say(f"revoked {name}, and with it all that it signed: {void} known credentials")


def _rotate(file: KeyringFile, _: argparse.Namespace, now_ms: int) -> None:
    keyring = _update(file, now_ms, lambda keyring: keyring.rotated(to_text(now_ms)))
    minutes = PUBLISHED_MS // 60_000
    _say(f"key {keyring.active.kid} signs from now on; what older keys signed stays valid")
    _say(f"key {keyring.verdict_keys[-1].kid} signs verdicts in {minutes} minutes")


def _list(file: KeyringFile, options: argparse.Namespace, _: int) -> None:
    keyring = file.read()
    rows = [_row(record, keyring) for record in keyring.issued]
    if options.json:
        print(json.dumps(rows, indent=2))  # noqa: T201 - the list is the output
        return
    for key in keyring.keys:
        print(f"{key.kid}  operator key  {key.state} since {key.created}")  # noqa: T201
    for row in rows:
        world = "live" if row["live"] else "test"
        state = "revoked" if row["revoked"] else f"{row['nbf']} to {row['exp']}"
        print(f"{row['jti']}  {row['kind']:7}  {world}  {row['partner']}  {state}")  # noqa: T201


def _row(record: Issued, keyring: Keyring) -> dict[str, Any]:
    return {
        "jti": record.jti,
        "kind": str(record.kind),
        "partner": record.partner,
        "live": record.live,
        "nbf": record.nbf,
        "exp": record.exp,
        "revoked": keyring.is_void(record),
    }


def _count(most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"must be an integer from 1 to {most}")
        return int(text)

    return parse


def _public_key(text: str) -> str:
    """Return a raw Ed25519 public key as base64url without padding, whichever base64 it came in."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        raw = base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != ED25519_PUBLIC_BYTES:
        raise argparse.ArgumentTypeError("must be a raw Ed25519 public key in base64url")
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _thumbprint(path: str) -> str:
    """Return the SHA-256 of the first certificate in a PEM file, hex."""
    try:
        certificate = x509.load_pem_x509_certificate(Path(path).read_bytes())
    except (OSError, ValueError) as exc:
        raise argparse.ArgumentTypeError(f"{path} holds no certificate in PEM") from exc
    return certificate.fingerprint(hashes.SHA256()).hex()


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command's words to the operator
