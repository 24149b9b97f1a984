"""Whether this edge can do its work: the service was reached lately, the relay has room."""

from collections.abc import Awaitable, Callable
from math import inf
from typing import Final

import trio

from octet.edge.relay import Relay

PROBE_EVERY_S: Final = 5.0
FRESH_S: Final = 15.0
"""The service counts as reached for so long after it last was."""


class Readiness:
    """Probes the service, so that it needs no traffic to recover."""

    def __init__(self, relay: Relay, probe: Callable[[], Awaitable[bool]]) -> None:
        self._relay = relay
        self._probe = probe
        self._reached_s = -inf

    async def run(self) -> None:
        """Probe for ever; ends by cancellation only."""
        while True:
            if await self._probe():
                self._reached_s = trio.current_time()
            await trio.sleep(PROBE_EVERY_S)

    def reasons(self) -> list[str]:
        """Return why this edge is not ready; empty when it is."""
        reasons = []
        if trio.current_time() - self._reached_s > FRESH_S:
            reasons.append("the service was not reached lately")
        if self._relay.saturated:
            reasons.append("the relay is saturated")
        return reasons
