"""Verdict tokens: a verdict that can be verified offline, PASETO v4.public.

The payload is the verdict's own members with `sub`, `aud`, `live`, `iat`, `exp` (docs/service.md).
Keys that sign verdicts sign nothing else, so no claim has to tell tokens of two kinds apart.
"""

from collections.abc import Callable

import pyseto
from attrs import evolve, frozen

from octet.schema import encode, unstructure
from octet.schema.verdict import Verdict
from octet.service.credentials.instant import to_text
from octet.service.credentials.keyring import Keyring, KeyState
from octet.service.credentials.tokens import Footer
from octet.service.realm import Realm


@frozen
class PublishedKey:
    """One key of ``GET /v1/keys``."""

    kid: str
    paserk: str
    state: KeyState


@frozen
class PublishedKeys:
    """The body of ``GET /v1/keys``."""

    keys: tuple[PublishedKey, ...]


class VerdictTokens:
    """Signs verdicts with the key that is in force, and publishes the keys that verify them."""

    def __init__(
        self, keyring: Callable[[], Keyring], *, ttl_s: int, epoch_ms: Callable[[], int]
    ) -> None:
        """Sign by whatever *keyring* gives at the time.

        Args:
            keyring: the keyring in force.
            ttl_s: how long a token is valid, seconds.
            epoch_ms: the wall clock.
        """
        self._keyring = keyring
        self._ttl_s = ttl_s
        self._epoch_ms = epoch_ms

    def sealed(self, realm: Realm, ref: str, verdict: Verdict) -> Verdict:
        """Return *verdict* with a token of what it says of *ref*, issued now."""
        now_ms = self._epoch_ms()
        key = self._keyring().verdict_signer(now_ms)
        claims = {
            "sub": ref,
            "aud": realm.partner,
            "live": realm.live,
            "iat": to_text(now_ms),
            "exp": to_text(now_ms + self._ttl_s * 1000),
            **unstructure(evolve(verdict, token=None)),
        }
        token = pyseto.encode(key.pair, encode(claims), footer=encode(Footer(key.kid)))
        return evolve(verdict, token=token.decode("ascii"))

    def published(self) -> PublishedKeys:
        """Return every key that may have signed a token that lives, the newest last.

        One that is about to sign is active already.
        """
        keyring = self._keyring()
        signer = keyring.verdict_signer(self._epoch_ms())
        retired = keyring.verdict_keys.index(signer)
        return PublishedKeys(
            tuple(
                PublishedKey(
                    kid=key.kid,
                    paserk=key.public,
                    state=KeyState.RETIRING if place < retired else KeyState.ACTIVE,
                )
                for place, key in enumerate(keyring.verdict_keys)
            )
        )
