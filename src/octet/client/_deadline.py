"""What is left of a deadline, told to those who only know time-outs.

The time-out of a blocking socket is for one wait, and httpcore waits as often as a header takes,
each time with what it was told at first: a peer that drips is never late. `Until` is a time-out
that knows better; `octet.client._sockets` asks it before each wait.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Self

from attrs import frozen


class Until(float):
    """What was left of a deadline when this was made, seconds; httpcore hands it on."""

    left: Callable[[], float]
    """What is left by now; not more than 0: the deadline is over."""

    def __new__(cls, left: Callable[[], float], at_least_s: float) -> Self:
        """Make it of *left*, but no less than *at_least_s*."""
        it = super().__new__(cls, max(at_least_s, left()))
        it.left = left
        return it


@frozen
class Left(Mapping[str, float]):
    """What remains of one deadline, as httpx's ``timeout`` extension: `Until` for every phase."""

    deadline: float
    now: Callable[[], float]

    @property
    def seconds(self) -> float:
        """Until the deadline; negative after it."""
        return self.deadline - self.now()

    def __getitem__(self, phase: str) -> Until:
        """Return what *phase* may take; httpx takes 0 for a socket that does not block at all."""
        return Until(lambda: self.seconds, at_least_s=0.001)

    def __iter__(self) -> Iterator[str]:
        """Name the phases."""
        return iter(("connect", "pool", "read", "write"))

    def __len__(self) -> int:
        """Count the phases."""
        return 4
