"""The keyring as data."""

import pytest
from attrs import evolve
from pyseto import Key

from octet.service.credentials import Keyring, KeyringError
from octet.service.credentials.instant import to_ms, to_text
from octet.service.credentials.keyring import (
    MAX_VERDICT_MS,
    PUBLISHED_MS,
    Issued,
    KeyState,
    Kind,
    OperatorKey,
)

THEN = "2026-09-21T00:00:00+00:00"
DAY_MS = 24 * 60 * 60 * 1000


def make() -> Keyring:
    return Keyring.fresh(THEN)


def issued(jti: str) -> Issued:
    return Issued(jti=jti, kind=Kind.LICENSE, partner="acme", live=True, nbf=THEN, exp=THEN)


def test_kid_is_a_public_key_id() -> None:
    """A key is named by the PASERK id of its public half, and no two are named alike."""
    first, second = make().active, make().active
    assert first.kid.startswith("k4.pid.")
    assert first.kid != second.kid


def test_secret_is_not_shown() -> None:
    """The text of a key, which may end up in a traceback, has no secret in it."""
    key = make().active
    assert key.secret not in repr(key)


def test_rotation_leaves_no_gap() -> None:
    """After a rotation the new key signs, and both verify."""
    before = make()
    after = before.rotated(THEN)
    assert after.active.kid != before.active.kid
    assert set(after.verifiers) == {before.active.kid, after.active.kid}
    assert [key.state for key in after.keys] == [KeyState.RETIRING, KeyState.ACTIVE]


def test_a_key_takes_what_it_signed_along() -> None:
    """What a forgotten key signed is void; what another signed, or nobody knows which, is not."""
    first = make()
    ring = first.rotated(THEN)
    kids = (first.active.kid, ring.active.kid, None)
    records = [evolve(issued(f"by-{number}"), kid=kid) for number, kid in enumerate(kids)]
    assert [ring.is_void(record) for record in records] == [False, False, False]
    after = ring.without_key(first.active.kid)
    assert [after.is_void(record) for record in records] == [True, False, False]
    with pytest.raises(KeyringError, match="rotate first"):
        after.without_key(after.active.kid)


def test_verdict_keys_are_forgotten_when_no_token_of_theirs_lives() -> None:
    """A verdict key stays for as long as what it signed last may live, and no longer."""
    start = to_ms(THEN)
    first = make()
    second = first.rotated(to_text(start + DAY_MS))
    last_token_ms = start + DAY_MS + PUBLISHED_MS + MAX_VERDICT_MS
    third = second.rotated(to_text(last_token_ms - 1000))
    assert third.verdict_keys[:2] == second.verdict_keys
    assert second.rotated(to_text(last_token_ms)).verdict_keys[:-1] == second.verdict_keys[1:]
    assert first.rotated(to_text(start + 400 * DAY_MS)).verdict_keys[:-1] == first.verdict_keys


def test_rotation_keeps_the_device_secret() -> None:
    """A rotation makes no browser a stranger; two keyrings have nothing in common."""
    keyring = make()
    assert keyring.rotated(THEN).device_secret == keyring.device_secret
    assert make().device_secret != keyring.device_secret
    assert keyring.device_secret not in repr(keyring)


def test_public_half() -> None:
    """What is published of a key is its public half: the id of that is the key's own."""
    key = make().verdict_keys[0]
    assert Key.from_paserk(key.public).to_paserk_id() == key.kid


def test_revocation_is_idempotent() -> None:
    """To revoke twice is to revoke once."""
    keyring = make().with_issued(issued("a")).with_issued(issued("b")).with_revoked("a", THEN)
    assert keyring.revoked_ids == {"a"}
    assert keyring.with_revoked("a", THEN) == keyring


def test_long_expired_are_forgotten() -> None:
    """What expired before the given time is forgotten, but for what was revoked."""
    keyring = make().with_issued(issued("a")).with_issued(issued("b")).with_revoked("a", THEN)
    assert keyring.without_expired(to_ms(THEN)) == keyring
    later = keyring.without_expired(to_ms(THEN) + 1)
    assert [record.jti for record in later.issued] == ["a"]
    assert (later.revoked, later.keys) == (keyring.revoked, keyring.keys)


def test_unknown_jti() -> None:
    """A mistyped jti is told, not taken."""
    with pytest.raises(KeyringError, match="no credential"):
        make().with_revoked("nobody", THEN)


@pytest.mark.parametrize("count", [0, 2])
def test_one_active_key(count: int) -> None:
    """Exactly one key signs."""
    keyring = evolve(make(), keys=tuple(OperatorKey.generate(THEN) for _ in range(count)))
    with pytest.raises(KeyringError, match=f"one active key, and has {count}"):
        _ = keyring.active


@pytest.mark.parametrize("secret", ["", "k4.secret.AAAA", "k4.local." + "A" * 43, "nonsense"])
def test_damaged_key(secret: str) -> None:
    """A key that is none is told without being repeated."""
    key = OperatorKey(secret=secret, state=KeyState.ACTIVE, created=THEN)
    with pytest.raises(KeyringError) as caught:
        _ = key.pair
    assert not secret or secret not in str(caught.value)
