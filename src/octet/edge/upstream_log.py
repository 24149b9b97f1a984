"""Tells the operator what the service does with this edge's posts: one line for each change.

A post knows more than a probe of the service's health: a service may be healthy and refuse every
post. So a good probe ends only what a probe has found, or found again after a post.
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Final

logger = logging.getLogger(__name__)

LINES: Final = 20
"""At most so many within `WITHIN_S`, for a service that changes its mind with every post. What goes
unsaid then is said by the first report after it, if it still differs from the last line."""
WITHIN_S: Final = 60.0

UNREACHABLE: Final = "the service cannot be reached: status 503, code upstream_unavailable"
TIMED_OUT: Final = "the service does not answer in time: status 504, code upstream_timeout"


def refused(status: int, code: str) -> str:
    """Return the fault of a service that answers so; *code* is its own, or empty."""
    return f"the service does not take reports: it answers status {status}, code {code or 'none'}"


class UpstreamLog:
    """What was told last, and by whom it was found.

    Args:
        now_s: a monotonic clock, seconds.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._fault: str | None = None
        self._found_by_probe = False
        self._lines_s: deque[float] = deque(maxlen=LINES)

    def posted(self, fault: str | None, request_id: str) -> None:
        """Note how the post *request_id* ended; None is well."""
        self._found_by_probe = False
        self._note(fault, f" (request {request_id})")

    def probed(self, fault: str | None) -> None:
        """Note how a probe ended; None is well."""
        if fault is not None:
            self._found_by_probe = True
        if self._found_by_probe:
            self._note(fault)

    def _note(self, fault: str | None, request: str = "") -> None:
        if fault == self._fault or not self._may_speak():
            return
        self._fault = fault
        if fault is None:
            logger.info("the service is back%s", request)
        else:
            logger.warning("%s%s", fault, request)

    def _may_speak(self) -> bool:
        now_s = self._now_s()
        if len(self._lines_s) == LINES and now_s - self._lines_s[0] < WITHIN_S:
            return False
        self._lines_s.append(now_s)
        return True
