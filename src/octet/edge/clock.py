"""The one place where the edge reads clocks; everything else is handed one."""

import email.utils
import time
from collections.abc import Callable
from typing import TypeAlias

EpochMs: TypeAlias = Callable[[], int]
"""Returns milliseconds since the Unix epoch."""


def epoch_ms() -> int:
    """Return the wall clock, milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


def monotonic_ns() -> int:
    """Return a clock that all processes of this machine share, nanoseconds since any moment."""
    return time.monotonic_ns()


class HttpDate:
    """The ``date`` of replies (RFC 9110, 6.6.1), written once a second.

    Args:
        now_ms: the wall clock.
    """

    def __init__(self, now_ms: EpochMs) -> None:
        self._now_ms = now_ms
        self._second = -1
        self._text = ""

    def __str__(self) -> str:
        """Write the time it is."""
        second = self._now_ms() // 1000
        if second != self._second:
            self._second, self._text = second, email.utils.formatdate(second, usegmt=True)
        return self._text
