"""The window over one credential's requests; without any I/O. `count.lua` does the same."""

from collections import OrderedDict

from octet.service.quotas.allowance import Allowance
from octet.service.quotas.quotas import STEP_MS, STEPS


class Window:
    """Requests that count, by the step in which they came."""

    def __init__(self) -> None:
        self._steps: OrderedDict[int, int] = OrderedDict()

    def take(self, limit: int, now_ms: float) -> Allowance:
        """Count one more request at *now_ms*, milliseconds of a clock that never goes back."""
        step = int(now_ms // STEP_MS)
        while self._steps and next(iter(self._steps)) < step - STEPS:
            self._steps.popitem(last=False)
        used = sum(self._steps.values())
        admitted = used < limit
        if admitted:
            self._steps[step] = self._steps.get(step, 0) + 1
        oldest = next(iter(self._steps), step)
        return Allowance(
            admitted=admitted,
            limit=limit,
            remaining=max(0, limit - used - admitted),
            reset_s=((oldest + STEPS + 1) * STEP_MS - now_ms) / 1000,
        )
