"""First come: in one process's memory."""

import pytest

from octet.service.errors import OverloadedError
from octet.service.firsts import KEPT_S, MemoryFirsts


class Clock:
    """A clock that is set by hand."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_first() -> None:
    """The first value of a name stands for as long as it is kept, and then another may come."""
    clock = Clock()
    firsts = MemoryFirsts(now=clock)
    assert await firsts.first("a", "1") == "1"
    assert await firsts.first("b", "2") == "2"
    clock.now_s = KEPT_S - 1
    assert await firsts.first("a", "3") == "1"
    clock.now_s = KEPT_S
    assert await firsts.first("a", "3") == "3"


async def test_full() -> None:
    """When there is no room it says so, and forgets nothing that it remembers."""
    firsts = MemoryFirsts(now=Clock(), max_names=1)
    await firsts.first("a", "1")
    with pytest.raises(OverloadedError):
        await firsts.first("b", "2")
    assert await firsts.first("a", "3") == "1"
