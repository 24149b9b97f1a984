"""Verdict tokens, verified by pyseto with nothing but what the service publishes."""

import json
from typing import Any

import pyseto
import pytest
from attrs import evolve
from hypothesis import given

from octet.schema import unstructure
from octet.schema.verdict import Verdict
from octet.service.credentials import Keyring, Kind, TokenError
from octet.service.credentials.instant import to_text
from octet.service.credentials.keyring import PUBLISHED_MS
from octet.service.credentials.tokens import verify
from octet.service.realm import Realm
from octet.service.verdicts.token import VerdictTokens
from tests.schema.strategies import values
from tests.service.fakes import ACME, GERMANY, NOW_MS, Cupboard

REF = "sess_12345678"
TTL_S = 600


class Mint:
    """Tokens of one keyring, on a clock that can be set."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.keyring = Keyring.fresh(to_text(NOW_MS))
        self.tokens = VerdictTokens(lambda: self.keyring, ttl_s=TTL_S, epoch_ms=lambda: self.now_ms)

    def sealed(self, verdict: Verdict = GERMANY, realm: Realm = ACME) -> str:
        token = self.tokens.sealed(realm, REF, verdict).token
        assert token is not None
        return token

    def rotate(self) -> None:
        self.keyring = self.keyring.rotated(to_text(self.now_ms))

    def published(self) -> list[tuple[str, str]]:
        return [(key.kid, str(key.state)) for key in self.tokens.published().keys]

    def read(self, token: str) -> Any:
        """Verify *token* as a stranger does: by the public keys."""
        by_kid = {key.kid: key.paserk for key in self.tokens.published().keys}
        kid = kid_of(token)
        return json.loads(pyseto.decode(pyseto.Key.from_paserk(by_kid[kid]), token).payload)  # type: ignore[arg-type]


def kid_of(token: str) -> str:
    footer = pyseto.Token.new(token).footer
    assert isinstance(footer, bytes)
    return str(json.loads(footer)["kid"])


@pytest.fixture
def mint() -> Mint:
    return Mint()


@given(verdict=values(Verdict))
def test_claims(verdict: Verdict) -> None:
    """A token says the reference, the partner, its window, and every member of the verdict."""
    mint = Mint()
    plain = unstructure(evolve(verdict, token=None))
    assert mint.read(mint.sealed(verdict)) == plain | {
        "sub": REF,
        "aud": "acme",
        "live": True,
        "iat": "2026-09-21T14:13:20+00:00",
        "exp": "2026-09-21T14:23:20+00:00",
    }


def test_test_tokens_say_so(mint: Mint) -> None:
    """What came about by test credentials cannot pass for a live verdict."""
    assert mint.read(mint.sealed(realm=Realm("acme", live=False)))["live"] is False


def test_sealing_changes_nothing_else(mint: Mint) -> None:
    """The verdict itself stays what it is."""
    assert evolve(mint.tokens.sealed(ACME, REF, GERMANY), token=None) == GERMANY


def test_one_kind_is_never_another(mint: Mint, tmp_path: Any) -> None:
    """A verdict token opens no door, and a credential verifies by no published key."""
    token = mint.sealed()
    for prefix in ("octet_live_", "octet_test_"):
        with pytest.raises(TokenError):
            verify(prefix + token, mint.keyring.verifiers)
    cupboard = Cupboard(tmp_path / "keyring.json")
    mint.keyring = cupboard.file.read()
    for kind in Kind:
        credential = cupboard.issue(kind).removeprefix("octet_live_")
        assert kid_of(credential) not in dict(mint.published())
        for key in mint.tokens.published().keys:
            with pytest.raises(pyseto.VerifyError):
                pyseto.decode(pyseto.Key.from_paserk(key.paserk), credential)


def test_no_claim_makes_a_credential_of_a_verdict_key(mint: Mint) -> None:
    """Even claims of a licence, signed by a verdict key, are no licence."""
    signer = mint.keyring.verdict_keys[0]
    claims = {"kind": "license", "product": "browser", "partner": "acme", "live": True}
    window = {"jti": "j", "nbf": to_text(NOW_MS), "exp": to_text(NOW_MS + 1000)}
    forged = pyseto.encode(
        signer.pair, json.dumps(claims | window).encode(), footer=f'{{"kid":"{signer.kid}"}}'
    )
    with pytest.raises(TokenError, match="no key of ours"):
        verify("octet_live_" + forged.decode(), mint.keyring.verifiers)


def test_rotation_publishes_before_it_signs(mint: Mint) -> None:
    """A new key is published at once and signs when everybody has it; the old one verifies on."""
    (first,) = mint.published()
    mint.rotate()
    before = mint.sealed()
    second = mint.published()[1]
    assert mint.published() == [first, second]
    assert (kid_of(before), second[1]) == (first[0], "active")
    mint.now_ms += PUBLISHED_MS - 1
    assert kid_of(mint.sealed()) == first[0]
    mint.now_ms += 1
    assert kid_of(mint.sealed()) == second[0]
    assert mint.published() == [(first[0], "retiring"), second]
    assert mint.read(before)["sub"] == REF
