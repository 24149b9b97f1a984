"""Readiness under a virtual clock."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock

from octet.edge.circuit import FAILURES, Circuit
from octet.edge.outcome import UNREACHABLE, Outcome
from octet.edge.readiness import FRESH_S, OPEN_PROBE_EVERY_S, PROBE_EVERY_S, Readiness
from octet.edge.relay import Forward, Relay
from octet.serving.places import LocalCount, Places

NOT_REACHED = ["the service was not reached lately"]


class Service:
    """What a probe finds; it tells the circuit as the upstream does."""

    def __init__(self) -> None:
        self.alive = True
        self.circuit = Circuit(trio.current_time)
        self.probed_s: list[float] = []

    async def probe(self) -> bool:
        self.probed_s.append(trio.current_time())
        if self.alive:
            self.circuit.probed()
        else:
            self.circuit.failed()
        return self.alive

    async def post(self, batch: Sequence[Forward]) -> list[Outcome]:
        self.circuit.failed()
        return [UNREACHABLE] * len(batch)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def relay(service: Service) -> Relay:
    return Relay(service.post, places=Places(1, LocalCount()), circuit=service.circuit)


async def test_turns_and_recovers_without_traffic(
    service: Service, relay: Relay, autojump_clock: MockClock
) -> None:
    """The edge is ready once the service was reached, and turns within 30 s either way."""
    readiness = Readiness(relay, service.probe)
    assert readiness.reasons() == NOT_REACHED
    async with trio.open_nursery() as nursery:
        nursery.start_soon(readiness.run)
        await trio.sleep(1)
        assert readiness.reasons() == []
        service.alive = False
        await trio.sleep(FRESH_S - 2 * PROBE_EVERY_S)
        assert readiness.reasons() == []
        await trio.sleep(30 - (FRESH_S - 2 * PROBE_EVERY_S))
        assert readiness.reasons() == NOT_REACHED
        service.alive = True
        await trio.sleep(PROBE_EVERY_S)
        assert readiness.reasons() == []
        nursery.cancel_scope.cancel()


async def test_open_circuit_is_probed_sooner(
    service: Service, relay: Relay, autojump_clock: MockClock
) -> None:
    """Failed batches make the edge unready at once, and the first probe that gets through ready."""
    readiness = Readiness(relay, service.probe)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(readiness.run)
        nursery.start_soon(relay.run)
        await trio.sleep(0.5)
        service.alive = False
        for number in range(FAILURES):
            assert readiness.reasons() == []
            assert await relay.submit(Forward(str(number), b"{}")) == UNREACHABLE
        assert readiness.reasons() == NOT_REACHED
        await trio.sleep(3 * OPEN_PROBE_EVERY_S)
        assert len(service.probed_s) == 1 + 3
        service.alive = True
        await trio.sleep(OPEN_PROBE_EVERY_S)
        assert readiness.reasons() == []
        assert service.circuit.refusal() is None
        nursery.cancel_scope.cancel()


async def test_saturated(service: Service, relay: Relay, autojump_clock: MockClock) -> None:
    """A relay without room makes the edge unready."""
    readiness = Readiness(relay, service.probe)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(readiness.run)
        nursery.start_soon(relay.submit, Forward("a", b"{}"))
        await trio.sleep(0.1)
        assert readiness.reasons() == ["the relay is saturated"]
        nursery.cancel_scope.cancel()
