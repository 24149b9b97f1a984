"""Requests counted in this process alone."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import trio

from octet.service.quotas.allowance import Allowance
from octet.service.quotas.window import Window

MAX_CREDENTIALS: Final = 10_000
"""Credentials whose requests are counted at once; past it the one longest unused begins anew."""


class MemoryQuotas:
    """The `Quotas` of a single process."""

    def __init__(
        self,
        *,
        now: Callable[[], float] = trio.current_time,
        max_credentials: int = MAX_CREDENTIALS,
    ) -> None:
        """Count nothing yet.

        Args:
            now: seconds, never going back.
            max_credentials: that are counted at once.
        """
        self._now = now
        self._max_credentials = max_credentials
        self._windows: OrderedDict[str, Window] = OrderedDict()

    async def take(self, jti: str, limit: int) -> Allowance | None:
        """Count one more request of *jti*. Has no checkpoint."""
        window = self._windows.setdefault(jti, Window())
        self._windows.move_to_end(jti)
        if len(self._windows) > self._max_credentials:
            self._windows.popitem(last=False)
        return window.take(limit, self._now() * 1000)
