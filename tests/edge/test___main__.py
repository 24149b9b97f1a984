"""The command, as a process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trio

from octet import __version__
from tests.certificates import Certificate
from tests.edge.conftest import environment
from tests.edge.fakes import LICENSE, FakeService, report
from tests.serving.wire import RunningServer, post

EDGE = (sys.executable, "-m", "octet.edge")
PATIENCE_S = 20


def variables(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **more}


@asynccontextmanager
async def process(*command: str, log: Path, **env: str) -> AsyncIterator[trio.Process]:
    """Run *command*; it must have ended by the end of the block."""
    with log.open("wb") as errors:
        child = await trio.lowlevel.open_process(command, env=variables(**env), stderr=errors)
    try:
        with trio.fail_after(PATIENCE_S):
            yield child
    finally:
        if child.poll() is None:
            child.kill()
            await child.wait()


async def until_holds(path: Path, text: str) -> str:
    """Watch *path*, which another process writes, until it holds *text*."""
    file = trio.Path(path)
    while not await file.exists() or text not in (content := await file.read_text()):
        await trio.lowlevel.checkpoint()
    return content


async def test_sigterm_finishes_what_is_in_flight(service: FakeService, tmp_path: Path) -> None:
    """At SIGTERM the request in flight is answered; the log names no address and no secret."""
    ready, log = tmp_path / "ready", tmp_path / "log"
    gate = service.holds()
    env = environment(service.url, OCTET_READY_FILE=str(ready), ALLOWED_ORIGIN="https://a.test")
    async with process(*EDGE, log=log, **env) as child:
        url = urlsplit((await until_holds(ready, "http")).strip())
        edge = RunningServer(str(url.hostname), int(url.port or 0))
        page = await edge.open()
        async with page.stream:
            await page.send(post(report(), "Cookie: top-secret"))
            await service.until(1)
            child.send_signal(signal.SIGTERM)
            gate.set()
            response = await page.reader.message()
        assert response is not None
        assert response.status == 200
        assert await child.wait() == 0
    text = log.read_text()
    assert "SIGTERM: draining" in text
    for secret in (LICENSE, "top-secret", "Traceback"):
        assert secret not in text
    assert text.count("127.0.0.1") == 1  # where it serves


async def test_sigterm_right_after_ready(service: FakeService, tmp_path: Path) -> None:
    """Who sees the ready file may end the process at once, and it ends well."""
    ready, log = tmp_path / "ready", tmp_path / "log"
    env = environment(service.url, OCTET_READY_FILE=str(ready))
    async with process(*EDGE, log=log, **env) as child:
        await until_holds(ready, "http")
        child.send_signal(signal.SIGTERM)
        assert await child.wait() == 0


async def test_plain_hypercorn(service: FakeService, tmp_path: Path) -> None:
    """Under a server that is not ours the edge works, and says what it cannot observe."""
    log = tmp_path / "log"
    command = (sys.executable, "-m", "hypercorn", "-k", "trio", "-b", "127.0.0.1:0")
    env = environment(service.url)
    async with process(*command, "octet.edge.asgi:app", log=log, **env) as child:
        announced = await until_holds(log, "Running on http://127.0.0.1:")
        port = announced.split("http://127.0.0.1:")[1].split()[0]
        response = await RunningServer("127.0.0.1", int(port)).ask(post(report()))
        assert (response.status, response.json) == (200, {"ok": True})
        child.send_signal(signal.SIGTERM)
        assert await child.wait() == 0
    observed = service.envelopes[0]["observed"]
    assert observed["missing"] == dict.fromkeys(("tcp", "syn", "tls"), "unsupported")
    assert not observed.keys() & {"tcp", "syn", "tls"}


def check(**env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*EDGE, "--check-config"],
        env=variables(**env),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def test_check_config_names_every_fault_at_once() -> None:
    """A configuration that cannot be used ends with 2 and all its faults, without secrets."""
    result = check(
        LICENSE="top-secret",
        PORT="eighty",
        EDGE_TLS_CERT_FILE="/nowhere",
        EDGE_LOCATION="here",
        EDGE_WORKERS="2",
    )
    assert result.returncode == 2
    for name in (
        "OCTET_URL",
        "LICENSE",
        "PORT",
        "EDGE_TLS_CERT_FILE",
        "EDGE_LOCATION",
        "EDGE_WORKERS",
    ):
        assert name in result.stderr
    assert "top-secret" not in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["OCTET_CA_FILE", "EDGE_TLS_CERT_FILE"])
def test_check_config_looks_into_files(garbage: Path, certificate: Certificate, name: str) -> None:
    """A file that holds no certificate is found before anything is served."""
    files = {name: str(garbage)}
    if name == "EDGE_TLS_CERT_FILE":
        files["EDGE_TLS_KEY_FILE"] = str(certificate.key)
    result = check(OCTET_DEV="1", **files)
    assert (result.returncode, name in result.stderr) == (2, True)


def test_check_config_of_a_good_one() -> None:
    """A usable configuration ends with 0, and serves nothing."""
    result = check(OCTET_DEV="1")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.dumps(result.stdout)


def test_version() -> None:
    """The command knows its version."""
    result = subprocess.run([*EDGE, "--version"], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == __version__
