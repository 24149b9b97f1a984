"""The keyring as a running service sees it: read again when the file changes.

A large one takes a good part of a second to read, so that happens in a worker thread. A keyring
that has become unreadable does not shut the door on every customer: the last good one stays in
force, the log says so once, and ``/ready`` turns.
"""

import logging
from collections.abc import Callable

import trio

from octet.service.credentials.errors import KeyringError
from octet.service.credentials.keyring_file import KeyringFile
from octet.serving.failure import describe

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 5.0
"""Between two looks at the file, seconds; the contract allows a revocation 60."""
STALE_S = 30.0
"""Without a look for so long, the keyring in force may lack revocations: ``/ready`` turns."""

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
        self._looked_s: float | None = None
        self._fault: str | None = None
        self.keyring = file.read()
        """The keyring in force."""

    async def run(self) -> None:
        """Look at the file again and again, until cancelled.

        Cancellation: a look that has begun is finished first. Timeout: none.
        """
        self._looked_s = self._monotonic()
        while True:
            await trio.sleep(CHECK_EVERY_S)
            await self.refresh()

    async def refresh(self) -> None:
        """Look at the file once.

        Cancellation: a look that has begun is finished first. Timeout: none; `fault` tells of one
        that takes too long.
        """
        try:
            await trio.to_thread.run_sync(self._refresh)
        except KeyringError as exc:
            self._blame(str(exc))
        except Exception as exc:  # noqa: BLE001 - the watch goes on: it is how a revocation gets in
            self._blame(f"cannot be looked at: {describe(exc)}")
        else:
            self._fault = None
        self._looked_s = self._monotonic()

    def fault(self) -> str | None:
        """Return why the file is not followed at present, for the operator; None when it is."""
        if self._looked_s is None or self._monotonic() - self._looked_s > STALE_S:
            return "is not looked at: revocations may be missed"
        return self._fault

    def _refresh(self) -> None:
        """Read the file if it has changed, or could not be used; in the worker thread."""
        stamp = self._look()
        if stamp == self._stamp and self._fault is None:
            return
        self.keyring = self._file.read()
        self._stamp = stamp
        logger.info("the keyring was read again")

    def _blame(self, fault: str) -> None:
        if self._fault is None:
            logger.error("the keyring %s; the last good one stays in force", fault)
        self._fault = fault

    def _look(self) -> _Stamp | None:
        """Return what changes when the file does; None when it is not there."""
        try:
            status = self._file.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ctime_ns, status.st_ino
