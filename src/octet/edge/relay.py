"""From a page's post to the service: a bounded channel, and batches of what has gathered in it.

A batch leaves at once while fewer than `FEW` are under way. With more of them, reports gather for a
moment before one more batch takes them along, and with `RELAY_TASKS` they gather until one has
landed. So the number under way follows the service's latency by itself: a fast service gets few
large batches, which cost least; one that takes 50 ms gets a dozen, so that no report waits long.
The moment is `PATIENCE_S`, or for a slow service its latency's share, so that they leave evenly.

A report that was taken is delivered even when its page has gone: the page's handler only waits
for the outcome, and may be cancelled; the report itself is owned by the relay.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import trio
from attrs import define, field, frozen

from octet.edge.circuit import Circuit
from octet.edge.outcome import OVERLOADED, TIMED_OUT, UNREACHABLE, Outcome
from octet.schema import MAX_ENVELOPES
from octet.serving.failure import describe
from octet.serving.places import Places
from octet.serving.trace_context import TraceContext

logger = logging.getLogger(__name__)

FEW: Final = 2
"""So many batches may be under way before reports are made to wait for company."""
RELAY_TASKS: Final = 16
"""Batches under way at once, at most."""
PATIENCE_S: Final = 0.004
"""How long reports gather at least before one batch more than `FEW` leaves, seconds."""
BATCH_BYTES: Final = 4 * 1024 * 1024
"""A batch that has reached this takes no further envelope: half of what the service reads."""


@frozen
class Forward:
    """One envelope on its way."""

    id: str
    envelope: bytes
    """As JSON."""
    request_id: str | None = None
    """Of the page's post."""
    trace: TraceContext | None = None
    """That the page's post belongs to."""


@define(eq=False)
class _Parcel:
    forward: Forward
    delivered: trio.Event = field(factory=trio.Event)
    outcome: Outcome = TIMED_OUT


Post = Callable[[Sequence[Forward]], Awaitable[list[Outcome]]]


class Relay:
    """Delivers envelopes in batches.

    Args:
        post: delivers one batch; one outcome each, in order.
        places: for envelopes between `submit` and the end of their delivery.
        timeout_s: the longest that `submit` takes.
        circuit: while it refuses, nothing is posted and pages are told so at once.
    """

    def __init__(
        self,
        post: Post,
        *,
        places: Places,
        timeout_s: float = 5.0,
        circuit: Circuit | None = None,
    ) -> None:
        self.circuit = circuit or Circuit(trio.current_time)
        self._post = post
        self._places = places
        self._timeout_s = timeout_s
        self._pending = 0
        self._under_way = 0
        self._took_s = 0.0  # the batch that landed last
        self._landed = trio.lowlevel.ParkingLot()
        self._idle = trio.Event()
        self._idle.set()
        self._inlet, self._outlet = trio.open_memory_channel[_Parcel](places.most)

    @property
    def pending(self) -> int:
        """Envelopes that were taken here and whose delivery has not ended."""
        return self._pending

    @property
    def saturated(self) -> bool:
        """Whether the next envelope would be turned away."""
        return self._places.full

    async def run(self) -> None:
        """Deliver what is submitted; ends by cancellation only. Envelopes in the channel then are
        lost, so `drain` first.
        """
        async with trio.open_nursery() as nursery:
            while True:
                first = await self._outlet.receive()
                await self._turn()
                self._under_way += 1
                nursery.start_soon(self._deliver, self._gather(first))

    async def submit(self, forward: Forward) -> Outcome:
        """Take *forward* and return its outcome; turn it away at once when too many wait or the
        service is known to be away.

        Cancellation: it is delivered all the same; only the outcome is not seen.
        Timeout: owned here, with the wait for a turn in it; past it the outcome is `TIMED_OUT`, and
        the envelope is delivered all the same.
        """
        if (refusal := self.circuit.refusal()) is not None:
            return refusal
        if not self._places.take():
            return OVERLOADED
        parcel = _Parcel(forward)
        if not self._pending:
            self._idle = trio.Event()
        self._pending += 1
        self._inlet.send_nowait(parcel)  # as roomy as the places, so never full
        with trio.move_on_after(self._timeout_s):
            await parcel.delivered.wait()
        return parcel.outcome

    async def drain(self) -> None:
        """Return when every delivery has ended."""
        await self._idle.wait()

    async def _turn(self) -> None:
        """Return when a batch may leave."""
        with trio.move_on_after(max(PATIENCE_S, self._took_s / RELAY_TASKS)):
            while self._under_way >= FEW:
                await self._landed.park()
        while self._under_way >= RELAY_TASKS:
            await self._landed.park()

    def _gather(self, first: _Parcel) -> list[_Parcel]:
        """Take what else is there."""
        batch = [first]
        size = len(first.forward.envelope)
        while len(batch) < MAX_ENVELOPES and size < BATCH_BYTES:
            try:
                batch.append(self._outlet.receive_nowait())
            except trio.WouldBlock:
                break
            size += len(batch[-1].forward.envelope)
        return batch

    async def _deliver(self, batch: list[_Parcel]) -> None:
        refusal = self.circuit.refusal()
        outcomes: list[Outcome] = [refusal or UNREACHABLE] * len(batch)
        if refusal is None:
            began_s = trio.current_time()
            try:
                outcomes = await self._post([parcel.forward for parcel in batch])
            except Exception as exc:  # noqa: BLE001 - the boundary: other batches must go on
                logger.error("a batch of %d was not delivered: %s", len(batch), describe(exc))
            self._took_s = trio.current_time() - began_s
        for parcel, outcome in zip(batch, outcomes, strict=True):
            parcel.outcome = outcome
            parcel.delivered.set()
        self._pending -= len(batch)
        self._places.give_back(len(batch))
        self._under_way -= 1
        self._landed.unpark_all()
        if not self._pending:
            self._idle.set()
