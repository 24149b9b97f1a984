"""The keyring as a running service sees it: read again when the file changes.

A keyring that has become unreadable does not shut the door on every customer: the last good one
stays in force, the log says so once, and ``/ready`` turns.
"""

import logging
from collections.abc import Callable

from octet.service.credentials.errors import KeyringError
from octet.service.credentials.keyring import Keyring
from octet.service.credentials.keyring_file import KeyringFile

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 5.0
"""Between two looks at the file, seconds; the contract allows a revocation 60."""

_Stamp = tuple[int, int, int]


class KeyringWatch:
    """Gives the keyring that is in force now."""

    def __init__(self, file: KeyringFile, *, monotonic: Callable[[], float]) -> None:
        """Read the keyring for the first time.

        Args:
            file: the keyring.
            monotonic: seconds from any origin; asked at each look, so it may need a running loop.

        Raises:
            KeyringError: it cannot be used.
        """
        self._file = file
        self._monotonic = monotonic
        self._stamp = self._look()
        self._keyring = file.read()
        self._next_look_s: float | None = None
        self.fault: str | None = None
        """Why the file cannot be used at present; None while it can."""

    @property
    def keyring(self) -> Keyring:
        """The keyring in force; looks at the file when the last look is old."""
        now_s = self._monotonic()
        if self._next_look_s is None or now_s >= self._next_look_s:
            self._next_look_s = now_s + CHECK_EVERY_S
            self._refresh()
        return self._keyring

    def _refresh(self) -> None:
        stamp = self._look()
        if stamp == self._stamp and self.fault is None:
            return
        try:
            self._keyring = self._file.read()
        except KeyringError as exc:
            if self.fault is None:
                logger.error("the keyring %s; the last good one stays in force", exc)
            self.fault = str(exc)
        else:
            self._stamp = stamp
            self.fault = None
            logger.info("the keyring was read again")

    def _look(self) -> _Stamp | None:
        """Return what changes when the file does; None when it is not there."""
        try:
            status = self._file.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ctime_ns, status.st_ino
