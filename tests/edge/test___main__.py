"""The command, as a process."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from octet import __version__
from octet.edge.__main__ import _prove
from octet.serving import ConfigError
from tests.certificates import Certificate, make_certificate
from tests.edge.conftest import environment
from tests.edge.fakes import LICENSE, FakeService, answer, report
from tests.serving.wire import Page, Reader, RunningServer, get, post

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


async def until_holds(path: Path, text: str, times: int = 1) -> str:
    """Watch *path*, which another process writes, until it holds *text* so many times."""
    file = trio.Path(path)
    while not await file.exists() or (content := await file.read_text()).count(text) < times:
        await trio.lowlevel.checkpoint()
    return content


async def test_sigterm_finishes_what_is_in_flight(service: FakeService, tmp_path: Path) -> None:
    """At SIGTERM the request in flight is answered; the log names no address and no secret."""
    ready, log = tmp_path / "ready", tmp_path / "log"
    gate = service.holds()
    more = {"ALLOWED_ORIGIN": "https://a.test", "EDGE_METRICS_BIND": "off"}
    env = environment(service.url, OCTET_READY_FILE=str(ready), **more)
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


def test_plain_hypercorn_is_quiet() -> None:
    """Under a server that is not ours, too, requests to the service are no lines in the log."""
    said = "import logging, octet.edge.asgi; print(logging.getLogger('httpx').isEnabledFor(20))"
    configured = f"import logging; logging.basicConfig(level=20); {said}"
    result = subprocess.run(
        [sys.executable, "-c", configured],
        env=variables(OCTET_DEV="1"),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert result.stdout == "False\n"


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
        EDGE_WORKERS="0",
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


def test_check_config_looks_into_files(garbage: Path, certificate: Certificate) -> None:
    """What files hold is named in one go with what variables say, before anything is served."""
    result = check(
        OCTET_DEV="1",
        OCTET_URL="https://octet.example",
        PORT="eighty",
        OCTET_CA_FILE=str(garbage),
        EDGE_TLS_CERT_FILE=str(garbage),
        EDGE_TLS_KEY_FILE=str(certificate.key),
        EDGE_CLIENT_CERT_FILE=str(certificate.chain),
        EDGE_CLIENT_KEY_FILE=str(garbage),
    )
    assert result.returncode == 2
    _, *faults = result.stderr.splitlines()
    assert [fault.split()[0] for fault in faults] == [
        "PORT",
        "EDGE_TLS_CERT_FILE",
        "OCTET_CA_FILE",
        "EDGE_CLIENT_CERT_FILE",
    ]


def test_missing_assets_are_one_fault_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edge whose collector was not built says so beside what else is wrong."""

    def missing() -> None:
        raise ConfigError(["the collector's files are not there"])

    monkeypatch.setattr("octet.edge.__main__.load_assets", missing)
    with pytest.raises(ConfigError) as caught:
        _prove({"OCTET_DEV": "1", "PORT": "eighty"})
    assert [fault.split()[0] for fault in caught.value.faults] == ["PORT", "the"]


def test_encrypted_key_is_a_fault(certificate: Certificate, tmp_path: Path) -> None:
    """A key behind a password is named, and asked for on no terminal."""
    key = load_pem_private_key(certificate.key.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    encryption = BestAvailableEncryption(b"password")
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    files = {"EDGE_TLS_CERT_FILE": str(certificate.chain), "EDGE_TLS_KEY_FILE": str(locked)}
    result = check(OCTET_DEV="1", **files)
    assert result.returncode == 2
    assert "unencrypted" in result.stderr
    assert "pass phrase" not in result.stderr


def test_taken_port() -> None:
    """Where another program listens the edge ends with 1 and one line."""
    more = {"ALLOWED_ORIGIN": "https://a.test", "EDGE_METRICS_BIND": "off"}
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        env = variables(**environment("http://a.test", PORT=port, **more))
        result = subprocess.run(
            EDGE, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.endswith(f"cannot listen on 127.0.0.1 port {port}: Address already in use")


# --- SIGHUP ----------------------------------------------------------------------------------


async def greeting(port: int) -> trio.SSLStream[trio.SocketStream]:
    """Open a TLS connection to whoever it is."""
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    secure = trio.SSLStream(stream, anyone, server_hostname="localhost", https_compatible=True)
    await secure.do_handshake()
    return secure


def shown(stream: trio.SSLStream[trio.SocketStream]) -> str:
    """Return the certificate that the server showed, as PEM."""
    der = stream.getpeercert(binary_form=True)
    assert der is not None
    return ssl.DER_cert_to_PEM_cert(der)


async def shown_to_newcomers(port: int) -> str:
    stream = await greeting(port)
    await stream.aclose()
    return shown(stream)


async def test_sighup_renews_the_certificate(
    service: FakeService,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Newcomers get the pair that is there at SIGHUP, be its key of another kind; a bad pair
    changes nothing; and a connection that was open is served on.
    """
    pair = make_certificate(tmp_path)
    first = pair.chain.read_text()
    renewed = [make_certificate(tmp_path_factory.mktemp("same-kind"))]
    monkeypatch.setattr(ec, "generate_private_key", lambda _: rsa.generate_private_key(65537, 2048))
    renewed.append(make_certificate(tmp_path_factory.mktemp("another-kind")))

    def put(chain: str, key: str) -> None:
        pair.chain.write_text(chain)
        pair.key.write_text(key)

    ready, log = tmp_path / "ready", tmp_path / "log"
    files = {"EDGE_TLS_CERT_FILE": str(pair.chain), "EDGE_TLS_KEY_FILE": str(pair.key)}
    env = environment(service.url, OCTET_READY_FILE=str(ready), **files)
    async with process(*EDGE, log=log, **env) as child:
        port = int(urlsplit((await until_holds(ready, "http")).strip()).port or 0)
        stream = await greeting(port)
        page = Page(stream, Reader(stream))
        expected = first
        for count, new in enumerate(renewed, 1):
            assert await shown_to_newcomers(port) == expected
            put(new.chain.read_text(), "no key")
            child.send_signal(signal.SIGHUP)
            await until_holds(log, "stays as it was", count)
            assert await shown_to_newcomers(port) == expected
            assert (await page.ask(get("/health"))).status == 200
            expected = new.chain.read_text()
            put(expected, new.key.read_text())
            child.send_signal(signal.SIGHUP)
            await until_holds(log, "that is there now", count)
        assert await shown_to_newcomers(port) == expected
        assert (await page.ask(get("/health"))).status == 200
        await stream.aclose()
        child.send_signal(signal.SIGTERM)
        assert await child.wait() == 0
    text = log.read_text()
    assert text.count("SIGHUP") == 2 * len(renewed)
    assert "Traceback" not in text


async def test_sighup_renews_trust(
    service: FakeService,
    certificate: Certificate,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """At SIGHUP the edge reads again whom it believes to be the service; a file that holds nothing,
    or is gone, changes nothing.
    """
    own = make_certificate(tmp_path_factory.mktemp("edge's"))
    believed = tmp_path / "ca.pem"
    believed.write_text(own.chain.read_text())
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate.chain, certificate.key)
    listeners = await trio.open_ssl_over_tcp_listeners(
        0, tls, host="127.0.0.1", https_compatible=True
    )
    assert isinstance(listeners[0].transport_listener, trio.SocketListener)
    secure = f"https://localhost:{listeners[0].transport_listener.socket.getsockname()[1]}"
    ready, log = tmp_path / "ready", tmp_path / "log"
    files = {"OCTET_READY_FILE": str(ready), "OCTET_CA_FILE": str(believed)}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, service._talk, listeners)
        async with process(*EDGE, log=log, **environment(secure, **files)) as child:
            url = urlsplit((await until_holds(ready, "http")).strip())
            edge = RunningServer(str(url.hostname), int(url.port or 0))
            assert (await edge.ask(post(report()))).status == 503
            believed.write_text(certificate.chain.read_text())
            child.send_signal(signal.SIGHUP)
            await until_holds(log, "by what is there now")
            assert (await edge.ask(post(report()))).status == 200
            believed.write_text("nothing")
            child.send_signal(signal.SIGHUP)
            await until_holds(log, "OCTET_CA_FILE holds no certificate")
            believed.unlink()
            child.send_signal(signal.SIGHUP)
            await until_holds(log, "OCTET_CA_FILE holds no certificate", 2)
            assert (await edge.ask(post(report(id="later")))).status == 200
            child.send_signal(signal.SIGTERM)
            assert await child.wait() == 0
        nursery.cancel_scope.cancel()
    assert "Traceback" not in log.read_text()


async def test_sighup_without_tls(service: FakeService, tmp_path: Path) -> None:
    """An edge that has nothing to read again lives on."""
    ready, log = tmp_path / "ready", tmp_path / "log"
    async with process(*EDGE, log=log, **environment(service.url, OCTET_READY_FILE=str(ready))) as (
        child
    ):
        await until_holds(ready, "http")
        child.send_signal(signal.SIGHUP)
        await until_holds(log, "SIGHUP")
        child.send_signal(signal.SIGTERM)
        assert await child.wait() == 0


async def test_the_log_tells_of_a_revoked_licence(service: FakeService, tmp_path: Path) -> None:
    """The operator finds one line with the service's code and the request, and no secret."""
    ready, log = tmp_path / "ready", tmp_path / "log"
    service.answers(*[answer(403, {"code": "license_revoked"})] * 3)
    async with process(*EDGE, log=log, **environment(service.url, OCTET_READY_FILE=str(ready))) as (
        child
    ):
        url = urlsplit((await until_holds(ready, "http")).strip())
        edge = RunningServer(str(url.hostname), int(url.port or 0))
        for _ in range(3):
            assert (await edge.ask(post(report()))).status == 502
        unready = await edge.ask(get("/ready"))
        assert unready.status == 503
        assert unready.json["reasons"] == ["the service refuses this edge's licence"]
        child.send_signal(signal.SIGTERM)
        assert await child.wait() == 0
    text = log.read_text()
    request_id = service.headers[0]["x-request-id"]
    assert text.count("license_revoked") == text.count(request_id) == 1
    assert LICENSE not in text
    assert "HTTP Request" not in text


def test_check_config_of_a_good_one() -> None:
    """A usable configuration ends with 0, and serves nothing."""
    result = check(OCTET_DEV="1")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.dumps(result.stdout)


def test_version() -> None:
    """The command knows its version."""
    result = subprocess.run([*EDGE, "--version"], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == __version__
