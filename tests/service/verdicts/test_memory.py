"""Verdicts in memory: idempotent, isolated, bounded, gone in time."""

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.schema.verdict import Alarm, Verdict
from octet.service.errors import OverloadedError
from octet.service.realm import Realm
from octet.service.verdicts import MemoryStore
from tests.service.fakes import ACME, FRANCE, GERMANY, NOWHERE

REF = "sess_12345678"
TTL_S = 600


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(ttl_s=TTL_S)


async def test_put_and_get(store: MemoryStore) -> None:
    """What is put is there."""
    assert await store.put(ACME, REF, "a", GERMANY) == GERMANY
    assert await store.get(ACME, REF) == GERMANY
    assert await store.recall(ACME, "a") == GERMANY


async def test_same_id_answers_the_same(store: MemoryStore) -> None:
    """The first content of an id wins; the second changes nothing, wherever it points."""
    await store.put(ACME, REF, "a", GERMANY)
    assert await store.put(ACME, REF, "a", FRANCE) == GERMANY
    assert await store.put(ACME, "sess_elsewhere", "a", FRANCE) == GERMANY
    assert await store.get(ACME, REF) == GERMANY
    assert await store.get(ACME, "sess_elsewhere") is None


async def test_several_reports(store: MemoryStore) -> None:
    """For a reference the latest country and the highest alarm stand, each id keeps its own."""
    await store.put(ACME, REF, "a", evolve(FRANCE, alarm=Alarm.HIGH))
    assert await store.put(ACME, REF, "b", GERMANY) == GERMANY
    assert await store.get(ACME, REF) == evolve(GERMANY, alarm=Alarm.HIGH)
    assert await store.recall(ACME, "b") == GERMANY


@pytest.mark.parametrize("other", [Realm("other", live=True), Realm("acme", live=False)])
async def test_isolation(store: MemoryStore, other: Realm) -> None:
    """Another partner, or the same partner's test world, shares neither references nor ids."""
    await store.put(ACME, REF, "a", GERMANY)
    assert await store.get(other, REF) is None
    assert await store.recall(other, "a") is None
    assert await store.put(other, REF, "a", FRANCE) == FRANCE
    assert await store.get(ACME, REF) == GERMANY


async def test_time_to_live(store: MemoryStore, mock_clock: MockClock) -> None:
    """After its time to live a verdict is gone, with its id."""
    await store.put(ACME, REF, "a", GERMANY)
    mock_clock.jump(TTL_S - 0.001)
    assert await store.get(ACME, REF) == GERMANY
    mock_clock.jump(0.001)
    assert await store.get(ACME, REF) is None
    assert await store.recall(ACME, "a") is None


async def test_expired_alarm_is_forgotten(store: MemoryStore, mock_clock: MockClock) -> None:
    """A new report does not inherit from one that is gone."""
    await store.put(ACME, REF, "a", NOWHERE)
    mock_clock.jump(TTL_S)
    await store.put(ACME, REF, "b", GERMANY)
    assert await store.get(ACME, REF) == GERMANY


async def test_without_reference(store: MemoryStore) -> None:
    """Without a reference only the id is held."""
    await store.put(ACME, None, "a", GERMANY)
    assert await store.recall(ACME, "a") == GERMANY
    assert store.fault() is None


async def test_full_store_breaks_no_promise(mock_clock: MockClock) -> None:
    """A full store refuses what is new, keeps what it has, says so, and recovers."""
    store = MemoryStore(ttl_s=TTL_S, max_verdicts=1)
    await store.put(ACME, REF, "a", GERMANY)
    with pytest.raises(OverloadedError):
        await store.put(ACME, "sess_another1", "b", FRANCE)
    with pytest.raises(OverloadedError):
        await store.put(ACME, REF, "b", FRANCE)
    assert await store.recall(ACME, "b") is None
    assert await store.recall(ACME, "a") == GERMANY
    assert store.fault() == "verdict store full"
    mock_clock.jump(TTL_S)
    assert store.fault() is None
    await store.put(ACME, "sess_another1", "b", FRANCE)


async def test_wait_is_woken(store: MemoryStore) -> None:
    """A waiter has the verdict as soon as it is put."""
    seen: list[Verdict | None] = []

    async def wait() -> None:
        seen.append(await store.wait(ACME, REF, 10))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await wait_all_tasks_blocked()
        await store.put(Realm("other", live=True), REF, "a", FRANCE)
        await wait_all_tasks_blocked()
        assert seen == []
        await store.put(ACME, REF, "a", GERMANY)
    assert seen == [GERMANY]


async def test_wait_does_not_wait_for_what_is_there(store: MemoryStore) -> None:
    """A verdict that stands is given at once."""
    await store.put(ACME, REF, "a", GERMANY)
    assert await store.wait(ACME, REF, 10) == GERMANY


async def test_wait_ends(autojump_clock: MockClock) -> None:
    """Nothing comes, and the wait ends in its time; a wait of 0 is no wait."""
    store = MemoryStore(ttl_s=TTL_S)
    assert await store.wait(ACME, REF, 3) is None
    assert autojump_clock.current_time() == 3
    assert await store.wait(ACME, REF, 0) is None
    assert autojump_clock.current_time() == 3
    assert len(store.waiters) == 0
