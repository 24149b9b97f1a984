"""When a failed request is tried again: pure, so that every case stands in a table."""

from random import Random
from typing import Final

from attrs import frozen

from octet.client._errors import OctetError, RateLimitedError, ServiceUnavailableError

FIRST_PAUSE_S: Final = 0.2
"""Before the first retry; each further one waits twice as long."""
MAX_PAUSE_S: Final = 2.0
"""The longest pause of our own; the service may ask for a longer one."""
_TRANSIENT: Final = frozenset({None, 503, 504})
"""Statuses that the next try may not meet; None: no reply came. A read changes nothing, so to
repeat it is safe whatever became of the first."""


@frozen
class Patience:
    """How often to try again, and how long to wait before that."""

    retries: int
    """After a first failure, how many in a row; 0 for none."""
    rng: Random
    """Spreads retries, so that clients that failed together do not come back together."""

    def pause_s(self, error: OctetError, failures: int, left_s: float) -> float | None:
        """Return how long to wait before the next try; None when there shall be none.

        Args:
            error: what came of the last one.
            failures: how many in a row failed before that one.
            left_s: until the caller's deadline, seconds.
        """
        if failures >= self.retries or not _is_transient(error):
            return None
        pause_s = min(FIRST_PAUSE_S * 2**failures, MAX_PAUSE_S) * self.rng.uniform(0.5, 1.0)
        pause_s = max(pause_s, error.retry_after_s or 0.0)
        return pause_s if pause_s < left_s else None


def _is_transient(error: OctetError) -> bool:
    """Tell whether the same request may succeed soon."""
    if isinstance(error, RateLimitedError):
        return error.retry_after_s is not None
    return isinstance(error, ServiceUnavailableError) and error.status in _TRANSIENT
