"""Long polls that wait for a key, so many at most, without a trace once they are gone."""

from collections.abc import Hashable

import trio
from attrs import define, field

from octet.service.errors import OverloadedError


@define
class _Room:
    """Those who wait for one key."""

    event: trio.Event = field(factory=trio.Event)
    waiting: int = 0


class Waiters:
    """Tasks by the key that they wait for."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rooms: dict[Hashable, _Room] = {}
        self._count = 0

    def __len__(self) -> int:
        """Count the tasks that wait."""
        return self._count

    def wake(self, key: Hashable) -> None:
        """Let go all that wait for *key*."""
        room = self._rooms.pop(key, None)
        if room is not None:
            room.event.set()

    async def wait(self, key: Hashable, timeout_s: float) -> None:
        """Return once *key* is woken, or after *timeout_s*.

        Cancellation: this waiter is gone. Timeout: the caller owns it.

        Raises:
            OverloadedError: too many wait already.
        """
        if self._count >= self._limit:
            raise OverloadedError("too many long polls")
        room = self._rooms.setdefault(key, _Room())
        room.waiting += 1
        self._count += 1
        try:
            with trio.move_on_after(timeout_s):
                await room.event.wait()
        finally:
            self._count -= 1
            room.waiting -= 1
            if not room.waiting and self._rooms.get(key) is room:
                del self._rooms[key]
