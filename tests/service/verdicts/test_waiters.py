"""Waiters come and go without a trace."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.service.errors import OverloadedError
from octet.service.verdicts.waiters import Waiters


async def test_wake_lets_all_go(mock_clock: MockClock) -> None:
    """All that wait for a key go when it is woken, and no one else."""
    waiters = Waiters(10)
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(waiters.wait, "a", 10)
        nursery.start_soon(waiters.wait, "b", 10)
        await wait_all_tasks_blocked()
        waiters.wake("a")
        await wait_all_tasks_blocked()
        assert len(waiters) == 1
        mock_clock.jump(10)
    assert len(waiters) == 0


async def test_timeout(autojump_clock: MockClock) -> None:
    """Nobody waits longer than asked."""
    waiters = Waiters(10)
    await waiters.wait("a", 2.5)
    assert autojump_clock.current_time() == 2.5
    assert waiters._rooms == {}


async def test_cancelled_waiter_leaves_nothing() -> None:
    """A cancelled wait leaves no waiter behind, and the others of its key wait on."""
    waiters = Waiters(10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(waiters.wait, "a", 10)
        async with trio.open_nursery() as doomed:
            doomed.start_soon(waiters.wait, "a", 10)
            doomed.start_soon(waiters.wait, "b", 10)
            await wait_all_tasks_blocked()
            assert len(waiters) == 3
            doomed.cancel_scope.cancel()
        assert len(waiters) == 1
        assert set(waiters._rooms) == {"a"}
        waiters.wake("a")
    assert waiters._rooms == {}


async def test_too_many() -> None:
    """One waiter too many is turned away; when one goes there is room again."""
    waiters = Waiters(1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(waiters.wait, "a", 10)
        await wait_all_tasks_blocked()
        with pytest.raises(OverloadedError):
            await waiters.wait("b", 10)
        waiters.wake("a")
        await wait_all_tasks_blocked()
        with trio.move_on_after(0):
            await waiters.wait("b", 10)


async def test_waiter_between_wake_and_wait() -> None:
    """Who comes after a wake waits for the next one, even before the woken have gone."""
    waiters = Waiters(10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(waiters.wait, "a", 10)
        await wait_all_tasks_blocked()
        waiters.wake("a")
        nursery.start_soon(waiters.wait, "a", 10)
        await wait_all_tasks_blocked()
        assert len(waiters) == 1
        waiters.wake("a")
