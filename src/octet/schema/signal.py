"""A signal is there with its value, or missing with a reason: never null, zero or -1."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from octet.schema.constraints import NonNegative

T = TypeVar("T")


class MissingReason(StrEnum):
    """Why a browser's signal is not there."""

    UNSUPPORTED = "unsupported"
    """The browser has no such interface."""
    BLOCKED = "blocked"
    """The interface is there and refuses."""
    TIMEOUT = "timeout"
    """It did not answer within the budget."""
    ERROR = "error"
    """It threw."""
    SKIPPED = "skipped"
    """The collector did not ask: the mode leaves it out, or the collector knows no such signal."""


@frozen
class Present(Generic[T]):
    """A signal with its value."""

    value: T
    ms: NonNegative | None = None
    """Milliseconds that reading it took."""


@frozen
class Missing:
    """A signal that is not there."""

    missing: MissingReason
    ms: NonNegative | None = None
    """Milliseconds until that was known."""


NOT_SENT = Missing(MissingReason.SKIPPED)
"""What `Signals.get` answers for a signal that the report does not mention."""


@frozen
class Signals:
    """All signals of a report by wire name; unknown ones keep their JSON value as it came."""

    by_name: Mapping[str, Present[Any] | Missing] = field(factory=dict)

    def get(self, kind: type[T]) -> T | Missing:
        """Return the value of the signal whose class is *kind*, or why there is none."""
        signal = self.by_name.get(wire_name(kind.__name__), NOT_SENT)
        return signal if isinstance(signal, Missing) else signal.value

    def __iter__(self) -> Iterator[str]:
        """Iterate over the wire names."""
        return iter(self.by_name)


@lru_cache(maxsize=1024)
def wire_name(name: str) -> str:
    """Return a class's or a field's name as it stands on the wire: ``TimeZone`` → ``timeZone``."""
    head, *rest = name.split("_")
    return head[:1].lower() + head[1:] + "".join(word.capitalize() for word in rest)
