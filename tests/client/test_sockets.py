"""Sockets that keep to a deadline: peers that drip, and addresses that are dead."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpcore
import pytest

from octet.client import OctetSyncClient, ServiceUnavailableError
from octet.client._deadline import Left
from octet.client._sockets import DeadlineBackend
from tests.certificates import make_certificate
from tests.client.conftest import KEY, Clock

REF = "sess_0123456789abcdefABCDEF"
DRIP_S = 0.02
HEADER = b"HTTP/1.1 200 OK\r\nx-drip: "
CHUNK = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;drip="


@contextmanager
def dripping(start: bytes, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve replies that begin with *start* and go on byte by byte, without an end."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with listener.accept()[0] as raw:
            peer = tls.wrap_socket(raw, server_side=True) if tls else raw
            with peer:
                peer.recv(65536)
                peer.sendall(start)
                try:
                    while not over.wait(DRIP_S):
                        peer.sendall(b"a")
                except OSError:
                    pass  # the client has left

    thread = threading.Thread(target=drip)
    thread.start()
    scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
    with listener:
        yield f"{scheme}://{host}:{listener.getsockname()[1]}"
        over.set()
        thread.join()


def asked(url: str) -> None:
    """Ask for a verdict, and have none in time; no thread was there for it."""
    threads = threading.active_count()
    client = OctetSyncClient(url, partner_key=KEY, retries=0, timeout_s=10 * DRIP_S)
    with client, pytest.raises(ServiceUnavailableError, match=r"no reply within 0\.2 s"):
        client.verdict(REF)
    assert threading.active_count() <= threads


@pytest.mark.parametrize("start", [b"", HEADER, CHUNK], ids=["status", "header", "chunk"])
def test_dripping_reply(start: bytes) -> None:
    """A peer that sends a byte now and then is left at the deadline, wherever its reply is."""
    with dripping(start) as url:
        asked(url)


def test_dripping_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds over TLS."""
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.chain))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate.chain, certificate.key)
    with dripping(HEADER, tls) as url:
        asked(url)


@pytest.mark.parametrize("proxied", ["http", "https"])
def test_dripping_proxy(proxied: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy that the environment names is asked, and has no more time."""
    with dripping(HEADER) as url:
        monkeypatch.delenv("NO_PROXY")
        monkeypatch.setenv(f"{proxied.upper()}_PROXY", url.removeprefix("http://"))
        asked(f"{proxied}://octet.example")


def test_addresses_share_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host's next address has what the one before left, and nothing is nothing."""
    clock = Clock()
    waits: list[float | None] = []

    def slow(_: object, address: str, port: int, left_s: float, *__: object) -> None:
        waits.append(left_s)
        clock.time_s += 3.0
        raise httpcore.ConnectError(f"{address}:{port}")

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{n}", 7)) for n in range(3)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", slow)
    with pytest.raises(httpcore.ConnectTimeout):
        DeadlineBackend().connect_tcp("o.example", 7, Left(105.0, clock.now)["connect"])
    assert waits == [5.0, 2.0]
    with pytest.raises(httpcore.ConnectError, match=r"192\.0\.2\.2:7"):
        DeadlineBackend().connect_tcp("o.example", 7)


def test_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without an address is a service that is not there."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        OctetSyncClient("http://o.example", partner_key=KEY, retries=0) as octet,
        pytest.raises(ServiceUnavailableError, match="ConnectError: Name or service not known"),
    ):
        octet.verdict(REF)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
