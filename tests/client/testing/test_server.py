"""The fake on its socket: plain HTTP/1.1, and nothing of it is left afterwards."""

import socket
import threading

import httpx
import pytest

from octet.client.testing import FakeOctet

PATH = "/v1/verdict/sess_0123456789abcdefABCDEF"


def test_a_connection_is_kept() -> None:
    """Requests follow one another on one connection, whatever came with them."""
    with FakeOctet() as fake, httpx.Client(base_url=fake.url, trust_env=False) as client:
        client.headers["x-octet-partner-key"] = fake.partner_key
        streams = set()
        for method, body in (("GET", b""), ("POST", b"x" * 100_000), ("HEAD", b""), ("GET", b"")):
            reply = client.request(method, PATH, content=body)
            streams.add(reply.extensions["network_stream"])
        assert len(streams) == 1


def test_a_head_has_no_body() -> None:
    """But it says how long the body would be."""
    with FakeOctet() as fake:
        reply = httpx.head(f"{fake.url}/health", trust_env=False)
    assert reply.content == b""
    assert int(reply.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        b"GET / HT",
        b"",
    ],
)
def test_nonsense_harms_nobody(text: bytes) -> None:
    """What is no request ends its own connection."""
    with FakeOctet() as fake:
        address = httpx.URL(fake.url)
        with socket.create_connection((address.host, address.port or 0), timeout=10) as raw:
            raw.sendall(text)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                pass
        assert httpx.get(f"{fake.url}/health", trust_env=False).status_code == 200


def test_no_thread_is_left() -> None:
    """Connections that are open at the end are cut, and their threads joined."""
    before = set(threading.enumerate())
    with FakeOctet() as fake, httpx.Client(base_url=fake.url, trust_env=False) as client:
        client.get("/health")
        raw = socket.create_connection(("127.0.0.1", client.base_url.port or 0))
    assert set(threading.enumerate()) <= before
    raw.close()
