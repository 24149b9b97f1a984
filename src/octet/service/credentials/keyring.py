"""The operator's keyring as data: signing keys, what they signed, what was revoked.

Everything here is pure: a change gives a new keyring. `KeyringFile` reads and writes it.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Self

from attrs import evolve, field, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyseto import Key, KeyInterface, PysetoError

from octet.schema.constraints import Identifier, Version1
from octet.service.credentials.errors import KeyringError
from octet.service.credentials.instant import Instant, to_ms


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
class OperatorKey:
    """One Ed25519 key pair of the operator's."""

    secret: str = field(repr=False)
    """PASERK ``k4.secret.…``; holds the public half too."""
    state: KeyState
    created: Instant

    @classmethod
    def generate(cls, created: str) -> Self:
        """Make a new active key from the system's random source."""
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        return cls(
            secret=Key.new(4, "public", pem).to_paserk(), state=KeyState.ACTIVE, created=created
        )

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


@frozen(kw_only=True)
class Issued:
    """A credential that was handed out; the token itself is not kept."""

    jti: Identifier
    kind: Kind
    partner: Identifier
    live: bool
    nbf: Instant
    exp: Instant


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
    issued: tuple[Issued, ...] = ()
    revoked: tuple[Revocation, ...] = ()

    @cached_property
    def verifiers(self) -> Mapping[str, KeyInterface]:
        """Every key that may have signed a valid token, by its kid."""
        return {key.kid: key.pair for key in self.keys}

    @cached_property
    def revoked_ids(self) -> frozenset[str]:
        """The ``jti`` of all that was revoked."""
        return frozenset(revocation.jti for revocation in self.revoked)

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

    def rotated(self, key: OperatorKey) -> Self:
        """Make *key* the active one; all others verify on."""
        retiring = (evolve(old, state=KeyState.RETIRING) for old in self.keys)
        return evolve(self, keys=(*retiring, key))

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
