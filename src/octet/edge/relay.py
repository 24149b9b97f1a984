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
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import trio
from attrs import define, frozen

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


@frozen(slots=False)  # which is quicker to make
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
    """An envelope, and the page's task that waits to be told its outcome.

    The task is put to sleep and woken directly: an event for each would cost as much again as all
    else that the relay does for it.
    """

    forward: Forward
    due_s: float
    """When the page is told that it took too long."""
    _page: trio.lowlevel.Task | None
    outcome: Outcome | None = None

    def tell(self, outcome: Outcome) -> None:
        """Tell the page, unless it was told already."""
        if self.outcome is None:
            self.outcome = outcome
            if self._page is not None:
                trio.lowlevel.reschedule(self._page)

    def leave(self, _: Any) -> trio.lowlevel.Abort:
        """Let the page go without the outcome."""
        self._page = None
        return trio.lowlevel.Abort.SUCCEEDED


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
        self._queue: deque[_Parcel] = deque()  # as long as the places allow
        self._arrived = trio.lowlevel.ParkingLot()
        self._waiting: dict[_Parcel, None] = {}  # not told yet, and so in the order of `due_s`

    @property
    def pending(self) -> int:
        """Envelopes that were taken here and whose delivery has not ended."""
        return self._pending

    @property
    def saturated(self) -> bool:
        """Whether the next envelope would be turned away."""
        return self._places.full

    async def run(self) -> None:
        """Deliver what is submitted; ends by cancellation only. Envelopes in the queue then are
        lost, so `drain` first.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._tell_late)
            while True:
                while not self._queue:
                    await self._arrived.park()
                await self._turn()
                self._under_way += 1
                nursery.start_soon(self._deliver, self._gather())

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
        due_s = trio.current_time() + self._timeout_s
        parcel = _Parcel(forward, due_s, trio.lowlevel.current_task())
        if not self._pending:
            self._idle = trio.Event()
        self._pending += 1
        self._waiting[parcel] = None
        self._queue.append(parcel)
        if self._arrived:
            self._arrived.unpark()
        await trio.lowlevel.wait_task_rescheduled(parcel.leave)
        assert parcel.outcome is not None  # noqa: S101 - `tell` alone wakes
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

    def _gather(self) -> list[_Parcel]:
        """Take what is there."""
        batch: list[_Parcel] = []
        size = 0
        while self._queue and len(batch) < MAX_ENVELOPES and size < BATCH_BYTES:
            batch.append(self._queue.popleft())
            size += len(batch[-1].forward.envelope)
        return batch

    async def _tell_late(self) -> None:
        """Tell each page that has waited for its time-out; one timer for all, since all wait alike.

        Who comes while nobody waits is due after a whole time-out at the earliest.
        """
        while True:
            now_s = trio.current_time()
            due_s = now_s + self._timeout_s
            for parcel in [*self._waiting]:
                if parcel.due_s > now_s:
                    due_s = parcel.due_s
                    break
                self._tell(parcel, TIMED_OUT)
            await trio.sleep_until(due_s)

    def _tell(self, parcel: _Parcel, outcome: Outcome) -> None:
        self._waiting.pop(parcel, None)
        parcel.tell(outcome)

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
            self._tell(parcel, outcome)
        self._pending -= len(batch)
        self._places.give_back(len(batch))
        self._under_way -= 1
        self._landed.unpark_all()
        if not self._pending:
            self._idle.set()
