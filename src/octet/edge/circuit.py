"""Whether it is worth asking the service now; without any I/O.

    closed ──FAILURES in a row──▶ open ──a probe gets through──▶ on trial ──a batch──▶ closed
                                   ▲                                │
                                   └──────────one failure───────────┘

A failure is no answer: no connection, or none in time. Any answer, be it a 500, closes the circuit,
because who answers at once makes no page wait. Beside that the service may ask for a pause
(``Retry-After`` on 429 or 503). While the circuit is open or paused, pages are told at once to come
back, instead of waiting for what will not come. A service that refuses this edge's licence is asked
all the same, since only it knows when it will not any more; the edge then says so in ``/ready``.
"""

from collections.abc import Callable
from math import ceil, inf
from typing import Final

from octet.edge.outcome import UNREACHABLE, Failed

FAILURES: Final = 5
"""So many batches or probes in a row without an answer open the circuit."""
MAX_PAUSE_S: Final = 5.0
"""However long a pause the service asks for, the next batch after so many seconds asks again:
what one of its processes says shall not silence an edge for a day."""
_REFUSED: Final = frozenset({401, 403})
_READ: Final = frozenset({200, 400})
"""Answers of a service that has read a batch, and so has taken the licence that came with it."""


class Circuit:
    """What is known of the service's health.

    Args:
        now_s: a monotonic clock, seconds.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._denied = False
        self._failures = 0
        self._paused_until_s = -inf
        self._asked_until_s = -inf

    @property
    def is_open(self) -> bool:
        """Whether the service is taken for dead."""
        return self._failures >= FAILURES

    @property
    def denied(self) -> bool:
        """Whether the service refuses this edge: its licence, signature or certificate.

        From an answer that said so to one that shows that a batch was read.
        """
        return self._denied

    def failed(self) -> None:
        """Note that a batch or a probe had no answer."""
        self._failures = min(self._failures + 1, FAILURES)

    def answered(self, status: int = 200) -> None:
        """Note that a batch had an answer of this *status*."""
        self._failures = 0
        if status in _REFUSED | _READ:
            self._denied = status in _REFUSED

    def probed(self) -> None:
        """Note that a probe got through: the next batch decides, and its failure is enough."""
        self._failures = min(self._failures, FAILURES - 1)

    def pause(self, seconds: int) -> None:
        """Note that the service asks not to be asked for so long."""
        now_s = self._now_s()
        self._asked_until_s = now_s + seconds
        self._paused_until_s = now_s + min(seconds, MAX_PAUSE_S)

    def refusal(self) -> Failed | None:
        """Return what a page is told at once; None while it is worth asking the service."""
        if self.is_open:
            return UNREACHABLE
        if self._paused_until_s == -inf:
            return None
        now_s = self._now_s()
        if now_s < self._paused_until_s:
            return Failed("upstream_unavailable", "", ceil(self._asked_until_s - now_s))
        return None
