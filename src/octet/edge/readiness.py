"""Whether this edge can do its work: the service was reached lately and takes its licence, and the
relay has room.
"""

from collections.abc import Awaitable, Callable
from math import inf
from typing import Final

import trio

from octet.edge.relay import Relay

PROBE_EVERY_S: Final = 5
OPEN_PROBE_EVERY_S: Final = 1
"""While the circuit is open, so that pages are refused no longer than needed."""
FRESH_S: Final = 15.0
"""The service counts as reached for so long after it last was."""


class Readiness:
    """Probes the service, so that it needs no traffic to recover.

    Args:
        relay: whose room and whose circuit count.
        probe: asks whether the service lives, and tells the relay's circuit.
    """

    def __init__(self, relay: Relay, probe: Callable[[], Awaitable[bool]]) -> None:
        self._relay = relay
        self._probe = probe
        self._reached_s = -inf

    async def run(self) -> None:
        """Probe for ever; ends by cancellation only."""
        while True:
            if await self._probe():
                self._reached_s = trio.current_time()
            await self._rest()

    def reasons(self) -> list[str]:
        """Return why this edge is not ready; empty when it is."""
        reasons = []
        fresh = trio.current_time() - self._reached_s <= FRESH_S
        if self._relay.circuit.is_open or not fresh:
            reasons.append("the service was not reached lately")
        if self._relay.circuit.denied:
            reasons.append("the service refuses this edge's licence")
        if self._relay.saturated:
            reasons.append("the relay is saturated")
        return reasons

    async def _rest(self) -> None:
        """Wait until the next probe is due, which is sooner while the circuit is open."""
        for _ in range(PROBE_EVERY_S // OPEN_PROBE_EVERY_S):
            await trio.sleep(OPEN_PROBE_EVERY_S)
            if self._relay.circuit.is_open:
                return
