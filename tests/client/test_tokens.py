"""What a token proves, and all the ways in which it proves nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyseto
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.client import TokenError, Verdict, VerifiedVerdict, verify_token
from octet.client._tokens import MAX_TOKEN_CHARS, by_kid, key_id
from octet.client.testing import Signer
from octet.schema import encode, unstructure
from octet.schema.verdict import Alarm
from tests.schema.strategies import values

NOW = datetime(2026, 11, 22, 13, 37, tzinfo=UTC)
REF = "sess_0123456789abcdefABCDEF"
GERMANY = Verdict(country="DE", confidence=0.91, alarm=Alarm.NONE, device_key="dk_x")
SIGNER = Signer.generate()
STRANGER = Signer.generate()


def token(signer: Signer = SIGNER, **changes: Any) -> str:
    """Sign a token, with *changes* of its claims; None leaves one out."""
    claims = {
        "sub": REF,
        "aud": "acme",
        "live": True,
        "iat": NOW.isoformat(),
        "exp": (NOW + timedelta(seconds=600)).isoformat(),
        **unstructure(GERMANY),
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return seal(signer, encode(kept), encode({"kid": signer.kid}))


def seal(signer: Signer, payload: bytes, footer: bytes) -> str:
    return pyseto.encode(signer._pair, payload, footer=footer).decode()


def check(text: str, *, after_s: float = 0.0, **options: Any) -> VerifiedVerdict:
    settings = {"keys": [SIGNER.paserk], "partner": "acme", "ref": REF, **options}
    return verify_token(text, epoch_s=lambda: NOW.timestamp() + after_s, **settings)


def test_a_good_token_proves_its_verdict() -> None:
    """The verdict comes back as it was given, with whose it is and its times."""
    text = token()
    verified = check(text)
    assert verified.verdict.token == text
    assert unstructure(verified.verdict) == unstructure(GERMANY) | {"token": text}
    assert (verified.ref, verified.partner, verified.live) == (REF, "acme", True)
    assert verified.issued_at == NOW
    assert verified.expires_at == NOW + timedelta(seconds=600)


@given(values(Verdict))
def test_every_verdict_survives_its_token(verdict: Verdict) -> None:
    """What the service signs, the client reads back."""
    text = SIGNER.sign(verdict, ref=REF, partner="acme", live=True, issued_at=NOW)
    expected = unstructure(verdict) | {"token": text}
    assert unstructure(check(text).verdict) == expected


def test_members_of_a_later_version_change_nothing() -> None:
    """A newer service may say more."""
    assert check(token(shoeSize=42)).verdict.country == "DE"


@pytest.mark.parametrize(
    ("changes", "options", "code"),
    [
        ({"aud": "rival"}, {}, "token_wrong_partner"),
        ({}, {"partner": "rival"}, "token_wrong_partner"),
        ({"sub": "sess_another1"}, {}, "token_wrong_ref"),
        ({"live": False}, {}, "token_wrong_kind"),
        ({}, {"live": False}, "token_wrong_kind"),
        ({}, {"after_s": 600}, "token_expired"),
        ({"exp": NOW.isoformat()}, {}, "token_expired"),
        ({}, {"keys": []}, "token_key_unknown"),
        ({}, {"keys": [STRANGER.paserk]}, "token_key_unknown"),
        ({"exp": None}, {}, "token_malformed"),
        ({"exp": "tomorrow"}, {}, "token_malformed"),
        ({"exp": "2026-11-22T14:00:00"}, {}, "token_malformed"),
        ({"exp": 1790000000}, {}, "token_malformed"),
        ({"sub": None}, {}, "token_malformed"),
        ({"aud": ["acme"]}, {}, "token_malformed"),
        ({"live": None}, {}, "token_malformed"),
        ({"alarm": "extreme"}, {}, "token_malformed"),
        ({"confidence": 7}, {}, "token_malformed"),
    ],
)
def test_a_token_that_proves_nothing(
    changes: dict[str, Any], options: dict[str, Any], code: str
) -> None:
    """Each check that fails has its code."""
    with pytest.raises(TokenError) as caught:
        check(token(**changes), **options)
    assert caught.value.code == code


def test_without_a_reference_any_is_taken() -> None:
    """Who gets a token from elsewhere learns the reference from it."""
    assert check(token(sub="sess_another1"), ref=None).ref == "sess_another1"


def test_a_test_token_is_taken_where_one_is_wanted() -> None:
    """And only there."""
    assert check(token(live=False), live=False).live is False


def flip(text: str, place: int) -> str:
    """Change one character of the encoded payload."""
    start = len("v4.public.") + place
    return text[:start] + ("A" if text[start] != "A" else "B") + text[start + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: flip(text, 10),
        lambda text: flip(text, len(text) // 2),
        lambda _: seal(STRANGER, b"{}", encode({"kid": SIGNER.kid})),
        lambda text: text.rpartition(".")[0] + "." + token(STRANGER).rpartition(".")[2],
    ],
    ids=["payload", "signature", "stranger's key", "stranger's footer"],
)
def test_a_forged_token_is_refused(damage: Callable[[str], str]) -> None:
    """One character, another key under our name, or another footer: no signature fits."""
    with pytest.raises(TokenError) as caught:
        check(damage(token()), keys=[SIGNER.paserk, STRANGER.paserk])
    assert caught.value.code in ("token_forged", "token_malformed")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "octet_live_v4.public.x.y",
        "v4.public.",
        "v4.public.AAAA",
        "v4.public.AAAA.AAAA",
        "v4.local.AAAA.AAAA",
        "v3.public.AAAA.AAAA",
        seal(SIGNER, b"{}", b""),
        seal(SIGNER, b"{}", b"\xff"),
        seal(SIGNER, b"{}", b'{"kid":7}'),
        seal(SIGNER, b"{}", encode({"kid": SIGNER.kid})),
        seal(SIGNER, b"\xff", encode({"kid": SIGNER.kid})),
        "v4.public." + "A" * MAX_TOKEN_CHARS + ".AAAA",
    ],
    ids=range(13),  # the signer's key is drawn, and a name must not be
)
def test_what_is_no_token_is_malformed(text: str) -> None:
    """Any text at all is refused by the same error."""
    with pytest.raises(TokenError) as caught:
        check(text)
    assert caught.value.code == "token_malformed"


@given(st.text() | st.text(alphabet="v4.publicAZaz09-_").map(lambda text: f"v4.public.{text}"))
def test_no_text_raises_anything_else(text: str) -> None:
    """Tokens come from pages."""
    with pytest.raises(TokenError):
        check(text)


def test_the_error_repeats_nothing_of_the_token() -> None:
    """An error may reach a log, a token must not."""
    text = token(aud="rival")
    with pytest.raises(TokenError) as caught:
        check(text)
    assert text not in repr(caught.value)
    assert "rival" not in repr(caught.value)
    assert text not in repr(check(token()))


def test_only_public_keys_verify() -> None:
    """Whatever else a listing holds is left out, and ids are derived from the keys."""
    secret = str(SIGNER._pair.to_paserk())
    local = "k4.local.cHFyc3R1dnd4eXp7fH1-f4CBgoOEhYaHiImKi4yNjo8"
    keys = by_kid([SIGNER.paserk, secret, local, "k4.public.short", "", "nonsense"])
    assert keys == {SIGNER.kid: SIGNER.paserk}
    assert key_id(token()) == SIGNER.kid
