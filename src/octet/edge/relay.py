"""From a page's post to the service: a bounded channel, a few tasks, a batch each.

A report that was taken is delivered even when its page has gone: the page's handler only waits
for the outcome, and may be cancelled; the report itself is owned by the relay.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import trio
from attrs import define, field, frozen

from octet.edge.outcome import OVERLOADED, UNREACHABLE, Outcome
from octet.schema import MAX_ENVELOPES
from octet.serving.failure import describe

logger = logging.getLogger(__name__)

RELAY_TASKS: Final = 4
"""Batches under way at once."""
BATCH_BYTES: Final = 4 * 1024 * 1024
"""A batch that has reached this takes no further envelope: half of what the service reads."""


@frozen
class Forward:
    """One envelope on its way."""

    id: str
    envelope: bytes
    """As JSON."""


@define(eq=False)
class _Parcel:
    forward: Forward
    delivered: trio.Event = field(factory=trio.Event)
    outcome: Outcome = UNREACHABLE


Post = Callable[[Sequence[Forward]], Awaitable[list[Outcome]]]


class Relay:
    """Delivers envelopes in batches.

    Args:
        post: delivers one batch; one outcome each, in order.
        max_pending: envelopes between `submit` and their outcome.
    """

    def __init__(self, post: Post, *, max_pending: int) -> None:
        self._post = post
        self._max_pending = max_pending
        self._pending = 0
        self._idle = trio.Event()
        self._idle.set()
        self._inlet, self._outlet = trio.open_memory_channel[_Parcel](max_pending)

    @property
    def pending(self) -> int:
        """Envelopes that were taken and have no outcome yet."""
        return self._pending

    @property
    def saturated(self) -> bool:
        """Whether the next envelope would be turned away."""
        return self._pending >= self._max_pending

    async def run(self) -> None:
        """Run the relay tasks; ends by cancellation only. Envelopes in the channel then are lost,
        so `drain` first.
        """
        async with trio.open_nursery() as nursery:
            for _ in range(RELAY_TASKS):
                nursery.start_soon(self._carry)

    async def submit(self, forward: Forward) -> Outcome:
        """Take *forward* and wait for its outcome; turn it away at once when too many wait.

        Cancellation: it is delivered all the same; only the outcome is not seen.
        Timeout: the caller's for the wait, the upstream's for the delivery.
        """
        if self.saturated:
            return OVERLOADED
        parcel = _Parcel(forward)
        if not self._pending:
            self._idle = trio.Event()
        self._pending += 1
        self._inlet.send_nowait(parcel)  # as roomy as max_pending, so never full
        await parcel.delivered.wait()
        return parcel.outcome

    async def drain(self) -> None:
        """Return when every envelope has its outcome."""
        await self._idle.wait()

    async def _carry(self) -> None:
        while True:
            batch = await self._gather()
            try:
                outcomes = await self._post([parcel.forward for parcel in batch])
            except Exception as exc:  # noqa: BLE001 - the boundary: other batches must go on
                logger.error("a batch of %d was not delivered: %s", len(batch), describe(exc))
                outcomes = [UNREACHABLE] * len(batch)
            for parcel, outcome in zip(batch, outcomes, strict=True):
                parcel.outcome = outcome
                parcel.delivered.set()
            self._pending -= len(batch)
            if not self._pending:
                self._idle.set()

    async def _gather(self) -> list[_Parcel]:
        """Wait for one parcel and take what else is there."""
        batch = [await self._outlet.receive()]
        size = len(batch[0].forward.envelope)
        while len(batch) < MAX_ENVELOPES and size < BATCH_BYTES:
            try:
                batch.append(self._outlet.receive_nowait())
            except trio.WouldBlock:
                break
            size += len(batch[-1].forward.envelope)
        return batch
