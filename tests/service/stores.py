"""The stores that every test of the contract runs against, opened and closed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random, SystemRandom
from typing import Any, Protocol

import trio

from octet.schema.verdict import Verdict
from octet.service.realm import Realm
from octet.service.redis.link import RedisLink
from octet.service.stores import Stores
from octet.service.verdicts import Entry, MemoryStore, VerdictStore
from octet.service.verdicts.redis import RedisStore
from octet.service.verdicts.waiters import Waiters
from tests.redis_server import RedisServer

TTL_S = 600


class WaitingStore(VerdictStore, Protocol):
    """A store that tells how many wait."""

    @property
    def waiters(self) -> Waiters: ...


def stores(server: RedisServer | None, *, max_waiters: int) -> tuple[Stores, WaitingStore]:
    """Return what an application keeps its verdicts in, in *server* or in memory."""
    if server is None:
        memory = MemoryStore(ttl_s=TTL_S, max_waiters=max_waiters)
        return Stores(verdicts=memory), memory
    link = RedisLink(server.address, rng=SystemRandom())
    redis = RedisStore(link, ttl_s=TTL_S, max_waiters=max_waiters)
    return Stores(verdicts=redis, run=link.run, reached=link.up), redis


@asynccontextmanager
async def open_link(server: RedisServer, seed: int = 1) -> AsyncIterator[RedisLink]:
    """A link that is up."""
    link = RedisLink(server.address, rng=Random(seed))  # noqa: S311 - not a secret
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        with trio.fail_after(20):
            await link.up()
        yield link
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def open_store(
    server: RedisServer | None, seed: int = 1, *, ttl_s: float = TTL_S, **options: Any
) -> AsyncIterator[WaitingStore]:
    """A store in *server*, or in memory."""
    if server is None:
        yield MemoryStore(ttl_s=ttl_s, **options)
        return
    async with open_link(server, seed) as link:
        yield RedisStore(link, ttl_s=ttl_s, **options)


def entry(name: str, verdict: Verdict, ref: str | None = "sess_12345678") -> Entry:
    """Return what is put."""
    return Entry(envelope_id=name, ref=ref, verdict=verdict)


async def put(
    store: VerdictStore, realm: Realm, ref: str | None, name: str, verdict: Verdict
) -> Verdict:
    """Put one report; return what stands for its id."""
    return (await store.put(realm, [entry(name, verdict, ref)]))[name]


async def waiting(store: WaitingStore, count: int) -> None:
    """Return once so many long polls wait."""
    while len(store.waiters) != count:
        await trio.lowlevel.checkpoint()  # on any clock: what a socket brings takes real time
