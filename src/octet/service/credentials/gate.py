"""The gate: which realm a credential opens, asked on every request.

A signature costs a quarter of a millisecond to verify, so those that fitted are remembered by the
token's hash, so many at most; kind, product, window, revocation and the signing key's own place on
the keyring are looked at every time.
"""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Final, Protocol

from attrs import frozen

from octet.service.credentials.errors import RefusedError, TokenError
from octet.service.credentials.keyring import Keyring, Kind
from octet.service.credentials.keyring_watch import KeyringWatch
from octet.service.credentials.post import Post
from octet.service.credentials.signature import Signature
from octet.service.credentials.signature import verify as verify_post
from octet.service.credentials.tokens import PRODUCT, Claims, Credential, verify
from octet.service.realm import DEV, Realm

MAX_REMEMBERED = 4096
"""Tokens whose signature is remembered."""


@frozen
class Admission:
    """A credential that was good just now."""

    realm: Realm
    """Where posts and reads with it belong."""
    claims: Claims | None = None
    """What it says besides, quota and name among it; None where none was asked for."""
    signature: Signature | None = None
    """What the body of the post has to fit, where the licence demands that."""


class Gate(Protocol):
    """Admits a request, or refuses it."""

    def license(self, token: str, post: Post, /) -> Admission:
        """Return where *post* with this licence belongs; an empty one is none.

        The body is yet to come: once it is here, `Signatures.spend` must see it.

        Raises:
            RefusedError: with the problem code.
        """

    def partner_key(self, token: str, /, *, loopback: bool = False) -> Admission:
        """Return what a read with this partner key may see; an empty one is none.

        *loopback* says that it came from this machine.

        Raises:
            RefusedError: with the problem code.
        """

    def fault(self) -> str | None:
        """Return why the gate is not in order, in words for the operator; None when it is."""


@frozen(kw_only=True)
class _Codes:
    """The problem codes of one kind of credential."""

    missing: str
    invalid: str
    expired: str
    not_yet_valid: str
    wrong_product: str
    revoked: str


_CODES: Final = {
    Kind.LICENSE: _Codes(
        missing="license_missing",
        invalid="license_invalid",
        expired="license_expired",
        not_yet_valid="license_not_yet_valid",
        wrong_product="license_wrong_product",
        revoked="license_revoked",
    ),
    Kind.PARTNER: _Codes(
        missing="partner_key_missing",
        invalid="partner_key_invalid",
        expired="partner_key_invalid",
        not_yet_valid="partner_key_invalid",
        wrong_product="partner_key_invalid",
        revoked="partner_key_revoked",
    ),
}


class KeyringGate:
    """The gate of a service with a keyring."""

    def __init__(self, watch: KeyringWatch, *, epoch_ms: Callable[[], int]) -> None:
        self._watch = watch
        self._epoch_ms = epoch_ms
        self._remembered: OrderedDict[bytes, Credential] = OrderedDict()

    def license(self, token: str, post: Post) -> Admission:
        """Return where *post* belongs, wherever it came from, if it is what the licence demands."""
        claims = self._admit(token, Kind.LICENSE)
        if claims.client_certs is not None and post.client_certificate not in claims.client_certs:
            raise RefusedError("client_cert_required")
        signature = None
        if claims.signing_keys is not None:
            signature = verify_post(post, claims.signing_keys, self._epoch_ms())
        return Admission(Realm(claims.partner, claims.live), claims, signature)

    def partner_key(self, token: str, *, loopback: bool = False) -> Admission:  # noqa: ARG002
        """Return what a read with this partner key may see, wherever it came from."""
        claims = self._admit(token, Kind.PARTNER)
        return Admission(Realm(claims.partner, claims.live), claims)

    def fault(self) -> str | None:
        """Return why the keyring on disk cannot be used; None when it can."""
        fault = self._watch.fault()
        return None if fault is None else f"keyring {fault}"

    def _admit(self, token: str, kind: Kind) -> Claims:
        codes = _CODES[kind]
        if not token:
            raise RefusedError(codes.missing)
        keyring = self._watch.keyring
        try:
            claims = self._verified(token, keyring).claims
        except TokenError as exc:
            raise RefusedError(codes.invalid) from exc
        if claims.kind is not kind:
            raise RefusedError(codes.invalid)
        if claims.product != PRODUCT:
            raise RefusedError(codes.wrong_product)
        if claims.jti in keyring.revoked_ids:
            raise RefusedError(codes.revoked)
        from_ms, before_ms = claims.window_ms
        now_ms = self._epoch_ms()
        if now_ms < from_ms:
            raise RefusedError(codes.not_yet_valid)
        if now_ms >= before_ms:
            raise RefusedError(codes.expired)
        return claims

    def _verified(self, token: str, keyring: Keyring) -> Credential:
        """Return the credential of a token whose signature fits, from memory where possible."""
        digest = sha256(token.encode()).digest()
        known = self._remembered.get(digest)
        if known is not None and known.kid in keyring.verifiers:
            self._remembered.move_to_end(digest)
            return known
        credential = verify(token, keyring.verifiers)
        self._remembered[digest] = credential
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        return credential


class OpenGate:
    """The gate of a developer's own service: everything is in the realm of `DEV`.

    Nothing can be verified without a keyring, so a credential that is sent opens what none opens;
    and so the gate is open to this machine alone, whatever address a server listens on.
    """

    def license(self, _token: str, post: Post) -> Admission:
        """Return the developer's realm."""
        return self._admit(Kind.LICENSE, loopback=post.loopback)

    def partner_key(self, _token: str, *, loopback: bool = False) -> Admission:
        """Return the developer's realm."""
        return self._admit(Kind.PARTNER, loopback=loopback)

    def fault(self) -> str | None:
        """Return None: nothing can be out of order."""
        return None

    def _admit(self, kind: Kind, *, loopback: bool) -> Admission:
        if not loopback:
            raise RefusedError(_CODES[kind].missing)
        return Admission(DEV)
