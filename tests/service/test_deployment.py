"""The service as an operator runs it: its metrics, its certificate, its workers, its end."""

import json
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from octet.service.config import ServiceConfig
from octet.service.deployment import deploy
from tests.certificates import make_certificate
from tests.redis_server import RedisServer
from tests.service.fakes import batch, raw_envelope
from tests.service.test_main import Service


@pytest.fixture
def started(tmp_path: Path, atlas_path: Path) -> Iterator[Callable[..., Service]]:
    """Start a process; it does not outlive the test."""
    processes: list[Service] = []

    def start(**variables: str) -> Service:
        directory = tmp_path / f"process-{len(processes)}"
        directory.mkdir()
        own = {"OCTET_ATLAS": str(atlas_path), "OCTET_DEV": "1"}
        processes.append(Service(directory, **own | variables))
        return processes[-1]

    yield start
    for process in processes:
        process.close()


def test_metrics(started: Callable[..., Service]) -> None:
    """Metrics have an address of their own, and are not on the public one."""
    process = started(OCTET_METRICS_BIND="127.0.0.1:0")
    metrics = process.until("metrics on ")
    with httpx.Client(base_url=process.url(), trust_env=False) as client:
        json = {"content-type": "application/json"}
        posted = client.post("/v1/signals", content=batch(raw_envelope("a")), headers=json)
        assert posted.status_code == 200
        assert client.get("/metrics").status_code == 404
    text = httpx.get(metrics, trust_env=False).text
    assert 'octet_service_requests_total{code="ok",route="signals"} 1.0' in text
    (age,) = [line for line in text.splitlines() if line.startswith("octet_service_atlas_age_days")]
    assert float(age.split()[1]) >= 0
    assert process.end() == 0


def test_sighup_renews_the_certificate(started: Callable[..., Service], tmp_path: Path) -> None:
    """Newcomers get the pair that is there at SIGHUP; a pair that is none changes nothing."""
    directories = tmp_path / "first", tmp_path / "second"
    for directory in directories:
        directory.mkdir()
    first, second = map(make_certificate, directories)
    tls = {"OCTET_TLS_CERT_FILE": str(first.chain), "OCTET_TLS_KEY_FILE": str(first.key)}
    process = started(**tls)
    port = int(process.url().rsplit(":", 1)[1])

    def shown() -> str:
        return ssl.get_server_certificate(("127.0.0.1", port))

    assert shown() == first.chain.read_text()
    good = first.key.read_text()
    first.key.write_text("none")
    process.process.send_signal(signal.SIGHUP)
    process.until("the certificate stays as it was")
    before = first.chain.read_text()
    assert shown() == before
    first.chain.write_text(second.chain.read_text())
    first.key.write_text(second.key.read_text())
    process.process.send_signal(signal.SIGHUP)
    process.until("that is there now")
    assert shown() == second.chain.read_text() != before
    assert process.end() == 0
    assert good not in process.log()


def test_nothing_listens_for_a_check(atlas_path: Path) -> None:
    """Who only checks the configuration disturbs nobody who serves by it."""
    config = ServiceConfig(dev=True, atlas=atlas_path)
    assert deploy(config, serving=False).metrics_listener is None


JSON = {"content-type": "application/json"}


def served_by(process: Service) -> list[int]:
    """Return the processes of the workers."""
    pid = process.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def post(url: str, name: str, ref: str) -> httpx.Response:
    """Post one report over a connection of its own."""
    body = batch(raw_envelope(name, ref=ref))
    return httpx.post(f"{url}/v1/signals", content=body, headers=JSON, trust_env=False)


def total(metrics: str, series: str) -> float:
    """Return the value of *series*."""
    text = httpx.get(metrics, trust_env=False).text
    (line,) = [line for line in text.splitlines() if line.startswith(f"{series} ")]
    return float(line.split()[-1])


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.mark.linux
@pytest.mark.redis
def test_workers(started: Callable[..., Service], redis: RedisServer) -> None:
    """Workers are one service: what one takes any one reads, and any one tells what all counted.

    One that dies is replaced, what was acknowledged is still there, and the tables were read once.
    """
    process = started(OCTET_WORKERS="2", OCTET_STORE=redis.url, OCTET_METRICS_BIND="127.0.0.1:0")
    metrics = process.until("metrics on ")
    url = process.until("all workers are serving on ")
    victim = served_by(process)[0]
    for number in range(8):
        assert post(url, f"report-{number}", f"sess_{number:08}").status_code == 200
    assert total(metrics, 'octet_service_requests_total{code="ok",route="signals"}') == 8
    os.kill(victim, signal.SIGKILL)
    process.until("ended by itself (SIGKILL)")
    process.until("serving on ")
    for number in range(8):
        read = httpx.get(f"{url}/v1/verdict/sess_{number:08}", trust_env=False)
        assert read.status_code == 200
    assert total(metrics, 'octet_service_requests_total{code="ok",route="signals"}') == 8
    assert victim not in served_by(process)
    assert process.end() == 0
    assert process.log().count("days old") == 1


@pytest.mark.redis
def test_drain_answers_long_polls(started: Callable[..., Service], redis: RedisServer) -> None:
    """A long poll that waits when its process is asked to end still gets its verdict."""
    ending, staying = (started(OCTET_STORE=redis.url) for _ in range(2))
    port = int(ending.url().rsplit(":", 1)[1])
    with (
        socket.create_connection(("127.0.0.1", port)) as poll,
        closing(poll.makefile("rb")) as told,
    ):
        request = "GET /v1/verdict/sess_drained1?waitMs=10000 HTTP/1.1\r\nhost: octet\r\n\r\n"
        poll.sendall(request.encode())
        # asked later, so once it is answered the poll is in flight
        assert httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200
        ending.process.send_signal(signal.SIGTERM)
        ending.until("SIGTERM: draining")
        assert post(staying.url(), "late", "sess_drained1").status_code == 200
        head, _, body = told.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert "alarm" in json.loads(body)
    assert ending.process.wait(timeout=30) == 0
