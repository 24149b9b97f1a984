"""Verdicts in memory, beyond what every store does: forgotten in time, bounded."""

import pytest
from trio.testing import MockClock

from octet.service.errors import OverloadedError
from octet.service.verdicts import MemoryStore
from tests.service.fakes import ACME, FRANCE, GERMANY, NOWHERE
from tests.service.stores import TTL_S, entry, put

REF = "sess_12345678"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(ttl_s=TTL_S)


async def test_time_to_live(store: MemoryStore, mock_clock: MockClock) -> None:
    """After its time to live a verdict is gone, with its id."""
    await put(store, ACME, REF, "a", GERMANY)
    mock_clock.jump(TTL_S - 0.001)
    assert await store.get(ACME, REF) == GERMANY
    mock_clock.jump(0.001)
    assert await store.get(ACME, REF) is None
    assert await store.recall(ACME, ["a"]) == {}


async def test_expired_alarm_is_forgotten(store: MemoryStore, mock_clock: MockClock) -> None:
    """A new report does not inherit from one that is gone."""
    await put(store, ACME, REF, "a", NOWHERE)
    mock_clock.jump(TTL_S)
    await put(store, ACME, REF, "b", GERMANY)
    assert await store.get(ACME, REF) == GERMANY


async def test_full_store_breaks_no_promise(mock_clock: MockClock) -> None:
    """A full store refuses what is new, keeps what it has, says so, and recovers."""
    store = MemoryStore(ttl_s=TTL_S, max_verdicts=1)
    await put(store, ACME, REF, "a", GERMANY)
    with pytest.raises(OverloadedError):
        await put(store, ACME, "sess_another1", "b", FRANCE)
    with pytest.raises(OverloadedError):
        await put(store, ACME, REF, "b", FRANCE)
    assert await put(store, ACME, REF, "a", FRANCE) == GERMANY
    assert await store.recall(ACME, ["a", "b"]) == {"a": GERMANY}
    assert store.fault() == "verdict store full"
    mock_clock.jump(TTL_S)
    assert store.fault() is None
    await put(store, ACME, "sess_another1", "b", FRANCE)


async def test_batch_is_held_whole_or_not_at_all() -> None:
    """Of a batch for which there is no room nothing is held, and one that just fits is."""
    store = MemoryStore(ttl_s=TTL_S, max_verdicts=2)
    batch = [entry(name, GERMANY, f"sess_batch_{name}") for name in "abc"]
    with pytest.raises(OverloadedError):
        await store.put(ACME, batch)
    assert await store.recall(ACME, ["a", "b", "c"]) == {}
    assert len(await store.put(ACME, batch[:2])) == 2


async def test_wait_ends_on_time(autojump_clock: MockClock) -> None:
    """Nothing comes, and the wait ends in its time; a wait of 0 is no wait."""
    store = MemoryStore(ttl_s=TTL_S)
    assert await store.wait(ACME, REF, 3) is None
    assert autojump_clock.current_time() == 3
    assert await store.wait(ACME, REF, 0) is None
    assert autojump_clock.current_time() == 3
    assert len(store.waiters) == 0
