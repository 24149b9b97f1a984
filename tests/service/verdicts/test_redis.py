"""Verdicts in Redis, beyond what every store does: many processes, and a Redis that fails."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from attrs import evolve

from octet.schema.verdict import Alarm, Location, Verdict
from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.engine import Engine
from octet.service.errors import OverloadedError
from octet.service.redis import link
from octet.service.redis.errors import AwayError
from octet.service.verdicts.records import RecordError
from tests.redis_server import RedisServer
from tests.service.fakes import ACME, FRANCE, GERMANY, NOW_MS, SAMPLE, Cupboard, batch, raw_envelope
from tests.service.stores import entry, open_store, put, waiting

pytestmark = pytest.mark.redis

REF = "sess_12345678"
ID_KEY = "octet:v1:id:live:acme:a"
REF_KEY = f"octet:v1:ref:live:acme:{REF}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a silent Redis be missed soon."""
    monkeypatch.setattr(link, "COMMAND_S", 1.0)
    monkeypatch.setattr(link, "PROBE_EVERY_S", 0.05)


@pytest.fixture
def durable() -> Iterator[RedisServer]:
    """A Redis that a test may harm, and that forgets nothing."""
    with RedisServer(durable=True) as server:
        yield server


async def test_two_processes(redis: RedisServer) -> None:
    """What one store holds the other has, and who waits at the other is woken."""
    async with open_store(redis, 1) as one, open_store(redis, 2) as other:
        seen: list[Verdict | None] = []

        async def wait() -> None:
            seen.append(await other.wait(ACME, REF, 60))

        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(wait)
                await waiting(other, 1)
                await put(one, ACME, REF, "a", GERMANY)
        assert seen == [GERMANY]
        assert await put(other, ACME, REF, "a", FRANCE) == GERMANY
        assert await put(other, ACME, REF, "b", FRANCE) == FRANCE
        assert await one.get(ACME, REF) == FRANCE


async def test_time_to_live(redis: RedisServer) -> None:
    """Everything expires, and a report renews the time of its reference."""
    async with open_store(redis, ttl_s=600) as store:
        await put(store, ACME, REF, "a", GERMANY)
        assert sorted(redis.content()) == [ID_KEY, REF_KEY]
        for key in (ID_KEY, REF_KEY):
            assert 590_000 < int(redis.cli("PTTL", key)) <= 600_000
            redis.cli("PEXPIRE", key, "1000")
        await put(store, ACME, REF, "b", FRANCE)
        assert int(redis.cli("PTTL", REF_KEY)) > 590_000
        assert int(redis.cli("PTTL", ID_KEY)) <= 1000


async def test_gone(redis: RedisServer) -> None:
    """After its time to live a verdict is gone, and a new report does not inherit from it."""
    async with open_store(redis, ttl_s=0.02) as store:
        await put(store, ACME, REF, "a", evolve(FRANCE, alarm=Alarm.HIGH))
        with trio.fail_after(20):
            while await store.get(ACME, REF) is not None:
                pass
        assert await store.recall(ACME, ["a"]) == {}
        await put(store, ACME, REF, "b", GERMANY)
        assert await store.get(ACME, REF) in (GERMANY, None)  # in time, or gone too


async def test_readable_for_the_operator(redis: RedisServer) -> None:
    """Who looks into Redis sees whose verdicts there are, and what they say."""
    async with open_store(redis) as store:
        await put(store, ACME, REF, "a", FRANCE)
    assert json.loads(redis.cli("GET", ID_KEY)) == {
        "country": "FR",
        "confidence": 0.8,
        "alarm": "low",
    }
    assert redis.cli("GET", REF_KEY) == "11" + redis.cli("GET", ID_KEY)


async def test_no_signal_reaches_redis(redis: RedisServer, engine: Engine, tmp_path: Path) -> None:
    """No signal, address, observation or credential of a session is anywhere in Redis."""
    cupboard = Cupboard(tmp_path / "keyring.json")
    licence, key = cupboard.issue(quota=100), cupboard.issue(Kind.PARTNER, quota=100)
    config = ServiceConfig(keyring=cupboard.file.path, store=redis.address)
    app = create_app(config, engine, epoch_ms=lambda: NOW_MS)
    async with app.test_app() as running:
        client = running.test_client()
        headers = {"x-octet-license": licence, "content-type": "application/json"}
        posted = await client.post("/v1/signals", data=batch(raw_envelope("a")), headers=headers)
        assert (await posted.get_json())["results"] == [{"id": "a", "ok": True}]
        read = await client.get(f"/v1/verdict/{REF}", headers={"x-octet-partner-key": key})
        assert read.status_code == 200
        held = "\n".join(f"{name} {value}" for name, value in redis.content().items())
    assert ID_KEY in held
    assert REF_KEY in held
    for secret in (*texts(SAMPLE["observed"]), *texts(SAMPLE["report"]["signals"]), licence, key):
        assert secret not in held
    assert licence.split(".")[2][:40] not in held


def texts(value: object) -> Iterator[str]:
    """Give every telling text in JSON *value*."""
    match value:
        case str() if len(value) > 4:
            yield value
        case dict():
            for inner in value.values():
                yield from texts(inner)
        case list():
            for inner in value:
                yield from texts(inner)


async def test_channels_are_left(redis: RedisServer) -> None:
    """Whatever way a wait ends, Redis is not asked for its channel any more."""
    async with open_store(redis) as store:
        await store.wait(ACME, REF, 0.02)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(store.wait, ACME, REF, 60)
            nursery.start_soon(store.wait, ACME, "sess_cancelled", 60)
            await waiting(store, 2)
            await put(store, ACME, REF, "a", GERMANY)
            await waiting(store, 1)
            nursery.cancel_scope.cancel()
        with trio.fail_after(20):
            while "ref" in await trio.to_thread.run_sync(redis.cli, "PUBSUB", "CHANNELS"):
                pass


async def test_restart_loses_nothing(durable: RedisServer) -> None:
    """After the death of a durable Redis all that was acknowledged is there, and waits are woken.

    One that was waiting keeps its place and sees what another process puts after the restart; one
    that begins its wait while Redis is away is told to come back.
    """
    async with open_store(durable, 1) as one, open_store(durable, 2) as other:
        await put(one, ACME, "sess_before01", "a", GERMANY)
        seen: list[Verdict | None] = []

        async def wait(ref: str) -> None:
            seen.append(await other.wait(ACME, ref, 60))

        with trio.fail_after(40):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(wait, REF)
                await waiting(other, 1)
                durable.kill()
                for store in (one, other):
                    while store.fault() is None:  # noqa: ASYNC110 - there is no event for it
                        await trio.sleep(0.001)
                with pytest.raises(AwayError):
                    await put(one, ACME, REF, "b", FRANCE)
                with pytest.raises(AwayError):
                    await other.wait(ACME, "sess_before01", 60)
                assert len(other.waiters) == 1
                durable.start()
                for store in (one, other):
                    while store.fault() is not None:  # noqa: ASYNC110
                        await trio.sleep(0.001)
                assert await other.get(ACME, "sess_before01") == GERMANY
                assert await put(one, ACME, "sess_before01", "a", FRANCE) == GERMANY
                await put(one, ACME, REF, "b", FRANCE)
        assert seen == [FRANCE]


async def test_put_while_redis_is_away_for_a_moment(durable: RedisServer) -> None:
    """A verdict that came while a waiter was cut off is seen by it when it is back."""
    async with open_store(durable, 1) as one, open_store(durable, 2) as other:
        seen: list[Verdict | None] = []

        async def wait() -> None:
            seen.append(await other.wait(ACME, REF, 60))

        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(wait)
                await waiting(other, 1)
                durable.cli("CLIENT", "KILL", "TYPE", "pubsub")
                while True:
                    try:
                        await put(one, ACME, REF, "a", GERMANY)
                        break
                    except AwayError:
                        await trio.sleep(0.001)
        assert seen == [GERMANY]


async def test_wait_over_while_redis_is_away(durable: RedisServer) -> None:
    """A wait whose time ends while Redis is away is no "pending": nobody can know."""
    async with open_store(durable) as store:
        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:

                async def wait() -> None:
                    with pytest.raises(AwayError):
                        await store.wait(ACME, REF, 0.5)

                nursery.start_soon(wait)
                await waiting(store, 1)
                durable.kill()


async def test_silent_redis(durable: RedisServer) -> None:
    """What Redis does not confirm is not acknowledged; put again it answers the same."""
    async with open_store(durable) as store:
        await put(store, ACME, REF, "a", GERMANY)
        durable.send(signal.SIGSTOP)
        with trio.fail_after(20):
            for name in ("a", "b"):
                with pytest.raises(AwayError):
                    await put(store, ACME, REF, name, FRANCE)
            durable.send(signal.SIGCONT)
            while store.fault() is not None:  # noqa: ASYNC110 - there is no event for it
                await trio.sleep(0.001)
        assert await put(store, ACME, REF, "a", FRANCE) == GERMANY
        assert await put(store, ACME, REF, "b", FRANCE) == FRANCE


async def test_full_redis(durable: RedisServer) -> None:
    """A Redis without room holds nothing of a batch, and goes on reading what it has."""
    async with open_store(durable) as store:
        await put(store, ACME, REF, "a", GERMANY)
        durable.cli("CONFIG", "SET", "maxmemory", "1")
        fresh = [entry(f"b{number}", FRANCE, f"sess_full_{number}") for number in range(64)]
        with pytest.raises(OverloadedError, match="full"):
            await store.put(ACME, fresh)
        assert await store.get(ACME, REF) == GERMANY
        assert sorted(durable.content()) == [ID_KEY, REF_KEY]
        durable.cli("CONFIG", "SET", "maxmemory", "0")
        assert len(await store.put(ACME, fresh)) == 64


async def test_foreign_content(redis: RedisServer) -> None:
    """What somebody else wrote under our names is our failure, not the partner's."""
    async with open_store(redis) as store:
        redis.cli("SET", REF_KEY, "nonsense")
        redis.cli("SET", ID_KEY, "nonsense")
        with pytest.raises(RecordError):
            await store.get(ACME, REF)
        with pytest.raises(RecordError):
            await store.recall(ACME, ["a"])
        redis.cli("DEL", ID_KEY)
        redis.cli("LPUSH", ID_KEY, "nonsense")
        with pytest.raises(OverloadedError):
            await put(store, ACME, REF, "a", GERMANY)


async def test_too_large_verdict_fails_alone(redis: RedisServer) -> None:
    """Of a batch a verdict that is too large is not held, and all others are."""
    large = evolve(GERMANY, feasible_region=(Location(1.25, 1.25),) * 2000)
    async with open_store(redis) as store:
        held = await store.put(ACME, [entry("a", GERMANY), entry("b", large), entry("c", FRANCE)])
        assert held == {"a": GERMANY, "c": FRANCE}
        assert await store.recall(ACME, ["b"]) == {}
        assert await store.put(ACME, [entry("b", large)]) == {}
