"""Who came first under a name: for nonces that are good once, and for a fixture's first read."""

from collections.abc import Callable
from typing import Final, Protocol

import trio

from octet.service.errors import OverloadedError
from octet.service.verdicts.expiring import Expiring

KEPT_S: Final = 660
"""How long a name is remembered: longer than a signature is good, which is twice its window."""
MAX_NAMES: Final = 250_000
"""Names that one process remembers: over 370 signed posts a second."""


class Firsts(Protocol):
    """Remembers the first value of each name for `KEPT_S`."""

    async def first(self, name: str, value: str) -> str:
        """Return the first value that came under *name*: *value*, if none came before.

        Raises:
            OverloadedError: it cannot be told; no name that is remembered is dropped for it.
        """


class MemoryFirsts:
    """The `Firsts` of a single process."""

    def __init__(
        self, *, now: Callable[[], float] = trio.current_time, max_names: int = MAX_NAMES
    ) -> None:
        """Remember nothing yet.

        Args:
            now: seconds, never going back.
            max_names: that are remembered at once.
        """
        self._values: Expiring[str, str] = Expiring(ttl_s=KEPT_S, limit=max_names, now=now)

    async def first(self, name: str, value: str) -> str:
        """Return the first value that came under *name*. Has no checkpoint."""
        known = self._values.get(name)
        if known is not None:
            return known
        if not self._values.room:
            raise OverloadedError("too many names to remember")
        self._values.put(name, value)
        return value
