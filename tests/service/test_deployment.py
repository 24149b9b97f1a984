"""The service as an operator runs it: its metrics, its certificate, its end."""

import signal
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from octet.service.config import ServiceConfig
from octet.service.deployment import deploy
from tests.certificates import make_certificate
from tests.service.fakes import batch, raw_envelope
from tests.service.test_main import Service


@pytest.fixture
def started(tmp_path: Path, atlas_path: Path) -> Iterator[Callable[..., Service]]:
    """Start a process; it does not outlive the test."""
    processes: list[Service] = []

    def start(**variables: str) -> Service:
        own = {"OCTET_ATLAS": str(atlas_path), "OCTET_DEV": "1"}
        processes.append(Service(tmp_path, **own | variables))
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
