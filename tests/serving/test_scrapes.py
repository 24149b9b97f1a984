"""The metrics' own address: who may read them, and that nobody is hurt by it."""

import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, cast

import pytest
import trio
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from trio.testing import MockClock, memory_stream_pair

from octet.serving import ConfigError
from octet.serving.metrics import Metrics
from octet.serving.scrapes import (
    MAX_HEAD_BYTES,
    MAX_SCRAPES,
    SCRAPE_S,
    _handle,
    listen_metrics,
    serve_metrics,
)
from tests.serving.wire import RunningServer, get

listen_here = partial(listen_metrics, "127.0.0.1", variable="METRICS_BIND")


class Counted(Metrics):
    """A program's metrics."""

    def __init__(self, registry: CollectorRegistry, workers: int = 1) -> None:
        super().__init__()
        self.open = self.gauge("octet_test_open", "Open.")
        self.done = self.counter("octet_test_done", "Done.")
        self.lay_out(registry, workers=workers)


def samples_of(text: str) -> dict[str, float]:
    """Read an exposition without labels."""
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@asynccontextmanager
async def scraped(registry: CollectorRegistry) -> AsyncIterator[RunningServer]:
    listener = listen_here(0, needed=True)
    assert listener is not None
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve_metrics, listener, registry))
        yield RunningServer("127.0.0.1", listener.getsockname()[1])
        nursery.cancel_scope.cancel()


def serve_in_child(
    metrics: Counted, registry: CollectorRegistry, listener: socket.socket, worker: int
) -> int:
    """Fork a worker that counts its number and answers scrapes; return its process id."""
    child = os.fork()
    if not child:
        try:
            signal.alarm(60)
            metrics.join(worker)
            metrics.open.add(1)
            metrics.done.count(by=worker)
            trio.run(serve_metrics, listener, registry)
        finally:
            os._exit(1)
    return child


def test_any_worker_answers_for_all() -> None:
    """Workers that share one address all tell the totals, and who is left goes on telling them."""
    registry = CollectorRegistry()
    metrics = Counted(registry, workers=3)
    listener = listen_here(0, needed=True)
    assert listener is not None
    server = RunningServer("127.0.0.1", listener.getsockname()[1])
    with listener:
        children = {
            worker: serve_in_child(metrics, registry, listener, worker) for worker in (1, 2)
        }

        async def until_both_are_there() -> None:
            while True:
                got = samples_of((await server.ask(get("/metrics"))).body.decode())
                if got["octet_test_done_total"] == 1 + 2:
                    assert got["octet_test_open"] == len(children)
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
    Counted(registry).done.count(by=5)
    async with scraped(registry) as server:
        answer = await server.ask(get("/metrics", "Accept: text/plain"))
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.headers["connection"] == "close"
        assert samples_of(answer.body.decode())["octet_test_done_total"] == 5
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
    listener = listen_here(0, needed=True)
    assert listener is not None
    await serve_metrics(listener, CollectorRegistry())
    assert "metrics are no longer served: OSError" in caplog.text


def test_taken_address(caplog: pytest.LogCaptureFixture) -> None:
    """A taken address is a fault where it was asked for, and a warning where it is the default."""
    caplog.set_level(logging.INFO)
    listener = listen_here(0, needed=True)
    assert listener is not None
    with listener:
        port = listener.getsockname()[1]
        assert f"metrics on http://127.0.0.1:{port}/metrics" in caplog.text
        with pytest.raises(ConfigError, match="METRICS_BIND cannot be listened on"):
            listen_here(port, needed=True)
        assert listen_here(port, needed=False) is None
    assert "no metrics" in caplog.text
