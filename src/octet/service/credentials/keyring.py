"""The operator's keyring as data: keys, what they signed, what was revoked.

Three kinds of secrets, each for one use, so that nothing made with one is good for another:
operator keys sign credentials, verdict keys sign verdict tokens, and device keys are derived from
the device secret. A change gives a new keyring; `KeyringFile` reads and writes it.
"""

import base64
import secrets
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Final, Self

from attrs import evolve, field, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyseto import Key, KeyInterface, PysetoError

from octet.schema.constraints import Identifier, Length, Pattern, Version1
from octet.service.credentials.errors import KeyringError
from octet.service.credentials.instant import Instant, to_ms

PUBLISHED_MS: Final = 120_000
"""A verdict key is public for so long before it signs, so that neither another process, nor who
keeps the public keys for their `max-age`, ever meets a token whose key it does not know."""
MAX_VERDICT_MS: Final = 24 * 60 * 60 * 1000
"""The longest that a verdict, and so its token, may live."""
SECRET_BYTES: Final = 32


class Kind(StrEnum):
    """What a credential is for; one is never good for the other."""

    LICENSE = "license"
    """An edge's: posts envelopes."""
    PARTNER = "partner"
    """A backend's: reads verdicts."""


class KeyState(StrEnum):
    """What an operator key still does."""

    ACTIVE = "active"
    """Signs and verifies."""
    RETIRING = "retiring"
    """Only verifies, so that what it signed lives out its time."""


@frozen(kw_only=True)
class KeyPair:
    """One Ed25519 key pair of the operator's."""

    secret: str = field(repr=False)
    """PASERK ``k4.secret.…``; holds the public half too."""
    created: Instant

    @classmethod
    def generate(cls, created: str) -> Self:
        """Make a new key from the system's random source."""
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        return cls(secret=Key.new(4, "public", pem).to_paserk(), created=created)

    @cached_property
    def pair(self) -> KeyInterface:
        """The key pair; signs, and verifies what it signed.

        Raises:
            KeyringError: `secret` is no Ed25519 secret key.
        """
        try:
            if self.secret.startswith("k4.secret."):
                return Key.from_paserk(self.secret)
        except (PysetoError, ValueError):
            pass
        raise KeyringError("holds a key that is no k4.secret")  # and not its text

    @cached_property
    def kid(self) -> str:
        """``k4.pid.…``, the PASERK id of the public half; a token's footer names it."""
        return self.pair.to_peer_paserk_id()

    @cached_property
    def public(self) -> str:
        """``k4.public.…``, the public half."""
        return _public_paserk(self.secret)


@frozen(kw_only=True)
class OperatorKey(KeyPair):
    """One that signs credentials."""

    state: KeyState = KeyState.ACTIVE


@frozen(kw_only=True)
class Issued:
    """A credential that was handed out; the token itself is not kept."""

    jti: Identifier
    kind: Kind
    partner: Identifier
    live: bool
    nbf: Instant
    exp: Instant
    kid: Identifier | None = None
    """The operator key that signed it; keyrings of before do not tell."""


@frozen(kw_only=True)
class Revocation:
    """A credential that is good no more."""

    jti: Identifier
    at: Instant


@frozen(kw_only=True)
class Keyring:
    """Keys, issued credentials, revocations; the newest of each is last."""

    v: Version1 = 1
    keys: tuple[OperatorKey, ...]
    verdict_keys: Annotated[tuple[KeyPair, ...], Length(1, 1000)]
    """They sign verdict tokens."""
    device_secret: Annotated[str, Pattern(r"[A-Za-z0-9_-]{43}")] = field(repr=False)
    """What device keys are derived from, 32 bytes in base64url. Never rotated: a new one would make
    every browser a stranger."""
    issued: tuple[Issued, ...] = ()
    revoked: tuple[Revocation, ...] = ()

    @classmethod
    def fresh(cls, created: str) -> Self:
        """Make a keyring that has issued nothing, from the system's random source."""
        secret = base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).rstrip(b"=")
        return cls(
            keys=(OperatorKey.generate(created),),
            verdict_keys=(KeyPair.generate(created),),
            device_secret=secret.decode("ascii"),
        )

    @cached_property
    def verifiers(self) -> Mapping[str, KeyInterface]:
        """Every key that may have signed a valid token, by its kid."""
        return {key.kid: key.pair for key in self.keys}

    @cached_property
    def revoked_ids(self) -> frozenset[str]:
        """The ``jti`` of all that was revoked."""
        return frozenset(revocation.jti for revocation in self.revoked)

    def is_void(self, record: Issued) -> bool:
        """Return whether *record*, or the key that signed it, was revoked."""
        lost = record.kid is not None and record.kid not in self.verifiers
        return lost or record.jti in self.revoked_ids

    @property
    def active(self) -> OperatorKey:
        """The key that signs.

        Raises:
            KeyringError: there is none, or there are several.
        """
        match [key for key in self.keys if key.state is KeyState.ACTIVE]:
            case [key]:
                return key
            case keys:
                raise KeyringError(f"must have one active key, and has {len(keys)}")

    def verdict_signer(self, now_ms: int) -> KeyPair:
        """Return the verdict key that signs at *now_ms*, milliseconds since the Unix epoch."""
        ripe = [k for k in self.verdict_keys if to_ms(k.created) + PUBLISHED_MS <= now_ms]
        return ripe[-1] if ripe else self.verdict_keys[0]

    def rotated(self, created: str) -> Self:
        """Add a new key of each kind; the others verify on for what they signed.

        Verdict keys of which no token can live any more are forgotten.
        """
        retiring = (evolve(old, state=KeyState.RETIRING) for old in self.keys)
        gone_ms = to_ms(created) - PUBLISHED_MS - MAX_VERDICT_MS
        needed = (old for old, new in pairwise(self.verdict_keys) if to_ms(new.created) > gone_ms)
        return evolve(
            self,
            keys=(*retiring, OperatorKey.generate(created)),
            verdict_keys=(*needed, self.verdict_keys[-1], KeyPair.generate(created)),
        )

    def without_key(self, kid: str) -> Self:
        """Forget the operator key *kid*; nothing that it signed is good any more.

        Raises:
            KeyringError: it is the one that signs, or there is none.
        """
        if kid == self.active.kid:
            raise KeyringError("signs with that key: rotate first, and issue anew")
        kept = tuple(key for key in self.keys if key.kid != kid)
        if len(kept) == len(self.keys):
            raise KeyringError("has no operator key of that id")
        return evolve(self, keys=kept)

    def with_issued(self, record: Issued) -> Self:
        """Remember that a credential was handed out."""
        return evolve(self, issued=(*self.issued, record))

    def without_expired(self, before_ms: int) -> Self:
        """Forget what expired before *before_ms*, milliseconds since the Unix epoch.

        What was revoked stays: no clock that is wrong for once may make it valid again.
        """
        kept = tuple(
            record
            for record in self.issued
            if record.jti in self.revoked_ids or to_ms(record.exp) >= before_ms
        )
        return self if len(kept) == len(self.issued) else evolve(self, issued=kept)

    def with_revoked(self, jti: str, at: str) -> Self:
        """Revoke *jti*; to do it again changes nothing.

        Raises:
            KeyringError: no credential of that ``jti`` was issued from here.
        """
        if jti in self.revoked_ids:
            return self
        if all(record.jti != jti for record in self.issued):
            raise KeyringError("knows no credential of that jti, or it expired long ago")
        return evolve(self, revoked=(*self.revoked, Revocation(jti=jti, at=at)))


def _public_paserk(secret: str) -> str:
    """Return the public half of a ``k4.secret``: its last 32 bytes, as PASERK lays it out."""
    packed = secret.removeprefix("k4.secret.")
    raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    public = base64.urlsafe_b64encode(raw[-SECRET_BYTES:]).rstrip(b"=")
    return "k4.public." + public.decode("ascii")
