"""Waiters come and go without a trace, and rooms open and close around them."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from octet.service.errors import OverloadedError
from octet.service.verdicts.waiters import Waiters


class House:
    """Waiters, and what was told of their rooms."""

    def __init__(self, limit: int = 10) -> None:
        self.told: list[str] = []
        self.waiters = Waiters(
            limit,
            opened=lambda key: self.told.append(f"+{key}"),
            closed=lambda key: self.told.append(f"-{key}"),
        )

    async def wait(self, key: str) -> None:
        with self.waiters.place(), self.waiters.room(key) as room:
            await room.woken.wait()


async def test_wake_lets_all_go() -> None:
    """All that wait for a key go when it is woken, and no one else."""
    house = House()
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(house.wait, "a")
        nursery.start_soon(house.wait, "b")
        await wait_all_tasks_blocked()
        house.waiters.wake("a")
        await wait_all_tasks_blocked()
        assert len(house.waiters) == 1
        assert sorted(house.told) == ["+a", "+b", "-a"]
        house.waiters.wake_all()
    assert len(house.waiters) == 0
    assert sorted(house.told) == ["+a", "+b", "-a", "-b"]


async def test_cancelled_waiter_leaves_nothing() -> None:
    """A cancelled wait leaves no waiter behind, and the others of its key wait on."""
    house = House()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.wait, "a")
        async with trio.open_nursery() as doomed:
            doomed.start_soon(house.wait, "a")
            doomed.start_soon(house.wait, "b")
            await wait_all_tasks_blocked()
            assert len(house.waiters) == 3
            doomed.cancel_scope.cancel()
        assert len(house.waiters) == 1
        assert sorted(house.told) == ["+a", "+b", "-b"]
        house.waiters.wake("a")
    assert house.waiters._rooms == {}


async def test_too_many() -> None:
    """One waiter too many is turned away; when one goes there is room again."""
    house = House(limit=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.wait, "a")
        await wait_all_tasks_blocked()
        with pytest.raises(OverloadedError), house.waiters.place():
            pass
        house.waiters.wake("a")
        await wait_all_tasks_blocked()
        with house.waiters.place(), house.waiters.room("b"):
            assert len(house.waiters) == 1
    assert house.told == ["+a", "-a", "+b", "-b"]


async def test_woken_keeps_its_place() -> None:
    """Who is woken in vain goes back into the room, whoever came meanwhile."""
    waiters = Waiters(1)
    with waiters.place():
        for _ in range(2):
            with waiters.room("a") as room:
                waiters.wake("a")
                await room.woken.wait()
            assert len(waiters) == 1
            with pytest.raises(OverloadedError), waiters.place():
                pass
    assert len(waiters) == 0


async def test_waiter_between_wake_and_wait() -> None:
    """Who comes after a wake waits for the next one, even before the woken have gone."""
    house = House()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.wait, "a")
        await wait_all_tasks_blocked()
        house.waiters.wake("a")
        nursery.start_soon(house.wait, "a")
        await wait_all_tasks_blocked()
        assert len(house.waiters) == 1
        house.waiters.wake("a")
    assert house.told == ["+a", "-a", "+a", "-a"]
