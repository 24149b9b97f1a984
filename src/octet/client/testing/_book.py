"""Which verdict there is for which reference, and who waits for it to change."""

import threading
from collections.abc import Callable

from attrs import define, field, frozen

from octet.schema.verdict import Verdict


@frozen
class Entry:
    """What a reference is answered with, and from when on."""

    verdict: Verdict | None
    """None: pending, for good."""
    ready_at: float
    """By the book's clock."""


@define
class Book:
    """Verdicts by reference; safe to write in while others wait for it."""

    now: Callable[[], float]
    """Seconds, never going back."""
    default: Verdict | None = None
    """For references that are not in the book; None: pending."""
    version: int = 0
    """Grows with every change."""
    closed: bool = False
    _entries: dict[str, Entry] = field(factory=dict)
    _changed: threading.Condition = field(factory=threading.Condition)

    def write(self, ref: str, verdict: Verdict | None, after_s: float) -> None:
        """Answer *ref* so, from *after_s* on."""
        with self._changed:
            self._entries[ref] = Entry(verdict, self.now() + after_s)
        self.touch()

    def write_first(self, ref: str, verdict: Verdict, after_s: float) -> None:
        """Answer *ref* so, unless it is in the book already."""
        with self._changed:
            if ref not in self._entries:
                self._entries[ref] = Entry(verdict, self.now() + after_s)

    def touch(self) -> None:
        """Wake all who wait."""
        with self._changed:
            self.version += 1
            self._changed.notify_all()

    def look(self, ref: str) -> Verdict | None:
        """Return the verdict that there is now."""
        with self._changed:
            entry = self._entries.get(ref)
            if entry is None:
                return self.default
            return entry.verdict if self.now() >= entry.ready_at else None

    def due_s(self, ref: str) -> float:
        """Return in how many seconds a verdict is due by itself; infinity when none is."""
        with self._changed:
            entry = self._entries.get(ref)
            if entry is None or entry.verdict is None:
                return float("inf")
            return max(0.0, entry.ready_at - self.now())

    def close(self) -> None:
        """Let go all who wait, for good."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def wait(self, version: int | None, timeout_s: float) -> None:
        """Block this thread for *timeout_s*, or until the book is closed.

        With a *version*, also until something has changed since.
        """

        def over() -> bool:
            return self.closed or (version is not None and self.version != version)

        with self._changed:
            self._changed.wait_for(over, timeout_s)
