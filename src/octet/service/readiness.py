"""Whether this process can do its work, part by part: for ``/ready``, the metrics and the log."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

import trio

from octet.service.metrics import ServiceMetrics

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
"""Between two looks for the metrics and the log; ``/ready`` looks whenever it is asked."""


class Readiness:
    """Asks each part for its fault.

    Args:
        parts: name, one of `octet.service.metrics.PARTS`, to what tells why the part is out of
            order, in words for the operator; None when it is not.
        metrics: count the faults.
    """

    def __init__(
        self, parts: Mapping[str, Callable[[], str | None]], metrics: ServiceMetrics
    ) -> None:
        self._parts = parts
        self._metrics = metrics
        self._told: list[str] = []

    def reasons(self) -> list[str]:
        """Return why this process is not ready; empty when it is."""
        faults = {part: fault() for part, fault in self._parts.items()}
        for part, fault in faults.items():
            self._metrics.faults.set(int(fault is not None), part)
        return [fault for fault in faults.values() if fault is not None]

    async def run(self) -> None:
        """Look again and again, until cancelled, and log each change once."""
        while True:
            await trio.sleep(LOOK_EVERY_S)  # first: the parts have to begin, too
            reasons = self.reasons()
            if reasons and reasons != self._told:
                logger.warning("not ready: %s", "; ".join(reasons))
            elif self._told and not reasons:
                logger.info("ready again")
            self._told = reasons
