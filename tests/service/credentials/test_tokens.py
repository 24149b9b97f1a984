"""Tokens: what was signed is read, anything else is refused."""

import json
from pathlib import Path
from typing import Any

import pyseto
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from octet.service.credentials import Kind, TokenError
from octet.service.credentials.instant import to_text
from octet.service.credentials.keyring import OperatorKey
from octet.service.credentials.tokens import Claims, sign, verify
from tests.service.fakes import NOW_MS, Cupboard

KEY = OperatorKey.generate(to_text(NOW_MS))
KEYS = {KEY.kid: KEY.pair}
CLAIMS = Claims(
    kind=Kind.LICENSE,
    product="browser",
    partner="acme",
    live=True,
    jti="a1",
    nbf=to_text(NOW_MS),
    exp=to_text(NOW_MS + 1000),
)


def forge(claims: Any, *, prefix: str = "octet_live_", footer: Any = None) -> str:
    """Sign what the project itself would not."""
    token = pyseto.encode(KEY.pair, claims, footer=footer or {"kid": KEY.kid})
    return prefix + token.decode()


@pytest.mark.parametrize("live", [True, False])
def test_round_trip(live: bool) -> None:
    """A token says what was signed, behind the prefix of its world."""
    claims = evolve(CLAIMS, live=live, quota=60, signing_keys=("A" * 43,))
    token = sign(claims, KEY)
    assert token.startswith("octet_live_v4.public." if live else "octet_test_v4.public.")
    assert verify(token, KEYS).claims == claims


def test_claims_on_the_wire() -> None:
    """The payload has the contract's claims, and the footer names the key."""
    token = pyseto.decode(KEY.pair, sign(CLAIMS, KEY).removeprefix("octet_live_"))
    assert isinstance(token.payload, bytes)
    assert isinstance(token.footer, bytes)
    assert json.loads(token.footer) == {"kid": KEY.kid}
    assert json.loads(token.payload) == {
        "kind": "license",
        "product": "browser",
        "partner": "acme",
        "live": True,
        "jti": "a1",
        "nbf": "2026-09-21T14:13:20+00:00",
        "exp": "2026-09-21T14:13:21+00:00",
    }


def test_window_reads_no_clock() -> None:
    """Long expired or not yet valid, the signature still fits: time is the gate's business."""
    old = evolve(CLAIMS, nbf="1971-01-01T00:00:00Z", exp="1972-01-01T00:00:00Z")
    assert verify(sign(old, KEY), KEYS).claims.window_ms == (31536000000, 63072000000)


def test_prefix_is_bound() -> None:
    """A test token does not turn into a live one by another prefix, nor the other way round."""
    test = sign(evolve(CLAIMS, live=False), KEY)
    with pytest.raises(TokenError, match="prefix"):
        verify(test.replace("octet_test_", "octet_live_"), KEYS)
    with pytest.raises(TokenError, match="prefix"):
        verify(sign(CLAIMS, KEY).replace("octet_live_", "octet_test_"), KEYS)


def test_foreign_key() -> None:
    """Another operator's token is refused, even when it claims our key."""
    stranger = OperatorKey.generate(to_text(NOW_MS))
    with pytest.raises(TokenError, match="no key of ours"):
        verify(sign(CLAIMS, stranger), KEYS)
    with pytest.raises(TokenError, match="signature"):
        verify(sign(CLAIMS, stranger), {stranger.kid: KEY.pair})


WHOLE = sign(CLAIMS, KEY)


@given(st.integers(11, len(WHOLE) - 1), st.sampled_from("ABab01_-."))
def test_no_character_can_change(place: int, character: str) -> None:
    """A token with one character changed is refused, or it spells the same bytes."""
    changed = WHOLE[:place] + character + WHOLE[place + 1 :]
    try:
        credential = verify(changed, KEYS)
    except TokenError:
        return
    assert credential.claims == CLAIMS


@pytest.mark.parametrize(
    "token",
    [
        "",
        "octet_live_",
        "v4.public.AAAA.AAAA",
        "octet_live_v4.public.AAAA",
        "octet_live_v4.local.AAAA.AAAA",
        "octet_live_v4.public.AAAA.AAAA",
        "octet_live_v4.public.AAAA.eyJraWQiOjF9",
        "octet_other_" + WHOLE.removeprefix("octet_live_"),
        WHOLE + "\n",
        WHOLE + ".AAAA",
        "ö",
        "octet_live_v4.public." + "A" * 100_000 + ".AAAA",
    ],
)
def test_no_token(token: str) -> None:
    """What has not the form of a token is refused, whatever it is."""
    with pytest.raises(TokenError):
        verify(token, KEYS)


@pytest.mark.parametrize(
    "claims",
    [
        b"not json",
        {},
        {"kind": "license"},
        {"kind": "other"},
        {"live": 1},
        {"nbf": "2026-09-21"},
        {"quota": 0},
        {"partner": "a b"},
        {"signingKeys": []},
    ],
)
def test_signed_nonsense(claims: Any) -> None:
    """Even what our own key signed must be the contract's claims."""
    if isinstance(claims, dict) and len(claims) == 1 and "kind" not in claims:
        claims = {
            "kind": "license",
            "product": "browser",
            "partner": "acme",
            "live": True,
            "jti": "a1",
            "nbf": to_text(NOW_MS),
            "exp": to_text(NOW_MS),
        } | claims
    with pytest.raises(TokenError):
        verify(forge(claims), KEYS)


def test_refusal_repeats_nothing(tmp_path: Path) -> None:
    """The error's text has nothing of the token in it."""
    token = Cupboard(tmp_path / "keyring.json").issue()
    with pytest.raises(TokenError) as caught:
        verify(token, KEYS)
    assert token[11:40] not in str(caught.value)
