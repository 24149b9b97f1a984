"""Requests counted in Redis: one count of all processes, gone in time, no hindrance."""

import pytest
import trio

from octet.service.quotas.redis import RedisQuotas
from tests.redis_server import RedisServer
from tests.service.quotas.test_quotas import admitted
from tests.service.stores import open_link

pytestmark = pytest.mark.redis


async def test_two_processes(redis: RedisServer) -> None:
    """What passes at one process counts at the other."""
    async with open_link(redis, 1) as one, open_link(redis, 2) as other:
        both = [RedisQuotas(one), RedisQuotas(other)] * 5
        assert [await admitted(quotas, "a", 7) for quotas in both] == [True] * 7 + [False] * 3


async def test_window(redis: RedisServer) -> None:
    """A quota comes back when its window is over, and so long who is refused is told to wait."""
    async with open_link(redis) as link:
        quotas = RedisQuotas(link, step_ms=20, steps=5)
        assert await admitted(quotas, "a", 1)
        with trio.fail_after(20):
            while (allowance := await quotas.take("a", 1)) and not allowance.admitted:
                assert 0 < allowance.reset_s <= 0.12
        assert allowance is not None
        assert int(redis.cli("HLEN", "octet:v1:quota:a")) == 1


async def test_expires(redis: RedisServer) -> None:
    """What is counted is gone after its window."""
    async with open_link(redis) as link:
        await RedisQuotas(link).take("a", 1)
        assert 60_000 < int(redis.cli("PTTL", "octet:v1:quota:a")) <= 61_000
        await RedisQuotas(link, step_ms=10, steps=1).take("b", 1)
        with trio.fail_after(20):
            while redis.cli("EXISTS", "octet:v1:quota:b") != "0":
                await trio.lowlevel.checkpoint()


async def test_away() -> None:
    """Requests that cannot be counted pass: who is within the quota is not turned away."""
    with RedisServer() as server:
        async with open_link(server) as link:
            quotas = RedisQuotas(link)
            assert await admitted(quotas, "a", 1)
            server.cli("CONFIG", "SET", "maxmemory", "1")
            assert await quotas.take("a", 1) is not None  # refused without writing anything
            assert await quotas.take("b", 1) is None
            server.kill()
            assert await quotas.take("a", 1) is None
