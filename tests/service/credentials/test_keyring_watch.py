"""A running service and its keyring."""

import logging
from pathlib import Path

import pytest

from octet.service.credentials import KeyringError, KeyringFile, KeyringWatch
from octet.service.credentials.keyring_watch import CHECK_EVERY_S
from tests.service.fakes import Cupboard

REVOCATION_BUDGET_S = 60


class Hand:
    """The hand of a clock, moved by the test."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_change_is_seen(tmp_path: Path, hand: Hand) -> None:
    """A revocation is in force after the next look at the file, well within 60 s."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    cupboard.issue()
    watch = KeyringWatch(cupboard.file, monotonic=hand)
    assert not watch.keyring.revoked_ids
    cupboard.revoke()
    hand.now_s += CHECK_EVERY_S
    assert watch.keyring.revoked_ids == {"jti-1"}
    assert CHECK_EVERY_S < REVOCATION_BUDGET_S


def test_looks_are_rare(tmp_path: Path, hand: Hand) -> None:
    """Between two looks the file is left alone."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    cupboard.issue()
    watch = KeyringWatch(cupboard.file, monotonic=hand)
    _ = watch.keyring
    cupboard.revoke()
    hand.now_s += CHECK_EVERY_S / 2
    assert not watch.keyring.revoked_ids


def test_unchanged_is_not_read_again(tmp_path: Path, hand: Hand) -> None:
    """The same file gives the same keyring object."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    watch = KeyringWatch(cupboard.file, monotonic=hand)
    before = watch.keyring
    hand.now_s += CHECK_EVERY_S
    assert watch.keyring is before


@pytest.mark.parametrize("harm", ["remove", "damage", "expose"])
def test_harm_and_repair(
    tmp_path: Path, hand: Hand, caplog: pytest.LogCaptureFixture, harm: str
) -> None:
    """A harmed keyring leaves the last good one in force, is logged once, and heals."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    path, text = cupboard.file.path, cupboard.file.path.read_bytes()
    watch = KeyringWatch(cupboard.file, monotonic=hand)
    good = watch.keyring
    match harm:
        case "remove":
            path.unlink()
        case "damage":
            path.write_bytes(text[:-20])
        case "expose":
            path.chmod(0o644)
    for _ in range(3):
        hand.now_s += CHECK_EVERY_S
        assert watch.keyring is good
        assert watch.fault is not None
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    path.write_bytes(text)
    path.chmod(0o600)
    hand.now_s += CHECK_EVERY_S
    assert watch.keyring == good
    assert watch.fault is None


def test_first_reading_must_succeed(tmp_path: Path, hand: Hand) -> None:
    """There is no start without a keyring."""
    with pytest.raises(KeyringError):
        KeyringWatch(KeyringFile(tmp_path / "none"), monotonic=hand)
