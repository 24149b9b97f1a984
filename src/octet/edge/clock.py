"""The one place where the edge reads the wall clock; everything else is handed one."""

import time
from collections.abc import Callable
from typing import TypeAlias

EpochMs: TypeAlias = Callable[[], int]
"""Returns milliseconds since the Unix epoch."""


def epoch_ms() -> int:
    """Return the wall clock, milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
