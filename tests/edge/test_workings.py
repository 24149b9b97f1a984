"""What runs behind the routes."""

import json

import trio
from trio.testing import MockClock

from octet import schema
from octet.edge.config import EdgeConfig
from octet.edge.relay import Forward
from octet.edge.shared import Shared
from octet.edge.workings import DRAIN_S, Workings
from tests.edge.conftest import environment
from tests.edge.fakes import NOW_MS, REF, FakeService, report
from tests.edge.test_observer import request


def make(url: str) -> Workings:
    config = EdgeConfig.from_environment(environment(url))
    return Workings(config, lambda: NOW_MS, Shared.among(1))


async def test_stop_is_bounded(service: FakeService, mock_clock: MockClock) -> None:
    """A service that does not answer delays the end by so many seconds and no more."""
    service.holds()
    workings = make(service.url)
    async with trio.open_nursery() as nursery:
        await nursery.start(workings.run)
        nursery.start_soon(workings.relay.submit, Forward("a", b'{"id":"a"}'))
        await service.until(1)
        async with trio.open_nursery() as stopping:
            stopping.start_soon(workings.stop)
            await trio.testing.wait_all_tasks_blocked(0.02)
            mock_clock.jump(DRAIN_S + 0.1)
        nursery.cancel_scope.cancel()


def test_sealed_timing_comes_back() -> None:
    """What `seal` seals, `envelope` puts into the observation of the same reference."""
    workings = make("http://a.test")
    receipt = workings.seal(request(), REF, (1, 2))
    body = json.dumps(report(sessionRef=REF, receipts=[receipt])).encode()
    head = schema.decode(schema.ReportHead, body)
    envelope = schema.decode(schema.Envelope, workings.envelope(request(), head, body))
    assert [channel.rtt_us for channel in envelope.observed.latency] == [(1, 2)]
    assert envelope.observed.latency[0].tcp is None
