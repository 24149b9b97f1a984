"""A running service and its keyring."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.service.credentials import Keyring, KeyringError, KeyringFile, KeyringWatch
from octet.service.credentials.keyring_watch import CHECK_EVERY_S, STALE_S
from tests.service.fakes import Cupboard

REVOCATION_BUDGET_S = 60


def watch_on(file: KeyringFile) -> KeyringWatch:
    return KeyringWatch(file, monotonic=trio.current_time)


async def test_change_is_seen(tmp_path: Path) -> None:
    """A revocation is in force after the next look at the file."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    cupboard.issue()
    watch = watch_on(cupboard.file)
    cupboard.revoke()
    assert not watch.keyring.revoked_ids
    await watch.refresh()
    assert watch.keyring.revoked_ids == {"jti-1"}


async def test_looks_again_and_again(
    tmp_path: Path, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running watch looks well within the time that a revocation may take, in due distance."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    watch = watch_on(cupboard.file)
    looks: list[float] = []

    async def look() -> None:
        looks.append(trio.current_time())

    monkeypatch.setattr(watch, "refresh", look)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch.run)
        for _ in range(3):
            await wait_all_tasks_blocked()
            mock_clock.jump(CHECK_EVERY_S)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert looks == [CHECK_EVERY_S, 2 * CHECK_EVERY_S, 3 * CHECK_EVERY_S]
    assert 2 * CHECK_EVERY_S < STALE_S < REVOCATION_BUDGET_S


async def test_unchanged_is_not_read_again(tmp_path: Path) -> None:
    """The same file gives the same keyring object."""
    watch = watch_on(Cupboard(tmp_path / "keyring.json").file)
    before = watch.keyring
    await watch.refresh()
    assert watch.keyring is before


async def test_reading_leaves_the_loop(
    tmp_path: Path, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large keyring is read beside the event loop; meanwhile the old one is in force."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    watch = watch_on(cupboard.file)
    before = watch.keyring
    await watch.refresh()
    cupboard.issue()
    reading, may_read = threading.Event(), threading.Event()

    def read_slowly(file: KeyringFile, read: Callable[..., Keyring] = KeyringFile.read) -> Keyring:
        reading.set()
        assert may_read.wait(timeout=30)
        return read(file)

    monkeypatch.setattr(KeyringFile, "read", read_slowly)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch.refresh)
        await trio.to_thread.run_sync(reading.wait)
        assert watch.keyring is before
        assert watch.fault() is None
        mock_clock.jump(STALE_S + 1)
        assert "is not looked at" in str(watch.fault())
        may_read.set()
    assert len(watch.keyring.issued) == 1
    assert watch.fault() is None


@pytest.mark.parametrize("harm", ["remove", "damage", "expose"])
async def test_harm_and_repair(tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: str) -> None:
    """A harmed keyring leaves the last good one in force, is logged once, and heals."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    path, text = cupboard.file.path, cupboard.file.path.read_bytes()
    watch = watch_on(cupboard.file)
    good = watch.keyring
    match harm:
        case "remove":
            path.unlink()
        case "damage":
            path.write_bytes(text[:-20])
        case "expose":
            path.chmod(0o644)
    for _ in range(3):
        await watch.refresh()
        assert watch.keyring is good
        assert watch.fault() is not None
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    path.write_bytes(text)
    path.chmod(0o600)
    await watch.refresh()
    assert watch.keyring == good
    assert watch.fault() is None


async def test_our_own_mistake_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a look raises, it is a fault, and the next look may find all well."""
    watch = watch_on(Cupboard(tmp_path / "keyring.json").file)
    with monkeypatch.context() as patch:
        patch.setattr(watch, "_look", lambda: 1 // 0)
        await watch.refresh()
    assert "ZeroDivisionError" in str(watch.fault())
    await watch.refresh()
    assert watch.fault() is None


def test_first_reading_must_succeed(tmp_path: Path) -> None:
    """There is no start without a keyring."""
    with pytest.raises(KeyringError):
        watch_on(KeyringFile(tmp_path / "none"))
