"""HTTP Message Signatures (RFC 9421) with Ed25519, of the one kind that a licence may demand.

What covers which parts is fixed, so a signature is verified in three steps, each before what costs
more: its form, key, time and the head that it covers; then, once the body is here, the digest of
that; last its nonce, which is spent by what really is the edge's own post and nothing else.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from octet.service.credentials.errors import RefusedError
from octet.service.credentials.post import Post
from octet.service.credentials.structured_fields import byte_sequence, members

LABEL: Final = "octet"
FIELDS: Final = ("content-type", "content-digest", "x-octet-license")
COVERED: Final = '("@method" "@authority" "@path" ' + " ".join(f'"{f}"' for f in FIELDS) + ")"
WINDOW_S: Final = 300
"""How far `created` may lie from now, to either side, seconds."""
MAX_NONCE_CHARS: Final = 128

_PARAMETER: Final = r';(?:(created)=([0-9]{1,12})|(keyid|nonce|alg)="([!#-\[\]-~]*)")'
_INPUT: Final = re.compile(rf"{re.escape(COVERED)}((?:{_PARAMETER}){{4}})")
_PARAMETERS: Final = re.compile(_PARAMETER)


@frozen
class Signature:
    """One that fits the head of a post."""

    digest: bytes
    """SHA-256 that the body must have."""
    name: str
    """Of key and nonce together; it is good once."""

    def covers(self, body: bytes) -> bool:
        """Return whether *body* is what was signed."""
        return hmac.compare_digest(hashlib.sha256(body).digest(), self.digest)


@frozen(kw_only=True)
class _Parameters:
    """What a signature says of itself."""

    created: int
    keyid: str
    nonce: str


def verify(post: Post, keys: Iterable[str], now_ms: int) -> Signature:
    """Return the signature of *post* by one of *keys*, each a raw public key in base64url.

    Args:
        post: the request, its body apart.
        keys: those that the licence names.
        now_ms: the wall clock, milliseconds since the Unix epoch.

    Raises:
        RefusedError: ``edge_signature_required`` if there is none, ``edge_key_unknown`` if no key
            of the licence made it, else ``edge_signature_invalid``.
    """
    try:
        text = members(post.fields.get("signature-input", "")).get(LABEL)
        if text is None:
            raise RefusedError("edge_signature_required")
        parameters = _read(text)
        public = {key_id(key): key for key in keys}.get(parameters.keyid)
        if public is None:
            raise RefusedError("edge_key_unknown")
        _check_time(parameters.created, now_ms)
        signature = byte_sequence(members(post.fields["signature"])[LABEL])
        digest = byte_sequence(members(post.fields["content-digest"])["sha-256"])
        key = Ed25519PublicKey.from_public_bytes(_raw(public))
        key.verify(signature, signature_base(_parts(post), text))
    except (KeyError, ValueError, InvalidSignature) as exc:
        raise RefusedError("edge_signature_invalid") from exc
    name = hashlib.sha256(f"{parameters.keyid} {parameters.nonce}".encode()).hexdigest()
    return Signature(digest, name)


def key_id(public: str) -> str:
    """Return the id of a raw public key in base64url: as the edge gives it, 16 hex digits."""
    return hashlib.sha256(_raw(public)).hexdigest()[:16]


def signature_base(parts: Mapping[str, str], text: str) -> bytes:
    """Return what is signed: a line for each of *parts*, and one for the input's own *text*.

    Raises:
        ValueError: a part holds what no signature can cover.
    """
    lines = [f'"{name}": {value}' for name, value in parts.items()]
    return "\n".join([*lines, f'"@signature-params": {text}']).encode("ascii")


def _parts(post: Post) -> Mapping[str, str]:
    """Return the parts of *post* that are covered, in their order.

    Raises:
        KeyError: a field is not there.
    """
    parts = {"@method": post.method, "@authority": post.authority, "@path": post.path}
    return parts | {name: post.fields[name] for name in FIELDS}


def _check_time(created_s: int, now_ms: int) -> None:
    """Raise ValueError when *created_s* lies too far from now."""
    if abs(now_ms - created_s * 1000) > WINDOW_S * 1000:
        raise ValueError("not of this time")


def _read(text: str) -> _Parameters:
    """Read a signature's input; all of it is fixed but the parameters' order and values.

    Raises:
        ValueError: it covers other parts, or has other parameters.
    """
    match = _INPUT.fullmatch(text)
    if match is None:
        raise ValueError("not the parts and parameters that are asked for")
    found = {a + b: one + two for a, one, b, two in _PARAMETERS.findall(match[1])}
    if len(found) != 4 or found["alg"] != "ed25519":  # noqa: PLR2004 - each once
        raise ValueError("not the parameters that are asked for")
    if not 1 <= len(found["nonce"]) <= MAX_NONCE_CHARS:
        raise ValueError("no nonce of ours")
    return _Parameters(created=int(found["created"]), keyid=found["keyid"], nonce=found["nonce"])


def _raw(public: str) -> bytes:
    """Return the bytes of a public key.

    Raises:
        ValueError: it is no base64url.
    """
    try:
        return base64.urlsafe_b64decode(public + "=" * (-len(public) % 4))
    except binascii.Error as exc:
        raise ValueError("no base64url") from exc
