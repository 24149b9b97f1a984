"""Requests counted in memory: forgotten in time, bounded."""

from trio.testing import MockClock

from octet.service.quotas import MemoryQuotas
from tests.service.quotas.test_quotas import admitted


async def test_minute(mock_clock: MockClock) -> None:
    """A quota is there again when its minute is over."""
    quotas = MemoryQuotas()
    assert await admitted(quotas, "a", 1)
    mock_clock.jump(60.5)
    assert not await admitted(quotas, "a", 1)
    mock_clock.jump(0.5)
    assert await admitted(quotas, "a", 1)


async def test_bounded() -> None:
    """Of more credentials than there is room for, the one longest unused begins anew."""
    quotas = MemoryQuotas(max_credentials=2)
    for jti in ("a", "b", "a", "c"):
        await quotas.take(jti, 2)
    assert not await admitted(quotas, "a", 2)
    assert await admitted(quotas, "b", 1)
