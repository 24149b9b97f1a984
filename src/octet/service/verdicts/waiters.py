"""Long polls that wait for a key, so many at most, without a trace once they are gone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import trio
from attrs import define, field

from octet.service.errors import OverloadedError

MAX_WAITERS: Final = 4096
"""Long polls of one process at once."""


@define(eq=False)
class Room:
    """Those who wait for one key."""

    woken: trio.Event = field(factory=trio.Event)
    """Set when there may be something to see; nobody comes in after that."""
    waiting: int = 0


class Waiters:
    """Tasks by the key that they wait for."""

    def __init__(
        self,
        limit: int,
        *,
        opened: Callable[[str], None] = lambda _: None,
        closed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Let so many tasks wait.

        Args:
            limit: tasks at once.
            opened: called with a key when its room is made.
            closed: called with a key when its room is no more, before another one is made.
        """
        self._limit = limit
        self._opened = opened
        self._closed = closed
        self._rooms: dict[str, Room] = {}
        self._count = 0

    def __len__(self) -> int:
        """Count the tasks that wait."""
        return self._count

    def wake(self, key: str) -> None:
        """Let go all that wait for *key*."""
        room = self._rooms.pop(key, None)
        if room is not None:
            self._closed(key)
            room.woken.set()

    def wake_all(self) -> None:
        """Let go everyone."""
        for key in list(self._rooms):
            self.wake(key)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Be one of those who wait, from one room to the next: who came later takes no place.

        Raises:
            OverloadedError: too many wait already.
        """
        if self._count >= self._limit:
            raise OverloadedError("too many long polls")
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1

    @contextmanager
    def room(self, key: str) -> Iterator[Room]:
        """Be in the room of *key*, which is woken when something comes for it; have a `place`."""
        room = self._rooms.get(key)
        if room is None:
            room = self._rooms[key] = Room()
            self._opened(key)
        room.waiting += 1
        try:
            yield room
        finally:
            room.waiting -= 1
            if not room.waiting and self._rooms.get(key) is room:
                del self._rooms[key]
                self._closed(key)
