"""Spans, as a real collector reads them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trio
from opentelemetry.trace import StatusCode
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.service.app import create_app
from octet.service.bench import Bench
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.instruments import Instruments
from octet.service.telemetry import FLUSH_S, OpenTelemetry
from tests.service.conftest import Logged
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge, batch, raw_envelope
from tests.service.otlp import Collector, attributes, collecting
from tests.service.test_main import Service

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Collect what this process sends."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield collector


class House:
    """A service with spans."""

    def __init__(self, directory: Path) -> None:
        cupboard = Cupboard(directory / "keyring.json")
        json = {"content-type": "application/json"}
        self.license = {"x-octet-license": cupboard.issue(), **json}
        self.key = {"x-octet-partner-key": cupboard.issue(Kind.PARTNER)}
        self.judge = ScriptedJudge()
        self.app = create_app(
            ServiceConfig(keyring=cupboard.file.path),
            self.judge,
            bench=Bench(self.judge),
            instruments=Instruments(tracing=OpenTelemetry()),
            epoch_ms=lambda: NOW_MS,
        )
        self.client = self.app.test_client()


async def test_request_and_its_parts(tmp_path: Path, collector: Collector) -> None:
    """A post is a span of its caller's trace, and what it takes are its children."""
    house = House(tmp_path)
    async with house.app.test_app():
        posted = await house.client.post(
            "/v1/signals",
            data=batch(raw_envelope("a"), raw_envelope("b")),
            headers=house.license | TRACEPARENT,
        )
        assert posted.status_code == 200
    request = collector.named("POST /v1/signals")
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, PARENT)
    assert attributes(request) == {
        "http.request.method": "POST",
        "http.route": "/v1/signals",
        "http.response.status_code": 200,
    }
    parts = {
        name: collector.named(name) for name in ("read", "store.recall", "engine", "store.put")
    }
    for part in parts.values():
        assert (part.trace_id.hex(), part.parent_span_id) == (TRACE, request.span_id)
        assert request.start_time_unix_nano <= part.start_time_unix_nano
        assert part.end_time_unix_nano <= request.end_time_unix_nano
    assert attributes(parts["engine"]) == {"octet.envelopes": 2}
    assert {resource["service.name"] for resource in collector.resources} == {"octet-service"}


async def test_without_a_caller(tmp_path: Path, collector: Collector, logged: Logged) -> None:
    """A request without a trace, or with a malformed one, begins its own, which the log names."""
    house = House(tmp_path)
    async with house.app.test_app():
        for headers in ({}, {"traceparent": f"00-{TRACE}-{PARENT}"}):
            await house.client.get("/v1/verdict/sess_12345678", headers=headers)
    spans = [span for span in collector.spans if span.name.startswith("GET")]
    assert [attributes(span)["octet.code"] for span in spans] == ["partner_key_missing"] * 2
    traces = {span.trace_id.hex() for span in spans}
    assert len(traces) == 2
    assert TRACE not in traces
    assert {line["trace_id"] for line in logged()} == traces


async def test_unsampled_caller(tmp_path: Path, collector: Collector) -> None:
    """What the caller does not record is not recorded here."""
    house = House(tmp_path)
    unsampled = {"traceparent": f"00-{TRACE}-{PARENT}-00"}
    async with house.app.test_app():
        await house.client.get("/health", headers=unsampled)
    assert collector.spans == []


async def test_failure(tmp_path: Path, collector: Collector) -> None:
    """A request that failed is marked, and no span tells what an exception said."""
    house = House(tmp_path)
    house.judge.script["a"] = ValueError("top-secret")
    async with house.app.test_app():
        await house.client.post("/v1/signals", data=batch(raw_envelope("a")), headers=house.license)
    request = collector.named("POST /v1/signals")
    assert request.status.code == StatusCode.ERROR.value
    assert attributes(request)["octet.code"] == "internal"
    assert not any(span.events for span in collector.spans)
    assert b"top-secret" not in collector.raw


async def test_nothing_of_a_person(tmp_path: Path, collector: Collector) -> None:
    """No signal, address, reference, token or path that was made up is in any span."""
    house = House(tmp_path)
    async with house.app.test_app():
        await house.client.post("/v1/signals", data=batch(raw_envelope("a")), headers=house.license)
        await house.client.get("/v1/verdict/sess_12345678?waitMs=1", headers=house.key)
        await house.client.get("/v1/verdict/sess_elsewhere?waitMs=1", headers=house.key)
        await house.client.get("/made/up")
    assert {span.name for span in collector.spans} >= {"GET", "GET /v1/verdict/<ref>", "store.wait"}
    secrets = (
        b"203.0.113.7",
        b"127.0.0.1",
        b"Europe/Berlin",
        b"sess_",
        b"made",
        house.license["x-octet-license"].encode()[:40],
        house.key["x-octet-partner-key"].encode()[:40],
    )
    for secret in secrets:
        assert secret not in collector.raw


async def test_silent_collector(
    tmp_path: Path, collector: Collector, mock_clock: MockClock, logged: Logged
) -> None:
    """A collector that does not answer costs the end a bounded while, and requests nothing."""
    house = House(tmp_path)
    collector.takes = False
    tracing = OpenTelemetry()
    await tracing._start()
    with tracing.span("last"):
        pass
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tracing._stop)
        while not collector.spans:
            await wait_all_tasks_blocked(0.01)
        mock_clock.jump(FLUSH_S)
    assert [line["event"] for line in logged()] == [
        "the collector of traces did not take the last ones in time"
    ]
    assert house.judge.seen == []


def test_process_flushes_at_its_end(tmp_path: Path, atlas_path: Path) -> None:
    """A real service's last spans reach the collector before it ends, from any worker."""
    with collecting() as collector:
        process = Service(
            tmp_path,
            OCTET_ATLAS=str(atlas_path),
            OCTET_DEV="1",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_RESOURCE_ATTRIBUTES="service.name=here,deployment.environment=test",
            NO_PROXY="127.0.0.1",
        )
        try:
            url = process.url()
            assert httpx.get(f"{url}/health", trust_env=False).status_code == 200
            assert process.end() == 0
        finally:
            process.close()
        assert collector.named("GET /health").kind == 2
        (resource,) = collector.resources
        assert (resource["service.name"], resource["deployment.environment"]) == ("here", "test")


def test_no_cost_when_off() -> None:
    """Without its variables the service does not even import OpenTelemetry."""
    program = (
        "import sys, octet.service.assembly, octet.service.deployment;"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
