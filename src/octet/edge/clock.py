"""The one place where the edge reads clocks; everything else is handed one."""

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
