"""Whether the service can do its work, and who is told."""

import logging
from collections.abc import Callable

import pytest
import trio
from prometheus_client import CollectorRegistry
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.service.metrics import ServiceMetrics
from octet.service.readiness import LOOK_EVERY_S, Readiness


class Parts:
    """Parts that can be out of order."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        self.metrics = ServiceMetrics(CollectorRegistry())
        self.readiness = Readiness(
            {part: self._of(part) for part in ("keyring", "store")}, self.metrics
        )

    def _of(self, part: str) -> Callable[[], str | None]:
        return lambda: self.faults.get(part)


def test_reasons() -> None:
    """Each fault is told in its own words and counted under the name of its part."""
    parts = Parts()
    assert parts.readiness.reasons() == []
    parts.faults["store"] = "the store is full"
    assert parts.readiness.reasons() == ["the store is full"]
    assert parts.metrics.faults.total("store") == 1
    assert parts.metrics.faults.total("keyring") == 0
    parts.faults.clear()
    assert parts.readiness.reasons() == []
    assert parts.metrics.faults.total("store") == 0


async def test_log(mock_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody has to ask: a change is logged once, when it comes and when it goes."""
    caplog.set_level(logging.INFO)
    parts = Parts()

    async def look() -> None:
        mock_clock.jump(LOOK_EVERY_S)
        await wait_all_tasks_blocked()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(parts.readiness.run)
        await wait_all_tasks_blocked()
        parts.faults["store"] = "the store is full"
        for _ in range(3):
            await look()
        assert parts.metrics.faults.total("store") == 1
        parts.faults.clear()
        for _ in range(3):
            await look()
        nursery.cancel_scope.cancel()
    assert [record.getMessage() for record in caplog.records] == [
        "not ready: the store is full",
        "ready again",
    ]
