"""The metrics: what is counted, over how many processes, and who may read it."""

import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, cast

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from trio.testing import MockClock, memory_stream_pair

from octet.edge.metrics import (
    MAX_HEAD_BYTES,
    MAX_SCRAPES,
    SCRAPE_S,
    EdgeMetrics,
    _handle,
    listen_metrics,
    serve_metrics,
)
from octet.schema import CODES, AbsenceReason
from octet.serving import ConfigError
from tests.serving.wire import RunningServer, get

Samples = dict[tuple[str, ...], float]


def samples_of(text: str) -> Samples:
    """Read an exposition: name, and values in the order of the labels' names, to value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def made(workers: int = 1) -> tuple[EdgeMetrics, Callable[[], Samples]]:
    registry = CollectorRegistry()
    metrics = EdgeMetrics(registry, workers=workers)
    return metrics, lambda: samples_of(generate_latest(registry).decode())


def test_everything_is_there_from_the_start() -> None:
    """Each series is exposed as zero before anything happens, so that a rate sees its first."""
    _, samples = made()
    got = samples()
    assert set(got.values()) == {0.0}
    for key in [
        ("octet_edge_connections_open",),
        ("octet_edge_connections_total", "served"),
        ("octet_edge_connections_refused_total", "too-fast"),
        ("octet_edge_relay_pending",),
        ("octet_edge_batch_envelopes_bucket", "64.0"),
        ("octet_edge_upstream_seconds_bucket", "+Inf"),
        ("octet_edge_volleys_total",),
        *(("octet_edge_requests_total", code, "signals") for code in ("ok", *CODES)),
        *(("octet_edge_missing_total", "syn", reason.value) for reason in AbsenceReason),
        *(("octet_edge_receipts_refused_total", reason.value) for reason in AbsenceReason),
    ]:
        assert key in got


def test_counts() -> None:
    """What is counted is what is exposed."""
    metrics, samples = made()
    metrics.connections_open.add(3)
    metrics.connections_open.add(-1)
    metrics.relay_pending.set(7)
    metrics.connections.count("served")
    metrics.connections_refused.count("capacity")
    metrics.requests.count("signals", "ok")
    metrics.requests.count("signals", "ok")
    metrics.volleys.count(by=24)
    metrics.missing.count("syn", AbsenceReason.NOT_LINUX)
    metrics.receipts_refused.count(AbsenceReason.FOREIGN_RECEIPT)
    assert {key: value for key, value in samples().items() if value} == {
        ("octet_edge_connections_open",): 2,
        ("octet_edge_relay_pending",): 7,
        ("octet_edge_connections_total", "served"): 1,
        ("octet_edge_connections_refused_total", "capacity"): 1,
        ("octet_edge_requests_total", "ok", "signals"): 2,
        ("octet_edge_volleys_total",): 24,
        ("octet_edge_missing_total", "syn", "not-linux"): 1,
        ("octet_edge_receipts_refused_total", "foreign-receipt"): 1,
    }


@given(st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=10)
def test_labels_are_bounded(name: str, reason: str) -> None:
    """A label that nobody foresaw makes no series and is not repeated; it counts as other."""
    metrics, samples = made()
    before = samples().keys()
    metrics.missing.count(f"x{name}", f"x{reason}")
    metrics.missing.count("syn", f"x{reason}")
    metrics.requests.count("signals", f"x{reason}")
    after = samples()
    assert after.keys() == before
    assert after["octet_edge_missing_total", "other", "other"] == 1
    assert after["octet_edge_missing_total", "syn", "other"] == 1
    assert after["octet_edge_requests_total", "other", "signals"] == 1


@pytest.mark.parametrize("values", [(), ("syn",), ("syn", "error", "more")])
def test_too_many_or_too_few_labels(values: tuple[str, ...]) -> None:
    """A count that fits no label is an error of ours."""
    metrics, _ = made()
    with pytest.raises(ValueError, match="argument"):
        metrics.missing.count(*values)


def test_histogram() -> None:
    """A value counts for every bound that it does not exceed, and all of them are summed."""
    metrics, samples = made()
    for size in (1, 2, 3, 64):
        metrics.batch_envelopes.observe(size)
    for seconds in (0.005, 0.2, 9.0):
        metrics.upstream_seconds.observe(seconds)
    got = samples()
    name = "octet_edge_batch_envelopes"
    bounds = ("1.0", "2.0", "4.0", "32.0", "64.0", "+Inf")
    assert [got[f"{name}_bucket", bound] for bound in bounds] == [1, 2, 3, 3, 4, 4]
    assert (got[f"{name}_count",], got[f"{name}_sum",]) == (4, 70)
    name = "octet_edge_upstream_seconds"
    assert [got[f"{name}_bucket", bound] for bound in ("0.005", "0.25", "5.0")] == [1, 2, 2]
    assert got[f"{name}_count",] == 3


def in_child(work: Callable[[], None]) -> None:
    """Do *work* in a forked process, to its end."""
    child = os.fork()
    if not child:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_totals_of_forked_workers() -> None:
    """Any process tells the totals of all; a worker that ended keeps its counts, not its gauges."""
    metrics, samples = made(workers=3)

    def work(worker: int) -> None:
        metrics.join(worker)
        metrics.connections_open.add(10)
        metrics.volleys.count(by=worker + 1)
        metrics.batch_envelopes.observe(2)

    for worker in range(3):
        in_child(partial(work, worker))

    def check() -> None:
        metrics.join(0)
        got = samples()
        assert got["octet_edge_connections_open",] == 30
        assert got["octet_edge_volleys_total",] == 1 + 2 + 3
        assert got["octet_edge_batch_envelopes_count",] == 3

    in_child(check)
    metrics.forget(1)
    in_child(partial(work, 1))  # its successor
    got = samples()
    assert got["octet_edge_connections_open",] == metrics.connections_open.total() == 30
    assert got["octet_edge_volleys_total",] == 1 + 2 + 3 + 2


@asynccontextmanager
async def scraped(registry: CollectorRegistry) -> AsyncIterator[RunningServer]:
    listener = listen_metrics("127.0.0.1", 0, needed=True)
    assert listener is not None
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve_metrics, listener, registry))
        yield RunningServer("127.0.0.1", listener.getsockname()[1])
        nursery.cancel_scope.cancel()


def serve_in_child(
    metrics: EdgeMetrics, registry: CollectorRegistry, listener: socket.socket, worker: int
) -> int:
    """Fork a worker that counts its number and answers scrapes; return its process id."""
    child = os.fork()
    if not child:
        try:
            signal.alarm(60)
            metrics.join(worker)
            metrics.connections_open.add(1)
            metrics.volleys.count(by=worker)
            trio.run(serve_metrics, listener, registry)
        finally:
            os._exit(1)
    return child


def test_any_worker_answers_for_all() -> None:
    """Workers that share one address all tell the totals, and who is left goes on telling them."""
    registry = CollectorRegistry()
    metrics = EdgeMetrics(registry, workers=3)
    listener = listen_metrics("127.0.0.1", 0, needed=True)
    assert listener is not None
    server = RunningServer("127.0.0.1", listener.getsockname()[1])
    with listener:
        children = {
            worker: serve_in_child(metrics, registry, listener, worker) for worker in (1, 2)
        }

        async def until_both_are_there() -> None:
            while True:
                got = samples_of((await server.ask(get("/metrics"))).body.decode())
                if got["octet_edge_volleys_total",] == 1 + 2:
                    assert got["octet_edge_connections_open",] == len(children)
                    return

        for worker in (1, 2):
            trio.run(until_both_are_there)
            child = children.pop(worker)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            metrics.forget(worker)


async def test_scrape() -> None:
    """A scrape gets the text format, over a connection of its own."""
    registry = CollectorRegistry()
    EdgeMetrics(registry).volleys.count(by=5)
    async with scraped(registry) as server:
        answer = await server.ask(get("/metrics", "Accept: text/plain"))
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.headers["connection"] == "close"
        assert samples_of(answer.body.decode())["octet_edge_volleys_total",] == 5
        assert (await server.ask(get("/metrics?name=x"))).status == 200


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (get("/"), 404),
        (get("/metrics/"), 404),
        (get("/v1/signals", method="POST"), 404),
        (get("/metrics", method="POST"), 405),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /metrics HTTP/2\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\n" + b"x" * MAX_HEAD_BYTES, 431),
    ],
)
async def test_nothing_but_metrics(request_text: bytes, status: int) -> None:
    """Any other request is refused, and has no body to be read."""
    async with scraped(CollectorRegistry()) as server:
        answer = await server.ask(request_text)
        assert answer.status == status
        assert ("allow" in answer.headers) == (status == 405)


async def test_scrapers_that_leave_hurt_nobody() -> None:
    """Who hangs up, with or without asking, is forgotten."""
    async with scraped(CollectorRegistry()) as server:
        for text in (b"", b"GET /metrics", get("/metrics")):
            page = await server.open()
            await page.send(text)
            await trio.aclose_forcefully(page.stream)
        assert (await server.ask(get("/metrics"))).status == 200


async def test_scrapes_are_bounded() -> None:
    """Past so many scrapes at once one more is closed, until there is room again."""
    async with scraped(CollectorRegistry()) as server:
        slow = [await server.open() for _ in range(MAX_SCRAPES)]
        extra = await server.open()
        async with extra.stream:
            assert await extra.reader.rest() == b""
        for page in slow:
            async with page.stream:
                assert (await page.ask(get("/metrics"))).status == 200
                assert await page.reader.rest() == b""
        assert (await server.ask(get("/metrics"))).status == 200


async def test_a_slow_scraper_is_cut(autojump_clock: MockClock) -> None:
    """A request that does not come in time ends, however it drips."""
    ours, theirs = memory_stream_pair()
    started_s = trio.current_time()
    places = trio.CapacityLimiter(1)

    async def drip() -> None:
        with suppress(trio.BrokenResourceError):
            while True:
                await theirs.send_all(b"G")
                await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(drip)
        await _handle(CollectorRegistry(), places, cast("trio.SocketStream", ours))
        nursery.cancel_scope.cancel()
    assert trio.current_time() - started_s == SCRAPE_S
    assert places.borrowed_tokens == 0


class Broken(CollectorRegistry):
    """A registry that fails once."""

    failures = 1

    def collect(self) -> Iterator[Any]:
        if self.failures:
            self.failures -= 1
            raise ValueError("top-secret")
        return iter(())


async def test_a_failing_scrape_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    """What goes wrong in one scrape ends that one; the log says where and not what."""
    async with scraped(Broken()) as server:
        page = await server.open()
        async with page.stream:
            await page.send(get("/metrics"))
            assert await page.reader.rest() == b""
        assert (await server.ask(get("/metrics"))).status == 200
    assert "a scrape failed: ValueError" in caplog.text
    assert "top-secret" not in caplog.text


async def test_a_listener_that_fails_ends_only_the_metrics(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When scrapes can no longer be accepted, that is logged, and the edge goes on."""

    async def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(trio.SocketListener, "accept", fail)
    listener = listen_metrics("127.0.0.1", 0, needed=True)
    assert listener is not None
    await serve_metrics(listener, CollectorRegistry())
    assert "metrics are no longer served: OSError" in caplog.text


def test_taken_address(caplog: pytest.LogCaptureFixture) -> None:
    """A taken address is a fault where it was asked for, and a warning where it is the default."""
    caplog.set_level(logging.INFO)
    listener = listen_metrics("127.0.0.1", 0, needed=True)
    assert listener is not None
    with listener:
        port = listener.getsockname()[1]
        assert f"metrics on http://127.0.0.1:{port}/metrics" in caplog.text
        with pytest.raises(ConfigError, match="EDGE_METRICS_BIND cannot be listened on"):
            listen_metrics("127.0.0.1", port, needed=True)
        assert listen_metrics("127.0.0.1", port, needed=False) is None
    assert "no metrics" in caplog.text
