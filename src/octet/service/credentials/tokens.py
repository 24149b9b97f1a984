"""Credentials as tokens: PASETO v4.public behind a prefix that people can tell apart.

    octet_live_v4.public.<claims and signature>.<footer {"kid": "k4.pid.…"}>

The prefix is outside the signature, so the claim ``live`` repeats it inside: a test token does not
turn into a live one by another prefix.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

import pyseto
from attrs import frozen
from pyseto import KeyInterface, PysetoError

from octet.schema import SchemaError, decode, encode
from octet.schema.constraints import Identifier, Length, Pattern, Range
from octet.service.credentials.errors import TokenError
from octet.service.credentials.instant import Instant, to_ms
from octet.service.credentials.keyring import Kind, OperatorKey

PRODUCT = "browser"
MAX_TOKEN_CHARS = 8192
"""What is longer is no token of ours."""

_TOKEN = re.compile(r"octet_(live|test)_(v4\.public\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)")

SigningKey = Annotated[str, Pattern(r"[A-Za-z0-9_-]{43}")]
"""A raw Ed25519 public key, base64url."""
Thumbprint = Annotated[str, Pattern(r"[0-9a-f]{64}")]
"""SHA-256 of a client certificate (its DER), hex."""


@frozen(kw_only=True)
class Claims:
    """What the operator's signature vouches for; on the wire in camelCase."""

    kind: Kind
    product: Identifier
    partner: Identifier
    live: bool
    """Repeats the prefix inside the signature."""
    jti: Identifier
    """Names the token in ``keys list`` and ``keys revoke``."""
    nbf: Instant
    """Valid from."""
    exp: Instant
    """Valid before."""
    client_certs: Annotated[tuple[Thumbprint, ...], Length(1, 32)] | None = None
    """Posts are taken only over connections that show one of these certificates."""
    signing_keys: Annotated[tuple[SigningKey, ...], Length(1, 32)] | None = None
    """Posts are taken only when one of these keys has signed them."""
    quota: Annotated[int, Range(1)] | None = None
    """Requests a minute."""

    @cached_property
    def window_ms(self) -> tuple[int, int]:
        """`nbf` and `exp`, milliseconds since the Unix epoch."""
        return to_ms(self.nbf), to_ms(self.exp)


@frozen
class Footer:
    """Which key signed; not secret, not trusted before the signature fits."""

    kid: Identifier


@frozen
class Credential:
    """A token whose signature fits; whether it is good right now, the gate says."""

    claims: Claims
    kid: str
    """The key that signed it."""


def sign(claims: Claims, key: OperatorKey) -> str:
    """Return *claims* as a token signed by *key*."""
    prefix = "octet_live_" if claims.live else "octet_test_"
    token = pyseto.encode(key.pair, encode(claims), footer=encode(Footer(key.kid)))
    return prefix + token.decode("ascii")


def verify(token: str, keys: Mapping[str, KeyInterface]) -> Credential:
    """Return what *token* says, if one of *keys* (by kid) signed it. Reads no clock.

    Raises:
        TokenError: form, key, signature, claims or prefix do not fit; the message repeats nothing
            of the token.
    """
    match = _TOKEN.fullmatch(token) if len(token) <= MAX_TOKEN_CHARS else None
    if match is None:
        raise TokenError("not the form of a token")
    world, body = match.groups()
    try:
        footer = decode(Footer, _bytes(pyseto.Token.new(body).footer))
        if footer.kid not in keys:
            raise TokenError("signed by no key of ours")
        payload = pyseto.decode(keys[footer.kid], body).payload
        claims = decode(Claims, _bytes(payload))
    except (PysetoError, SchemaError, ValueError) as exc:
        raise TokenError("signature or claims do not fit") from exc
    if claims.live is not (world == "live"):
        raise TokenError("prefix and claims differ")
    return Credential(claims, footer.kid)


def _bytes(part: object) -> bytes:
    """Narrow what pyseto types as bytes or dict: without a deserializer it is bytes."""
    if not isinstance(part, bytes):
        raise TypeError("pyseto gave no bytes")
    return part
