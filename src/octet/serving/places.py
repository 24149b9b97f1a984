"""A bound on how much may be held at once, by one process or by all that share its count."""

from typing import Protocol

from attrs import define, frozen


class Count(Protocol):
    """How much is held. A gauge of `octet.serving.metrics` counts over all workers."""

    def add(self, amount: int) -> None:
        """Change this process's part."""

    def total(self) -> float:
        """Return the sum over all processes."""


@define(eq=False)
class LocalCount:
    """The count of one process."""

    _held: int = 0

    def add(self, amount: int) -> None:
        """Change it."""
        self._held += amount

    def total(self) -> float:
        """Return it."""
        return self._held


@frozen(eq=False)
class Places:
    """So many, and no more.

    A place is taken first and the sum looked at then: of two processes that race for the last one
    both may lose, but never both win.
    """

    most: int
    count: Count

    @property
    def full(self) -> bool:
        """Whether the next one would be turned away."""
        return self.count.total() >= self.most

    def take(self) -> bool:
        """Take a place, to be given back; False when there is none."""
        self.count.add(1)
        if self.count.total() > self.most:
            self.count.add(-1)
            return False
        return True

    def give_back(self, many: int = 1) -> None:
        """Give places back that were taken."""
        self.count.add(-many)
