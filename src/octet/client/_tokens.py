"""Verdict tokens: what the service signed, checked without asking it.

PASETO v4.public. The signature is checked first; nothing of the token is believed before it fits,
except the key id in the footer, which only picks the key.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from attrs import evolve, frozen

from octet.client._errors import TokenError
from octet.schema import SchemaError, decode, json_text, structure
from octet.schema.constraints import SessionRef
from octet.schema.verdict import Verdict

MAX_TOKEN_CHARS: Final = 65_536
"""What is longer is no token; one with a large region has a few thousand."""

_FORM: Final = re.compile(r"v4\.public\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@frozen(kw_only=True)
class VerifiedVerdict:
    """What a token proves: this verdict was given on this reference to this partner."""

    verdict: Verdict
    """As the service gave it, with the token in it."""
    ref: str
    partner: str
    """Whose verdict it is, the token's ``aud``."""
    live: bool
    """False for what test credentials posted and read."""
    issued_at: datetime
    """In UTC."""
    expires_at: datetime
    """In UTC; before that the token is good."""


@frozen(kw_only=True)
class Wanted:
    """What a token must be for."""

    partner: str
    """To whom it was given."""
    live: bool
    """False: by test credentials, which say nothing of a live session."""
    ref: str | None
    """On which reference; None for any."""

    def check(self, verified: VerifiedVerdict) -> None:
        """Refuse what was given to somebody else, or on another reference.

        Raises:
            TokenError: it was.
        """
        if verified.partner != self.partner:
            raise TokenError("the token is another partner's", code="token_wrong_partner")
        if verified.live is not self.live:
            kind = "live" if verified.live else "test"
            raise TokenError(f"the token is a {kind} one", code="token_wrong_kind")
        if self.ref is not None and verified.ref != self.ref:
            raise TokenError("the token is for another reference", code="token_wrong_ref")


@frozen(kw_only=True)
class _Claims:
    """Beside the verdict's own members."""

    sub: SessionRef
    aud: str
    live: bool
    iat: str
    exp: str


@frozen
class _Footer:
    kid: str


def key_id(token: str) -> str:
    """Return the id of the key that *token* says it is signed by; believe nothing yet.

    Raises:
        TokenError: it is no token.
    """
    pyseto = require_pyseto()
    if len(token) > MAX_TOKEN_CHARS or _FORM.fullmatch(token) is None:
        raise TokenError("this is no verdict token", code="token_malformed")
    try:
        return decode(_Footer, _bytes(pyseto.Token.new(token).footer)).kid
    except (pyseto.PysetoError, ValueError) as exc:
        raise TokenError("the token names no key", code="token_malformed") from exc


def by_kid(paserks: Iterable[str]) -> Mapping[str, str]:
    """Return public keys by their ids; what is no ``k4.public.…`` is left out."""
    pyseto = require_pyseto()
    keys: dict[str, str] = {}
    for paserk in paserks:
        if paserk.startswith("k4.public."):  # a secret key would verify, too, and must not be here
            try:
                keys[pyseto.Key.from_paserk(paserk).to_paserk_id()] = paserk
            except (pyseto.PysetoError, ValueError):
                continue
    return keys


def read_token(token: str, paserk: str | None, wanted: Wanted, *, now_s: float) -> VerifiedVerdict:
    """Return what *token* proves.

    Args:
        token: as `Verdict.token` was.
        paserk: the key that `key_id` names; None when nobody knows it.
        wanted: what it must be for.
        now_s: the present, seconds since the Unix epoch.

    Raises:
        TokenError: it proves nothing; `code` says which check failed.
    """
    pyseto = require_pyseto()
    if paserk is None:
        raise TokenError("the token is signed by an unknown key", code="token_key_unknown")
    try:
        payload = pyseto.decode(pyseto.Key.from_paserk(paserk), token).payload
    except (pyseto.PysetoError, ValueError) as exc:
        raise TokenError("the token's signature does not fit", code="token_forged") from exc
    verified = _claims(_bytes(payload), token)
    if verified.expires_at.timestamp() <= now_s:
        raise TokenError("the token has expired", code="token_expired")
    wanted.check(verified)
    return verified


def _claims(payload: bytes, token: str) -> VerifiedVerdict:
    try:
        members = json_text.loads(payload)
        claims = structure(_Claims, members)
        verdict = structure(Verdict, members)
        return VerifiedVerdict(
            verdict=evolve(verdict, token=token),
            ref=claims.sub,
            partner=claims.aud,
            live=claims.live,
            issued_at=_instant(claims.iat),
            expires_at=_instant(claims.exp),
        )
    except (SchemaError, ValueError) as exc:
        raise TokenError("the token holds no verdict", code="token_malformed") from exc


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time without its zone")
    return instant.astimezone(UTC)


def _bytes(part: Any) -> bytes:
    """Narrow what pyseto types as bytes or dict: without a deserializer it is bytes."""
    if not isinstance(part, bytes):
        raise TypeError("pyseto gave no bytes")
    return part


def require_pyseto() -> Any:
    """Import the library that only tokens need.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import pyseto  # noqa: PLC0415 - an extra: who reads no token need not have it
    except ImportError as exc:
        raise ImportError("tokens need another package: pip install octet[tokens]") from exc
    return pyseto
