"""Limits of an address, and what is counted, as connections and requests meet them."""

import pytest
from prometheus_client import generate_latest

from octet.edge.app import EdgeApp
from octet.edge.limits import MAX_CHANNELS_PER_ADDRESS
from octet.edge.shared import Shared
from tests.edge.conftest import StartEdge
from tests.edge.fakes import FakeService, report
from tests.serving.wire import get, post, upgrade


class Counted:
    """The metrics of one edge."""

    def __init__(self) -> None:
        self.shared = Shared.among(1)

    def attach(self, app: EdgeApp) -> None:
        """Have *app* count here."""
        app.workings.shared = self.shared
        app.workings.metrics = self.shared.metrics

    def value(self, series: str) -> float:
        """Return the value of one series, named with its labels as in the text format."""
        for line in generate_latest(self.shared.registry).decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        raise AssertionError(f"there is no series {series}")


@pytest.fixture
def counted() -> Counted:
    return Counted()


async def test_too_many_connections(start_edge: StartEdge, counted: Counted) -> None:
    """One connection too many of an address gets 429 before it has sent a byte; a place frees."""
    edge = await start_edge(
        prepare=counted.attach, EDGE_MAX_PER_ADDRESS="2", EDGE_LIMIT_LOOPBACK="1"
    )
    first, second = await edge.open(), await edge.open()
    async with second.stream:
        async with first.stream:
            assert (await first.ask(get("/health"))).status == 200
            assert (await second.ask(get("/health"))).status == 200
            third = await edge.open()
            async with third.stream:
                answer = await third.reader.message()
                assert answer is not None
                assert (answer.status, answer.json["code"]) == (429, "rate_limited")
                assert int(answer.headers["retry-after"]) >= 1
        await edge.until_open(counted.shared.metrics, 1)
        assert (await edge.ask(get("/health"))).status == 200
    assert counted.value('octet_edge_connections_refused_total{reason="too-many"}') == 1


async def test_loopback_is_exempt(start_edge: StartEdge) -> None:
    """Loopback has as many places as it wants, unless told otherwise."""
    edge = await start_edge(EDGE_MAX_PER_ADDRESS="1")
    first = await edge.open()
    async with first.stream:
        assert (await first.ask(get("/health"))).status == 200
        assert (await edge.ask(get("/health"))).status == 200


async def test_source_behind_a_proxy(start_edge: StartEdge, counted: Counted) -> None:
    """Behind a trusted proxy each request counts for its own source, and not for the proxy."""
    edge = await start_edge(
        prepare=counted.attach,
        EDGE_TRUSTED_PROXIES="127.0.0.1",
        EDGE_RATE_PER_ADDRESS="2",
        EDGE_LIMIT_LOOPBACK="1",
    )
    page = await edge.open()
    async with page.stream:
        statuses = [
            (await page.ask(get("/health", f"X-Forwarded-For: {source}"))).status
            for source in ("203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.8")
        ]
    assert statuses == [200, 200, 429, 200]
    assert counted.value('octet_edge_connections_refused_total{reason="too-fast"}') == 1


async def test_too_many_channels(start_edge: StartEdge, counted: Counted) -> None:
    """An address opens so many latency channels at once, and the next one when one has ended."""
    edge = await start_edge(prepare=counted.attach, EDGE_LIMIT_LOOPBACK="1")
    pages = [await edge.open() for _ in range(MAX_CHANNELS_PER_ADDRESS)]
    for page in pages:
        await page.send(upgrade())
        assert (await page.stream.receive_some(12)) == b"HTTP/1.1 101"
    answer = await edge.ask(upgrade())
    assert (answer.status, answer.json["code"]) == (429, "rate_limited")
    for page in pages:
        await page.stream.aclose()


async def test_what_is_counted(
    start_edge: StartEdge, service: FakeService, counted: Counted
) -> None:
    """Connections, requests, batches and missing observations are counted by their outcome."""
    edge = await start_edge(prepare=counted.attach)
    await edge.ask(post(report(receipts=["v4.local.AAAA"])))
    await edge.ask(post(b"{"))
    await edge.ask(get("/nowhere"))
    assert len(service.envelopes) == 1
    await edge.until_open(counted.shared.metrics, 0)
    expected = {
        'octet_edge_requests_total{code="ok",route="signals"}': 1,
        'octet_edge_requests_total{code="malformed",route="signals"}': 1,
        'octet_edge_requests_total{code="not_found",route="other"}': 1,
        'octet_edge_connections_total{outcome="served"}': 3,
        'octet_edge_missing_total{name="tls",reason="not-tls"}': 1,
        'octet_edge_receipts_refused_total{reason="foreign-receipt"}': 1,
        "octet_edge_batch_envelopes_count": 1,
        "octet_edge_relay_pending": 0,
    }
    assert {series: counted.value(series) for series in expected} == expected
