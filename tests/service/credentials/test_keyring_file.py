"""The keyring on disk: private, never half written, never overwritten."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from attrs import evolve

from octet.service.credentials import Keyring, KeyringError, KeyringFile
from tests.service.fakes import Cupboard

THEN = "2026-09-21T00:00:00+00:00"
SERVICE = (1234, 4321)
"""User and group of a service."""


def fresh() -> Keyring:
    return Keyring.fresh(THEN)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_mode(tmp_path: Path, umask: int) -> None:
    """Whatever the umask, the file has mode 600."""
    file = KeyringFile(tmp_path / "keyring.json")
    before = os.umask(umask)
    try:
        file.create(fresh())
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_round_trip(tmp_path: Path) -> None:
    """What was written is read."""
    file = KeyringFile(tmp_path / "keyring.json")
    keyring = fresh()
    file.create(keyring)
    assert file.read() == keyring


def test_create_never_overwrites(tmp_path: Path) -> None:
    """A second init leaves the first keyring as it is."""
    file = KeyringFile(tmp_path / "keyring.json")
    file.create(fresh())
    before = file.path.read_bytes()
    with pytest.raises(KeyringError, match="exists already"):
        file.create(fresh())
    assert file.path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_others_may_not_read(tmp_path: Path, mode: int) -> None:
    """A keyring that others can read is not used."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    cupboard.file.path.chmod(mode)
    with pytest.raises(KeyringError, match="mode 600"):
        cupboard.file.read()
    with pytest.raises(KeyringError, match="mode 600"):
        cupboard.revoke()


@pytest.mark.parametrize("text", ["", "{}", '{"keys":[]}', '{"keys":[{"secret":"x"}]}', "\xff"])
def test_no_keyring(tmp_path: Path, text: str) -> None:
    """A file that is no keyring is told as such."""
    path = tmp_path / "keyring.json"
    path.write_text(text, encoding="latin-1")
    path.chmod(0o600)
    with pytest.raises(KeyringError):
        KeyringFile(path).read()


def test_damaged_verdict_key(tmp_path: Path) -> None:
    """A verdict key that is none is told when the file is read, not when a verdict is signed."""
    keyring = fresh()
    file = KeyringFile(tmp_path / "keyring.json")
    bad = evolve(keyring.verdict_keys[0], secret="k4.secret.AAAA")
    file.create(evolve(keyring, verdict_keys=(bad,)))
    with pytest.raises(KeyringError, match="holds a key that is no"):
        file.read()


def test_not_there(tmp_path: Path) -> None:
    """A missing file is the operator's fault, told in words."""
    with pytest.raises(KeyringError, match="cannot be read: No such file"):
        KeyringFile(tmp_path / "keyring.json").read()
    with pytest.raises(KeyringError, match="cannot be written"):
        KeyringFile(tmp_path / "no" / "keyring.json").create(fresh())


def test_failed_write_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails the old keyring stands, and no stray file is left."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    before = cupboard.file.path.read_bytes()

    def broken(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(KeyringError, match="No space left"):
        cupboard.issue()
    assert cupboard.file.path.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keyring.json", "keyring.json.lock"]


def test_link_stays_a_link(tmp_path: Path) -> None:
    """A keyring behind a symbolic link is replaced where it is."""
    target = Cupboard(tmp_path / "target.json").file.path
    link = tmp_path / "keyring.json"
    link.symlink_to(target)
    file = KeyringFile(link)
    file.update(lambda keyring: keyring.rotated(THEN))
    assert link.is_symlink()
    assert len(KeyringFile(target).read().keys) == 2


@pytest.mark.root
def test_root_leaves_the_files_to_their_owner(tmp_path: Path) -> None:
    """When root changes the keyring of the service's user, file and lock are that user's after."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    lock = tmp_path / "keyring.json.lock"
    os.chown(cupboard.file.path, *SERVICE)
    lock.unlink()
    cupboard.issue()
    assert owner(cupboard.file.path) == owner(lock) == SERVICE
    assert stat.S_IMODE(cupboard.file.path.stat().st_mode) == 0o600


@pytest.mark.root
@pytest.mark.parametrize("locked_before", [True, False])
def test_files_that_cannot_be_left_to_their_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked_before: bool
) -> None:
    """Where the keyring would change hands, nothing is written, and the reason is told."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    os.chown(cupboard.file.path, *SERVICE)
    before, lock = cupboard.file.path.read_bytes(), tmp_path / "keyring.json.lock"
    if not locked_before:
        lock.unlink()

    def refused(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refused)
    with pytest.raises(
        KeyringError, match=r"cannot be left to its owner \(user 1234, group 4321\)"
    ):
        cupboard.issue()
    assert cupboard.file.path.read_bytes() == before
    assert owner(cupboard.file.path) == SERVICE
    assert {path.name for path in tmp_path.iterdir()} == {"keyring.json"} | (
        {lock.name} if locked_before else set()
    )


def test_a_planted_lock_is_not_followed(tmp_path: Path) -> None:
    """A link in the lock's place, wherever it leads, is refused."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    lock = tmp_path / "keyring.json.lock"
    lock.unlink()
    lock.symlink_to(tmp_path / "elsewhere")
    for _ in range(2):
        with pytest.raises(KeyringError, match="cannot be written"):
            cupboard.issue()
        lock.with_name("elsewhere").touch()


def owner(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid


def rotate(path: str, times: int) -> None:
    for _ in range(times):
        KeyringFile(Path(path)).update(lambda k: k.rotated(THEN))


def test_writers_take_turns(tmp_path: Path) -> None:
    """Several processes write at once and no change is lost."""
    file = KeyringFile(tmp_path / "keyring.json")
    file.create(fresh())
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=rotate, args=(str(file.path), 5)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert len(file.read().keys) == 16
