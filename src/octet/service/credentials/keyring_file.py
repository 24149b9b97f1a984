"""The keyring on disk: one JSON file that only its owner may read.

A reader sees the old or the new keyring, never half of one: writers take a lock beside the file,
write a new file, and put it in the old one's place. Both belong to whom the old one belongs, so
that root at work does not lock out the service that reads it.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from octet.schema import SchemaError, decode, encode
from octet.service.credentials.errors import KeyringError
from octet.service.credentials.keyring import Keyring

MODE = 0o600
MAX_BYTES = 64 * 1024 * 1024
"""Some hundred thousand credentials."""


@frozen
class KeyringFile:
    """Where the keyring is; every method reads or writes it anew."""

    path: Path

    def read(self) -> Keyring:
        """Return the keyring as it stands.

        Raises:
            KeyringError: it cannot be read, others may read it, or it is no keyring.
        """
        try:
            with self.path.open("rb") as file:
                _check_private(os.fstat(file.fileno()))
                text = file.read(MAX_BYTES)
        except OSError as exc:
            raise KeyringError(f"cannot be read: {exc.strerror}") from exc
        try:
            keyring = decode(Keyring, text)
        except SchemaError as exc:
            raise KeyringError(f"is no keyring: {exc}") from exc
        _ = keyring.active.kid, keyring.verifiers  # every key is usable, or we say so now
        _ = [key.kid for key in keyring.verdict_keys]
        _ = keyring.revoked_ids  # built where the file is read, not for the first request
        return keyring

    def create(self, keyring: Keyring) -> None:
        """Write the first *keyring*.

        Raises:
            KeyringError: there is a file already, or it cannot be written.
        """
        with self._locked():
            if self.path.exists():
                raise KeyringError("exists already, and is never overwritten")
            self._write(keyring)

    def update(self, change: Callable[[Keyring], Keyring]) -> Keyring:
        """Replace the keyring by what *change* makes of it, and return that.

        Raises:
            KeyringError: it cannot be read or written, or *change* refuses.
        """
        with self._locked():
            keyring = change(self.read())
            self._write(keyring)
        return keyring

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock among writers; the operating system drops it if we die."""
        try:
            descriptor = self._open_lock()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)
        except OSError as exc:
            raise KeyringError(f"cannot be written: {exc.strerror}") from exc

    def _open_lock(self) -> int:
        """Open the lock; one that is made here goes to the keyring's owner.

        Only then: what lies there under that name already may have been put there by others.
        """
        lock = self.path.with_name(self.path.name + ".lock")
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(lock, flags | os.O_CREAT | os.O_EXCL, MODE)
        except FileExistsError:
            return os.open(lock, flags)
        try:
            self._give(descriptor)
        except BaseException:
            lock.unlink(missing_ok=True)
            os.close(descriptor)
            raise
        return descriptor

    def _give(self, descriptor: int) -> None:
        """Give a new file to the owner and group of the keyring; with none, it stays ours.

        Raises:
            KeyringError: that is not allowed.
        """
        try:
            old = self.path.stat()
        except FileNotFoundError:
            return
        new = os.fstat(descriptor)
        if (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid):
            return
        try:
            os.fchown(descriptor, old.st_uid, old.st_gid)
        except OSError as exc:
            owner = f"user {old.st_uid}, group {old.st_gid}"
            raise KeyringError(f"cannot be left to its owner ({owner}): {exc.strerror}") from exc

    def _write(self, keyring: Keyring) -> None:
        target = self.path.resolve()  # a link to the keyring stays a link
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                self._give(file.fileno())
                os.fchmod(file.fileno(), MODE)  # whatever the umask takes away
                file.write(encode(keyring) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(target)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        _sync(target.parent)


def _check_private(status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise KeyringError(f"must have mode 600, and has {mode:o}: others could read its keys")


def _sync(directory: Path) -> None:
    """Make the new name of a file durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
