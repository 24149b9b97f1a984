"""The real clock; everything else in the service is given its clocks.

Waits and lifetimes are measured by ``trio.current_time``; only the window of a credential, and the
dates that an operator reads, need the wall clock, and the worker thread has no event loop to ask.
"""

import time


def epoch_ms() -> int:
    """Return the time, milliseconds since the Unix epoch."""
    return int(time.time() * 1000)  # noqa: TID251 - the one place that owns the wall clock


def monotonic_s() -> float:
    """Return seconds that never go back, in any thread."""
    return time.perf_counter()
