"""What every counter of requests does, in memory and in a real Redis."""

from collections.abc import AsyncIterator

import pytest
import trio

from octet.service.quotas import MemoryQuotas, Quotas
from octet.service.quotas.redis import RedisQuotas
from tests.redis_server import RedisServer
from tests.service.stores import open_link


@pytest.fixture
async def quotas(server: RedisServer | None) -> AsyncIterator[Quotas]:
    """A counter that has counted nothing."""
    if server is None:
        yield MemoryQuotas()
        return
    async with open_link(server) as link:
        yield RedisQuotas(link)


async def admitted(quotas: Quotas, jti: str, limit: int) -> bool:
    allowance = await quotas.take(jti, limit)
    assert allowance is not None
    return allowance.admitted


async def test_counts_down(quotas: Quotas) -> None:
    """What is left is told with each request, and the first one too many is refused."""
    told = [await quotas.take("a", 3) for _ in range(5)]
    assert [(t.admitted, t.limit, t.remaining) for t in told if t] == [
        (True, 3, 2),
        (True, 3, 1),
        (True, 3, 0),
        (False, 3, 0),
        (False, 3, 0),
    ]
    assert all(50 < t.reset_s <= 61 for t in told if t)


async def test_each_credential_has_its_own(quotas: Quotas) -> None:
    """What one credential spends no other one lacks."""
    assert await admitted(quotas, "a", 1)
    assert not await admitted(quotas, "a", 1)
    assert await admitted(quotas, "b", 1)


async def test_at_once(quotas: Quotas) -> None:
    """However many come in one moment, as many pass as the quota says."""
    passed: list[bool] = []

    async def request() -> None:
        passed.append(await admitted(quotas, "a", 20))

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(request)
    assert passed.count(True) == 20
