"""The real ``octet-service`` process, with the real engine and the real tables."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

import octet
from octet.service.__main__ import main
from tests.service.fakes import batch, raw_envelope

COMMAND = [sys.executable, "-m", "octet.service"]
START_S = 30


class Process:
    """A process that serves, and what it logs."""

    def __init__(self, command: Sequence[str], **variables: str) -> None:
        self.process = subprocess.Popen(
            command, env=clean_environment(**variables), stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        self._log = self.process.stderr
        self._seen = ""

    def until(self, text: str) -> str:
        """Read the log until a line has *text*; return what follows it in that line."""
        for line in self._log:
            self._seen += line
            event = json.loads(line)["event"] if line.startswith("{") else line
            if text in event:
                return str(event).split(text)[1].strip()
        raise AssertionError(f"it ended before {text!r}:\n{self._seen}")

    def log(self) -> str:
        """Return all that was logged, once the process has ended."""
        self._seen += self._log.read()
        return self._seen

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the process to end; return its status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=START_S)

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        self._log.close()


class Service(Process):
    """A service on a free port."""

    def __init__(self, directory: Path, **variables: str) -> None:
        self.ready = directory / "ready"
        own = {"PORT": "0", "OCTET_METRICS_BIND": "off", "OCTET_READY_FILE": str(self.ready)}
        super().__init__(COMMAND, **own | variables)

    def url(self) -> str:
        """Wait until requests are served; return where, as the ready file says."""
        url = self.until("serving on ")
        assert self.ready.read_text() == f"{url}\n"
        return url


def clean_environment(**variables: str) -> dict[str, str]:
    foreign = ("OCTET_", "HOST", "PORT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | variables


@pytest.fixture
def started(tmp_path: Path, atlas_path: Path) -> Iterator[Callable[..., Service]]:
    """Start processes; none outlives the test."""
    processes: list[Service] = []

    def start(**variables: str) -> Service:
        name = tmp_path / f"process-{len(processes)}"
        name.mkdir()
        processes.append(Service(name, **{"OCTET_ATLAS": str(atlas_path)} | variables))
        return processes[-1]

    yield start
    for process in processes:
        process.close()


def keys(path: Path, *arguments: str) -> str:
    done = subprocess.run(
        [*COMMAND, "keys", "--keyring", str(path), *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    return done.stdout.strip()


def test_session_and_drain(started: Callable[..., Service], tmp_path: Path) -> None:
    """From keys init to a verdict; SIGTERM answers the long poll in flight and ends with 0."""
    keyring = tmp_path / "keyring.json"
    keys(keyring, "init")
    licence = keys(keyring, "issue-license", "--partner", "acme")
    key = keys(keyring, "issue-partner-key", "--partner", "acme")
    process = started(OCTET_KEYRING=str(keyring))
    with httpx.Client(base_url=process.url(), timeout=START_S, trust_env=False) as client:
        posted = client.post(
            "/v1/signals",
            content=batch(raw_envelope("a")),
            headers={"x-octet-license": licence, "content-type": "application/json"},
        )
        assert posted.json() == {"results": [{"id": "a", "ok": True}]}
        headers = {"x-octet-partner-key": key}
        verdict = client.get("/v1/verdict/sess_12345678", headers=headers).json()
        assert {"confidence", "alarm"} <= set(verdict)
        with socket.create_connection(("127.0.0.1", client.base_url.port or 0)) as poll:
            poll.sendall(
                b"GET /v1/verdict/sess_unknown1?waitMs=1000 HTTP/1.1\r\nhost: octet\r\n"
                b"x-octet-partner-key: " + key.encode() + b"\r\n\r\n"
            )
            client.get("/health")  # came later, so once it is answered the poll is in flight
            assert process.end() == 0
            with poll.makefile("rb") as answer:
                head, _, body = answer.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert json.loads(body) == {"status": "pending", "ref": "sess_unknown1"}
    log = process.log()
    assert "memory store survives no restart" in log
    assert "days old" in log
    for secret in (licence, key, licence[30:60], "203.0.113.7", "Europe/Berlin", "sess_12345678"):
        assert secret not in log


def test_signal_right_after_ready(started: Callable[..., Service]) -> None:
    """Who ends the service the moment it is ready ends it in order."""
    process = started(OCTET_DEV="1")
    process.url()
    assert process.end() == 0
    assert "WITHOUT A KEYRING" in process.log()


def test_check_config(atlas_path: Path) -> None:
    """--check-config says ok for what would start, all faults for what would not."""
    good = check_config(OCTET_DEV="1", OCTET_ATLAS=str(atlas_path))
    assert (good.returncode, good.stdout) == (0, "octet-service: the configuration is fine\n")
    bad = check_config(PORT="x", OCTET_ATLAS=str(atlas_path))
    assert (bad.returncode, bad.stdout) == (2, "")
    assert "PORT must be" in bad.stderr
    assert "OCTET_KEYRING must be set" in bad.stderr


def check_config(**variables: str) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, "--check-config"]
    env = clean_environment(**variables)
    return subprocess.run(command, env=env, check=False, capture_output=True, text=True)


def test_no_atlas(started: Callable[..., Service]) -> None:
    """Tables that are none are a fault of the configuration."""
    process = started(OCTET_DEV="1", OCTET_ATLAS=__file__)
    assert process.process.wait(timeout=START_S) == 2
    assert "OCTET_ATLAS cannot be used" in process.log()


def test_taken_port(started: Callable[..., Service]) -> None:
    """A port that is taken ends the start with status 1 and a word."""
    first = started(OCTET_DEV="1")
    port = first.url().rsplit(":", 1)[1]
    second = started(OCTET_DEV="1", PORT=port)
    assert second.process.wait(timeout=START_S) == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in second.log()


HYPERCORN = [sys.executable, "-m", "hypercorn", "-k", "trio", "-b", "127.0.0.1:0"]


def test_under_hypercorn(atlas_path: Path) -> None:
    """The plain server serves the same application."""
    variables = {"OCTET_DEV": "1", "OCTET_ATLAS": str(atlas_path)}
    process = Process([*HYPERCORN, "octet.service.asgi:app"], **variables)
    try:
        url = process.until("Running on ").split()[0]
        assert httpx.get(f"{url}/ready", trust_env=False).json() == {"ok": True, "reasons": []}
        process.end()
    finally:
        process.close()


def test_faults_under_hypercorn() -> None:
    """The plain server ends, with the faults in its log."""
    done = subprocess.run(
        [*HYPERCORN, "octet.service.asgi:app"],
        env=clean_environment(OCTET_WORKERS="3"),
        check=False,
        capture_output=True,
        text=True,
        timeout=START_S,
    )
    assert "OCTET_WORKERS must be 1 with" in done.stderr


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version says the version."""
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.strip() == octet.__version__


def test_list_is_json(tmp_path: Path) -> None:
    """``keys list --json`` is an array, even when nothing was issued."""
    keys(tmp_path / "keyring.json", "init")
    assert json.loads(keys(tmp_path / "keyring.json", "list", "--json")) == []
