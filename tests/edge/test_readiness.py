"""Readiness under a virtual clock."""

import trio
from trio.testing import MockClock

from octet.edge.readiness import FRESH_S, PROBE_EVERY_S, Readiness
from octet.edge.relay import Relay


async def test_turns_and_recovers_without_traffic(autojump_clock: MockClock) -> None:
    """The edge is ready once the service was reached, and turns within 30 s either way."""
    reachable = True

    async def probe() -> bool:
        return reachable

    async def post(_: object) -> list[object]:
        raise NotImplementedError

    readiness = Readiness(Relay(post, max_pending=1), probe)  # type: ignore[arg-type]
    assert readiness.reasons() == ["the service was not reached lately"]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(readiness.run)
        await trio.sleep(1)
        assert readiness.reasons() == []
        reachable = False
        await trio.sleep(FRESH_S - 2 * PROBE_EVERY_S)
        assert readiness.reasons() == []
        await trio.sleep(30 - (FRESH_S - 2 * PROBE_EVERY_S))
        assert readiness.reasons() == ["the service was not reached lately"]
        reachable = True
        await trio.sleep(PROBE_EVERY_S)
        assert readiness.reasons() == []
        nursery.cancel_scope.cancel()
