"""From the post to the service's answer, and what becomes of a page meanwhile, on real sockets."""

import pytest
import trio

from octet.edge.relay import RELAY_TASKS
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import (
    Answer,
    Envelope,
    FakeService,
    accepted,
    answer,
    refusal,
    report,
)
from tests.serving.wire import get, post

# --- what the service's answer means to the page -------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "page_status", "code", "detail"),
    [
        (401, {"code": "license_expired"}, 502, "upstream_rejected", "license_expired"),
        (403, {"code": "license_revoked"}, 502, "upstream_rejected", "license_revoked"),
        (400, {"code": "malformed"}, 502, "upstream_rejected", "malformed"),
        (429, {"code": "rate_limited"}, 503, "upstream_unavailable", ""),
        (500, {"code": "internal"}, 503, "upstream_unavailable", "internal"),
        (302, b"", 502, "upstream_rejected", ""),
        (200, b"garbage", 502, "upstream_rejected", ""),
        (200, {"results": []}, 502, "upstream_rejected", ""),
        (200, {"results": [{"id": "another", "ok": True}]}, 502, "upstream_rejected", ""),
        (200, {"results": [{"id": "report-1", "ok": 1}]}, 502, "upstream_rejected", ""),
        (
            200,
            {"results": [refusal("report-1", "overloaded", 503)]},
            503,
            "upstream_unavailable",
            "overloaded",
        ),
    ],
)
async def test_failed_upstream(
    edge: RunningEdge,
    service: FakeService,
    status: int,
    body: object,
    page_status: int,
    code: str,
    detail: str,
) -> None:
    """Whatever the service does but accept, the page is told that it may try again."""
    service.answers(answer(status, body))
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (page_status, code)
    assert detail in response.json["detail"]
    assert response.headers["retry-after"] == "1"


async def test_retry_after_of_the_service_is_passed_on(
    edge: RunningEdge, service: FakeService
) -> None:
    """A page waits as long as the service asks for."""
    service.answers(answer(429, retry_after="17"))
    assert (await edge.ask(post(report()))).headers["retry-after"] == "17"


@pytest.mark.parametrize("code", ["malformed", "a_code_of_tomorrow"])
async def test_refused_report_gets_its_own_problem(
    edge: RunningEdge, service: FakeService, code: str
) -> None:
    """A report that the service refuses is answered with the service's own status and code."""
    service.answers(answer(200, {"results": [refusal("report-1", code, 422, "signals.clock")]}))
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (422, code)
    assert response.json["detail"] == "signals.clock"
    assert response.json["requestId"] == response.headers["x-request-id"] != "req-service"


async def test_cut_connection_to_the_service(edge: RunningEdge, service: FakeService) -> None:
    """A service that closes in the middle of its answer was not reached."""
    service.answers(Answer(b"HTTP/1.1 200 OK\r\n"))
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (503, "upstream_unavailable")


async def test_unreachable_service(start_edge: StartEdge) -> None:
    """Without a service the page is told to come back, and the edge is not ready."""
    edge = await start_edge(OCTET_URL="http://127.0.0.1:1")
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (503, "upstream_unavailable")
    assert response.headers["retry-after"] == "1"
    ready = await edge.ask(get("/ready"))
    assert (ready.status, ready.json["ok"]) == (503, False)
    assert ready.json["reasons"] == ["the service was not reached lately"]


async def test_slow_service(start_edge: StartEdge, service: FakeService) -> None:
    """A page whose time is up is told so, and to come back."""
    edge = await start_edge(EDGE_RELAY_TIMEOUT_MS="50")
    service.holds()
    response = await edge.ask(post(report()))
    assert (response.status, response.json["code"]) == (504, "upstream_timeout")
    assert response.headers["retry-after"] == "1"


# --- the relay -----------------------------------------------------------------------------------


async def release(service: FakeService, gates: list[trio.Event]) -> None:
    """Let one relay task go on to the next batch, then the others."""
    gates[0].set()
    await service.until(len(gates) + 1)
    for gate in gates[1:]:
        gate.set()


async def test_reports_travel_in_batches(edge: RunningEdge, service: FakeService) -> None:
    """Many posts at once need few requests, and each page gets the result of its own report."""
    gates = [service.holds() for _ in range(RELAY_TASKS)]

    def one_refused(envelopes: list[Envelope]) -> Answer:
        results = accepted(envelopes)
        results[:] = [
            refusal(result["id"], "malformed", 400) if result["id"] == "page-7" else result
            for result in results
        ]
        return answer(200, {"results": results})

    statuses: dict[int, int] = {}

    async def visit(number: int) -> None:
        statuses[number] = (await edge.ask(post(report(id=f"page-{number}")))).status

    async with trio.open_nursery() as nursery:
        for number in range(RELAY_TASKS):
            nursery.start_soon(visit, 100 + number)
            await service.until(number + 1)
        service.answers(one_refused)
        for number in range(40):
            nursery.start_soon(visit, number)
        await edge.until_pending(RELAY_TASKS + 40)
        await release(service, gates)
    assert [len(batch) for batch in service.batches] == [1] * RELAY_TASKS + [40]
    assert {n: s for n, s in statuses.items() if s != 200} == {7: 400}


async def test_bad_report_harms_no_neighbour(edge: RunningEdge, service: FakeService) -> None:
    """Results that cannot be read, of another id or refused cost their own page alone."""
    gates = [service.holds() for _ in range(RELAY_TASKS)]
    bad = {
        "unread": {"id": "unread", "ok": "yes"},
        "foreign": {"id": "page-0", "ok": True},
        "refused": refusal("refused", "malformed", 400),
        "nothing": None,
    }
    statuses: dict[str, int] = {}

    async def visit(name: str) -> None:
        statuses[name] = (await edge.ask(post(report(id=name)))).status

    def some_bad(envelopes: list[Envelope]) -> Answer:
        return answer(200, {"results": [bad.get(r["id"], r) for r in accepted(envelopes)]})

    async with trio.open_nursery() as nursery:
        for number in range(RELAY_TASKS):
            nursery.start_soon(visit, f"first-{number}")
            await service.until(number + 1)
        service.answers(some_bad)
        for name in ("page-0", *bad, "page-1"):
            nursery.start_soon(visit, name)
        await edge.until_pending(RELAY_TASKS + len(bad) + 2)
        await release(service, gates)
    assert len(service.batches) == RELAY_TASKS + 1
    assert {name: status for name, status in statuses.items() if status != 200} == {
        "unread": 502,
        "foreign": 502,
        "refused": 400,
        "nothing": 502,
    }


async def test_overload(start_edge: StartEdge, service: FakeService) -> None:
    """Past EDGE_MAX_PENDING a report is turned away at once, and the edge says it is not ready."""
    edge = await start_edge(EDGE_MAX_PENDING="1")
    gate = service.holds()
    statuses: list[int] = []

    async def visit() -> None:
        statuses.append((await edge.ask(post(report()))).status)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(visit)
        await service.until(1)
        response = await edge.ask(post(report(id="second")))
        assert (response.status, response.json["code"]) == (503, "overloaded")
        assert response.headers["retry-after"] == "1"
        ready = await edge.ask(get("/ready"))
        assert (ready.status, ready.json["reasons"]) == (503, ["the relay is saturated"])
        gate.set()
    assert statuses == [200]
    assert (await edge.ask(get("/ready"))).status == 200


async def test_page_that_goes_away_is_still_delivered(
    edge: RunningEdge, service: FakeService
) -> None:
    """A report is delivered though its page disconnected while it waited its turn."""
    gates = [service.holds() for _ in range(RELAY_TASKS)]
    async with trio.open_nursery() as nursery:
        for number in range(RELAY_TASKS):
            nursery.start_soon(edge.ask, post(report(id=f"first-{number}")))
            await service.until(number + 1)
        page = await edge.open()
        await page.send(post(report(id="gone")))
        await edge.until_pending(RELAY_TASKS + 1)
        await page.stream.aclose()
        for _ in range(3):  # the edge sees that the page has gone
            assert (await edge.ask(get("/health"))).status == 200
        for gate in gates:
            gate.set()
    await service.until(RELAY_TASKS + 1)
    assert [envelope["id"] for envelope in service.batches[-1]] == ["gone"]


async def test_drain_delivers_what_was_taken(edge: RunningEdge, service: FakeService) -> None:
    """At shutdown waiting pages get their answers, and a report without its page is delivered."""
    gates = [service.holds() for _ in range(RELAY_TASKS)]
    statuses: list[int] = []

    async def visit(name: str) -> None:
        statuses.append((await edge.ask(post(report(id=name)))).status)

    async with trio.open_nursery() as nursery:
        for number in range(RELAY_TASKS):
            nursery.start_soon(visit, f"first-{number}")
            await service.until(number + 1)
        page = await edge.open()
        await page.send(post(report(id="gone")))
        await edge.until_pending(RELAY_TASKS + 1)
        await page.stream.aclose()
        edge.stop.set()
        for gate in gates:
            gate.set()
        await edge.ended.wait()
    assert statuses == [200] * RELAY_TASKS
    assert service.envelopes[-1]["id"] == "gone"
