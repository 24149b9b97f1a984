"""The service as the edge reaches it: when it is left alone, and what the operator learns."""

import logging
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from octet.edge.circuit import FAILURES
from octet.edge.outcome import UNREACHABLE, Failed
from octet.edge.readiness import Readiness
from octet.edge.relay import Relay
from octet.serving.places import LocalCount, Places
from tests.edge.fakes import LICENSE, Answer, FakeService, answer
from tests.edge.upstreams import BATCH, OK, opened, speaking
from tests.serving.wire import Reader

# --- the circuit -----------------------------------------------------------------------------


async def test_circuit_learns(service: FakeService) -> None:
    """No answer opens the circuit, a healthy probe puts it on trial, an answer closes it."""
    async with opened(service.url) as upstream:
        service.answers(*[Answer(b"")] * FAILURES)
        for _ in range(FAILURES):
            assert not upstream.circuit.is_open
            assert await upstream.post(BATCH) == [UNREACHABLE] * 2
        assert upstream.circuit.is_open
        service.healthy = False
        assert not await upstream.reachable()
        assert upstream.circuit.is_open
        service.healthy = True
        assert await upstream.reachable()
        assert not upstream.circuit.is_open
        assert await upstream.post(BATCH) == OK
        assert upstream.circuit._failures == 0


async def test_errors_are_answers(service: FakeService) -> None:
    """A service that answers, be it with failures, makes nobody wait and is no dead one."""
    async with opened(service.url) as upstream:
        service.answers(*[answer(500)] * (2 * FAILURES))
        for _ in range(2 * FAILURES):
            await upstream.post(BATCH)
        assert upstream.circuit.refusal() is None


async def test_probes_open_the_circuit(mock_clock: MockClock) -> None:
    """A service that goes silent while nobody posts is known for dead before the next post."""

    async def talk(reader: Reader, _: trio.SocketStream, __: int) -> None:
        assert await reader.message()
        mock_clock.jump(10)
        assert await reader.message() is None

    async with speaking(talk) as url, opened(url) as upstream:
        for _ in range(FAILURES):
            assert not await upstream.reachable()
        assert upstream.circuit.is_open


@pytest.mark.parametrize("status", [429, 503])
async def test_pause(service: FakeService, status: int) -> None:
    """Retry-After of the service pauses the relay, and no other answer does."""
    async with opened(service.url) as upstream:
        service.answers(
            answer(status), answer(500, retry_after="9"), answer(status, retry_after="9")
        )
        for _ in range(2):
            await upstream.post(BATCH)
            assert upstream.circuit.refusal() is None
        assert await upstream.post(BATCH) == [Failed("upstream_unavailable", "", 9)] * 2
        assert upstream.circuit.refusal() == Failed("upstream_unavailable", "", 9)


async def test_reachable(service: FakeService) -> None:
    """The probe tells a healthy service from a sick one and from none."""
    async with opened(service.url) as upstream:
        assert await upstream.reachable()
        service.healthy = False
        assert not await upstream.reachable()
    async with opened("http://127.0.0.1:1") as upstream:
        assert not await upstream.reachable()


# --- what the operator learns ----------------------------------------------------------------


CUT = Answer(b"HTTP/1.1 200 OK\r\n")


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log says since the last call."""
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("octet")]
    caplog.clear()
    return lines


async def test_each_change_is_one_line(
    service: FakeService, caplog: pytest.LogCaptureFixture, mock_clock: MockClock
) -> None:
    """A refusal, its end, another, silence and an answer that is none are each told once."""
    caplog.set_level(logging.INFO)

    def late(_: object) -> Answer:
        mock_clock.jump(10)
        return Answer(b"", trio.Event())

    answers = "the service does not take reports: it answers status"
    strange = answer(400, {"code": f"x\n{LICENSE}"})
    faults: list[tuple[Any, str]] = [
        (answer(403, {"code": "license_revoked"}), f"{answers} 403, code license_revoked"),
        (answer(401, {"code": "license_expired"}), f"{answers} 401, code license_expired"),
        (answer(503), f"{answers} 503, code none"),
        (answer(200, []), f"{answers} 200, code none"),
        (strange, f"{answers} 400, code none"),
        (CUT, "the service cannot be reached: status 503, code upstream_unavailable"),
        (late, "the service does not answer in time: status 504, code upstream_timeout"),
        (None, "the service is back"),
    ]
    async with opened(service.url) as upstream:
        assert await upstream.post(BATCH) == OK
        assert told(caplog) == []
        for given, line in faults:
            for attempt in range(3):
                if given is not None:
                    service.answers(given)
                await upstream.post(BATCH)
                request_id = service.headers[-1]["x-request-id"]
                assert told(caplog) == ([] if attempt else [f"{line} (request {request_id})"])


async def test_probes_tell_of_an_outage_once(
    service: FakeService, caplog: pytest.LogCaptureFixture
) -> None:
    """A service that goes and comes while nobody posts is told of; a good probe of a service that
    cuts every post short says nothing.
    """
    caplog.set_level(logging.INFO)
    async with opened("http://127.0.0.1:1") as upstream:
        for _ in range(3):
            assert not await upstream.reachable()
        unreachable = "the service cannot be reached: status 503, code upstream_unavailable"
        assert told(caplog) == [unreachable]
        upstream._client.base_url = service.url
        for _ in range(3):
            assert await upstream.reachable()
        assert told(caplog) == ["the service is back"]
        for attempt in range(3):
            service.answers(CUT)
            assert await upstream.post(BATCH) == [UNREACHABLE] * 2
            assert await upstream.reachable()
            assert len(told(caplog)) == (0 if attempt else 1)


REFUSED = ["the service refuses this edge's licence"]


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_edge_is_not_ready(
    service: FakeService, status: int, autojump_clock: MockClock
) -> None:
    """From a refusal to the next post that succeeds `/ready` says so, whatever comes between."""
    async with opened(service.url) as upstream, trio.open_nursery() as nursery:
        readiness = Readiness(
            Relay(upstream.post, places=Places(1, LocalCount()), circuit=upstream.circuit), probe
        )
        nursery.start_soon(readiness.run)
        await trio.testing.wait_all_tasks_blocked()
        assert readiness.reasons() == []
        service.answers(answer(status, {"code": "license_revoked"}), answer(500), answer(404))
        for _ in range(3):
            await upstream.post(BATCH)
            assert readiness.reasons() == REFUSED
        assert await upstream.post(BATCH) == OK
        assert readiness.reasons() == []
        nursery.cancel_scope.cancel()


async def probe() -> bool:
    return True


async def test_refusal_needs_no_traffic_to_end(
    service: FakeService, caplog: pytest.LogCaptureFixture
) -> None:
    """The probe asks a service that refused this edge again, by a batch of nothing."""
    caplog.set_level(logging.INFO)
    async with opened(service.url) as upstream:
        assert await upstream.reachable()
        assert not service.batches
        refusal = answer(401, {"code": "license_not_yet_valid"})
        service.answers(refusal, refusal, answer(429), answer(400, {"code": "malformed"}))
        await upstream.post(BATCH)
        assert len(told(caplog)) == 1
        for denied, lines in ((True, 0), (True, 1), (False, 1), (False, 0)):
            assert await upstream.reachable()
            assert upstream.circuit.denied is denied
            assert len(told(caplog)) == lines
    assert service.batches[1:] == [[]] * 3
    assert all(fields["x-octet-license"] == LICENSE for fields in service.headers)
