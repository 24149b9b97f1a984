"""What every store of verdicts does, in memory and in a real Redis."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from random import Random

import pytest
import trio
from attrs import evolve

from octet.schema.verdict import Alarm, Location, Verdict
from octet.service.errors import OverloadedError
from octet.service.realm import Realm
from octet.service.verdicts import standing
from tests.redis_server import RedisServer
from tests.service.fakes import ACME, FRANCE, GERMANY, NOWHERE
from tests.service.stores import WaitingStore, entry, open_store, put, waiting

REF = "sess_12345678"
FULL = Verdict(
    country="DE",
    confidence=0.123456789012345,
    alarm=Alarm.MEDIUM,
    estimated_location=Location(52.5, -13.4),
    confidence_radius_km=35.25,
    feasible_region=tuple(Location(float(n), float(-n)) for n in range(60)),
    device_key="dk_ä\x00\r\n",
    token="v4.public.made-up",
)


@pytest.fixture
async def store(server: RedisServer | None) -> AsyncIterator[WaitingStore]:
    """An empty store with room for three who wait."""
    async with open_store(server, max_waiters=3) as store:
        yield store
        assert len(store.waiters) == 0


@contextmanager
def in_time() -> Iterator[None]:
    with trio.fail_after(20):
        yield


async def test_put_and_get(store: WaitingStore) -> None:
    """What is put is there, to the last digit."""
    assert await put(store, ACME, REF, "a", FULL) == FULL
    assert await store.get(ACME, REF) == FULL
    assert await store.recall(ACME, ["a"]) == {"a": FULL}
    assert store.fault() is None


async def test_nothing_is_there(store: WaitingStore) -> None:
    """What was never put is not there, and nothing to ask for or to put is no fault."""
    assert await store.get(ACME, REF) is None
    assert await store.recall(ACME, ["a"]) == {}
    assert await store.recall(ACME, []) == {}
    assert await store.put(ACME, []) == {}


async def test_batch(store: WaitingStore) -> None:
    """A full batch is held at once, and what of it was known answers as before."""
    await put(store, ACME, "sess_before01", "id-7", FRANCE)
    batch = [entry(f"id-{n}", GERMANY, f"sess_batch_{n:02}") for n in range(64)]
    held = dict(await store.put(ACME, batch))
    assert list(held) == [f"id-{n}" for n in range(64)]
    assert held.pop("id-7") == FRANCE
    assert set(held.values()) == {GERMANY}
    assert await store.get(ACME, "sess_batch_63") == GERMANY
    assert await store.get(ACME, "sess_batch_07") is None
    recalled = await store.recall(ACME, [f"id-{n}" for n in range(66)])
    assert list(recalled) == [f"id-{n}" for n in range(64)]


async def test_same_id_answers_the_same(store: WaitingStore) -> None:
    """The first content of an id wins; the second changes nothing, wherever it points."""
    await put(store, ACME, REF, "a", GERMANY)
    assert await put(store, ACME, REF, "a", FRANCE) == GERMANY
    assert await put(store, ACME, "sess_elsewhere", "a", FRANCE) == GERMANY
    assert await store.get(ACME, REF) == GERMANY
    assert await store.get(ACME, "sess_elsewhere") is None


async def test_same_id_at_once(store: WaitingStore) -> None:
    """However many post an id in the same moment, all are told the one verdict that stands."""
    told: list[Verdict] = []

    async def post(verdict: Verdict) -> None:
        told.append(await put(store, ACME, REF, "a", verdict))

    async with trio.open_nursery() as nursery:
        for number in range(30):
            nursery.start_soon(post, evolve(GERMANY, confidence=number / 30))
    assert set(told) == {await store.get(ACME, REF)}


async def test_several_reports(store: WaitingStore) -> None:
    """For a reference the latest country and the highest alarm stand, each id keeps its own."""
    await put(store, ACME, REF, "a", evolve(FRANCE, alarm=Alarm.HIGH))
    assert await put(store, ACME, REF, "b", GERMANY) == GERMANY
    assert await store.get(ACME, REF) == evolve(GERMANY, alarm=Alarm.HIGH)
    assert await store.recall(ACME, ["b"]) == {"b": GERMANY}


async def test_any_reports(store: WaitingStore) -> None:
    """Whatever comes for a reference, in one batch or in several, the rule of `standing` holds."""
    rng = Random(4)  # noqa: S311 - not a secret
    choices = [
        *(evolve(FULL, alarm=alarm) for alarm in Alarm),
        *(evolve(NOWHERE, alarm=alarm, token="silent") for alarm in Alarm),
        FRANCE,
    ]
    for number in range(60):
        reports = rng.choices(choices, k=rng.randint(1, 5))
        entries = [entry(f"{number}-{n}", r, f"sess_any_{number}") for n, r in enumerate(reports)]
        cut = rng.randint(0, len(entries))
        await store.put(ACME, entries[:cut])
        await store.put(ACME, entries[cut:])
        expected: Verdict | None = None
        for report in reports:
            expected = standing(expected, report)
        assert await store.get(ACME, f"sess_any_{number}") == expected


@pytest.mark.parametrize(
    "other",
    [
        Realm("other", live=True),
        Realm("acme", live=False),
        Realm("acme:a", live=True),
        Realm("acm", live=True),
        Realm("ACME", live=True),
        Realm("*", live=True),
    ],
)
async def test_isolation(store: WaitingStore, other: Realm) -> None:
    """Another partner, or the same partner's test world, shares neither references nor ids."""
    await put(store, ACME, REF, "a:a", GERMANY)
    await put(store, ACME, REF, "a", GERMANY)
    assert await store.get(other, REF) is None
    assert await store.recall(other, ["a", "a:a", ":a"]) == {}
    assert await put(store, other, REF, "a", FRANCE) == FRANCE
    assert await store.get(ACME, REF) == GERMANY


async def test_without_reference(store: WaitingStore) -> None:
    """Without a reference only the id is held."""
    await put(store, ACME, None, "a", GERMANY)
    assert await store.recall(ACME, ["a"]) == {"a": GERMANY}
    assert await store.get(ACME, "a") is None


async def test_wait_is_woken(store: WaitingStore) -> None:
    """All who wait have the verdict as soon as it is put; another partner's wakes nobody."""
    seen: list[Verdict | None] = []

    async def wait() -> None:
        seen.append(await store.wait(ACME, REF, 60))

    with in_time():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            nursery.start_soon(wait)
            await waiting(store, 2)
            await put(store, Realm("other", live=True), REF, "a", FRANCE)
            await put(store, ACME, "sess_elsewhere", "b", FRANCE)
            assert seen == []
            await put(store, ACME, REF, "a", GERMANY)
    assert seen == [GERMANY, GERMANY]


async def test_wait_does_not_wait_for_what_is_there(store: WaitingStore) -> None:
    """A verdict that stands is given at once."""
    await put(store, ACME, REF, "a", GERMANY)
    with in_time():
        assert await store.wait(ACME, REF, 60) == GERMANY


async def test_no_wake_up_is_lost(store: WaitingStore) -> None:
    """However a wait and a put fall together, the wait has the verdict."""

    async def session(number: int, rng: Random) -> None:
        ref = f"sess_race_{number}"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, ref)
            for _ in range(rng.randrange(20)):
                await trio.lowlevel.checkpoint()
            await put(store, ACME, ref, f"id-{number}", GERMANY)

    async def wait(ref: str) -> None:
        assert await store.wait(ACME, ref, 60) == GERMANY

    with in_time():
        for number in range(300):
            await session(number, Random(number))  # noqa: S311 - not a secret


async def test_wait_again_and_again(store: WaitingStore) -> None:
    """Who gives up and comes back at once, beside others of the same reference, misses nothing."""
    rng = Random(1)  # noqa: S311 - not a secret

    async def wait() -> None:
        while True:
            with trio.move_on_after(rng.uniform(0, 0.002)):
                if await store.wait(ACME, REF, 60) == GERMANY:
                    return

    with in_time():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            nursery.start_soon(wait)
            assert await store.wait(ACME, REF, 0.2) is None
            patient = trio.Event()

            async def last() -> None:
                assert await store.wait(ACME, REF, 60) == GERMANY
                patient.set()

            nursery.start_soon(last)
            await put(store, ACME, REF, "a", GERMANY)
            await patient.wait()


async def test_wait_ends(store: WaitingStore) -> None:
    """Nothing comes, and the wait ends; a wait of 0 is no wait."""
    with in_time():
        assert await store.wait(ACME, REF, 0.05) is None
        assert await store.wait(ACME, REF, 0) is None


async def test_cancelled_wait(store: WaitingStore) -> None:
    """A cancelled wait leaves nobody behind, and others of the same reference wait on."""
    seen: list[Verdict | None] = []

    async def wait() -> None:
        seen.append(await store.wait(ACME, REF, 60))

    with in_time():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            async with trio.open_nursery() as doomed:
                doomed.start_soon(wait)
                await waiting(store, 2)
                doomed.cancel_scope.cancel()
            assert len(store.waiters) == 1
            await put(store, ACME, REF, "a", GERMANY)
    assert seen == [GERMANY]


async def test_too_many_waits(store: WaitingStore) -> None:
    """One long poll too many is turned away; when one goes there is room again."""
    with in_time():
        async with trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(store.wait, ACME, f"sess_many_{number}", 60)
            await waiting(store, 3)
            with pytest.raises(OverloadedError, match="too many long polls"):
                await store.wait(ACME, REF, 60)
            await put(store, ACME, "sess_many_0", "a", GERMANY)
            await waiting(store, 2)
            with trio.move_on_after(0.05):
                await store.wait(ACME, REF, 60)
            nursery.cancel_scope.cancel()
