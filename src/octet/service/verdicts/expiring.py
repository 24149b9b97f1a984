"""A mapping that forgets: entries live equally long, and there are only so many of them."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from octet.service.errors import OverloadedError

K = TypeVar("K")
V = TypeVar("V")


class Expiring(Generic[K, V]):
    """Entries in the order in which they expire, so that forgetting costs only what is forgotten.

    It is full rather than forgetful: a living entry is never dropped for a new one.
    """

    def __init__(self, *, ttl_s: float, limit: int, now: Callable[[], float]) -> None:
        self._ttl_s = ttl_s
        self._limit = limit
        self._now = now
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        """Count the living entries."""
        self._forget()
        return len(self._entries)

    @property
    def room(self) -> int:
        """How many new keys would be taken."""
        return self._limit - len(self)

    def get(self, key: K) -> V | None:
        """Return the living value of *key*."""
        self._forget()
        entry = self._entries.get(key)
        return None if entry is None else entry[1]

    def put(self, key: K, value: V) -> None:
        """Set the value of *key*; its time to live starts anew.

        Raises:
            OverloadedError: the key is new and there is no room.
        """
        self._forget()
        if key not in self._entries and len(self._entries) >= self._limit:
            raise OverloadedError("the verdict store is full")
        self._entries[key] = (self._now() + self._ttl_s, value)
        self._entries.move_to_end(key)

    def _forget(self) -> None:
        now = self._now()
        while self._entries:
            key, (expires, _) = next(iter(self._entries.items()))
            if expires > now:
                return
            del self._entries[key]
