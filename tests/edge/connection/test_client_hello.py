"""The ClientHello, from the clients that there are and from those that there should not be."""

import re
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.connection.client_hello import (
    MAX_CLIENT_HELLO_BYTES,
    _Reassembly,
    client_hello_of,
    is_client_hello,
    peek_client_hello,
)
from octet.edge.connection.peek import NeedMore
from octet.schema import AbsenceReason
from tests.certificates import Certificate
from tests.edge.connection.sockets import (
    client_randoms,
    low_water,
    open_in_chromium,
    secured,
    server_context,
    serving,
    tcp_pair,
)

PAGE = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello"


def message(body: int) -> bytes:
    """Return a ClientHello in form only, with so many bytes of body."""
    return b"\x01" + body.to_bytes(3) + bytes(i % 251 for i in range(body))


def records(hello: bytes, cuts: Iterable[int], tail: bytes = b"") -> bytes:
    """Return *hello* cut into records at *cuts*; *tail* goes into the last one."""
    ends = [0, *sorted(set(cuts) - {0, len(hello)}), len(hello)]
    fragments = [hello[a:b] for a, b in pairwise(ends)]
    fragments[-1] += tail
    return b"".join(b"\x16\x03\x01" + len(f).to_bytes(2) + f for f in fragments)


@st.composite
def recorded(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Draw a message and the records it came in."""
    hello = message(draw(st.integers(0, 3000)))
    cuts = draw(st.lists(st.integers(0, len(hello)), max_size=30))
    return hello, records(hello, cuts)


@given(recorded(), st.lists(st.integers(0, 20_000), max_size=8))
def test_goes_on_where_it_stopped(both: tuple[bytes, bytes], lengths: list[int]) -> None:
    """Shown more and more of the same bytes, it answers as it would answer each at first sight."""
    hello, wire = both
    shown = _Reassembly()
    for length in sorted(min(n, len(wire) - 1) for n in lengths):
        assert shown(wire[:length]) == client_hello_of(wire[:length])
    assert shown(wire) == hello


@given(recorded(), st.binary(max_size=20), st.data())
def test_whole(both: tuple[bytes, bytes], rest: bytes, data: st.DataObject) -> None:
    """Whatever records it came in and whatever follows, the message is put together; a part asks
    for more than it has and never for more than it takes.
    """
    hello, wire = both
    assert client_hello_of(wire + rest) == hello
    part = wire[: data.draw(st.integers(0, len(wire) - 1))]
    answer = client_hello_of(part)
    assert isinstance(answer, NeedMore)
    assert len(part) < answer.total <= len(wire)


def test_every_byte_a_record() -> None:
    """The most wasteful cut is put together in a number of looks that grows like a logarithm."""
    hello = message(8000)
    wire = records(hello, range(len(hello)))
    looks, total = 0, 1
    while isinstance(answer := client_hello_of(wire[:total]), NeedMore):
        looks, total = looks + 1, answer.total
    assert (answer, looks < 80) == (hello, True)


def test_another_message_follows() -> None:
    """What stands behind the message in its record is not part of it."""
    assert client_hello_of(records(message(50), [], tail=b"\x01\x00")) == message(50)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GET / HTTP/1.1\r\n", AbsenceReason.NOT_TLS),
        (b"\x80\x2e\x01\x03\x01", AbsenceReason.NOT_TLS),
        (b"\x16\x02", AbsenceReason.NOT_TLS),
        (b"\x15\x03\x01\x00\x02\x01\x00", AbsenceReason.NOT_TLS),
        (b"\x16\x03\x01\x00\x00", AbsenceReason.ERROR),
        (b"\x16\x03\x01\x40\x01", AbsenceReason.ERROR),
        (b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", AbsenceReason.ERROR),
        (b"\x16\x03\x01\x00\x04\x01\x00\xff\xfc", AbsenceReason.ERROR),
        (records(message(9), [5])[:10] + b"\x17", AbsenceReason.ERROR),
        (records(message(9), [5])[:10] + b"\x16\x03\x01\x00\x00", AbsenceReason.ERROR),
    ],
    ids=[
        "HTTP",
        "SSLv2",
        "version 2",
        "alert",
        "empty record",
        "record over 2^14",
        "ServerHello",
        "over the bound",
        "another type in between",
        "empty record in between",
    ],
)
def test_refused(data: bytes, reason: AbsenceReason) -> None:
    """What never was TLS is told from TLS that went wrong, as soon as it can be."""
    assert client_hello_of(data) is reason


def test_bound() -> None:
    """The bound counts the records; the largest hello within it passes."""
    body = MAX_CLIENT_HELLO_BYTES - 4 - 4 * 5
    cuts = [1 << 14, 2 << 14, 3 << 14]
    assert client_hello_of(records(message(body), cuts)) == message(body)
    assert client_hello_of(records(message(body + 1), cuts)) is AbsenceReason.ERROR


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    """Any bytes have an answer, and an answer asks for more than it was shown."""
    for start in (b"", b"\x16\x03\x01", b"\x16\x03\x01\x00\x20\x01\x00\x00"):
        answer = client_hello_of(start + data)
        assert not isinstance(answer, NeedMore) or answer.total > len(start + data)


def test_is_client_hello() -> None:
    """One whole message is one; a part, more than one, or another type is none."""
    assert is_client_hello(message(60))
    others = (b"", b"\x01", message(60)[:-1], message(60) + b"\0", b"\x02" + message(60)[1:])
    assert not any(map(is_client_hello, others))


@asynccontextmanager
async def tls_server(
    context: ssl.SSLContext, seen: list[bytes | AbsenceReason]
) -> AsyncIterator[int]:
    """Look at each hello, then handshake and serve a page."""

    async def handle(sock: socket.socket) -> None:
        seen.append(await peek_client_hello(sock))
        assert low_water(sock) == 1
        stream = secured(sock, context)
        try:
            await stream.do_handshake()
            await stream.receive_some()
            await stream.send_all(PAGE)
            await stream.aclose()
        except trio.BrokenResourceError:
            await trio.aclose_forcefully(stream)

    async with serving(handle) as port:
        yield port


def randoms_of(seen: list[bytes | AbsenceReason]) -> set[str]:
    """Return the randoms of what was seen, after checking that all are hellos."""
    hellos = [hello for hello in seen if isinstance(hello, bytes)]
    assert all(map(is_client_hello, hellos))
    return {hello[6:38].hex() for hello in hellos}


@pytest.mark.openssl
async def test_openssl(certificate: Certificate, tmp_path: Path) -> None:
    """The message is byte for byte what ``openssl s_client`` says it sent."""
    seen: list[bytes | AbsenceReason] = []
    async with tls_server(server_context(certificate, tmp_path / "keys"), seen) as port:
        command = ["openssl", "s_client", "-msg", "-servername", "localhost", "-connect"]
        done = await trio.run_process(
            [*command, f"127.0.0.1:{port}"],
            stdin=b"GET / HTTP/1.0\r\n\r\n",
            capture_stdout=True,
            capture_stderr=True,
            check=False,
        )
    text = done.stdout.decode()
    dump = re.search(r">>> .*ClientHello\n((?:    [0-9a-f ]+\n)+)", text)
    assert dump is not None
    assert seen == [bytes.fromhex(dump[1])]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.curl
async def test_curl(certificate: Certificate, tmp_path: Path, version: str) -> None:
    """Curl's hello is seen under either version of TLS, and its handshake succeeds."""
    seen: list[bytes | AbsenceReason] = []
    async with tls_server(server_context(certificate, tmp_path / "keys"), seen) as port:
        trust = ("--noproxy", "*", "--cacert", str(certificate.chain))
        versions = (f"--tlsv{version}", "--tls-max", version)
        done = await trio.run_process(
            ["curl", "-sS", *trust, *versions, f"https://127.0.0.1:{port}/"], capture_stdout=True
        )
    assert done.stdout == b"hello"
    assert randoms_of(seen) == client_randoms(tmp_path / "keys")


@pytest.mark.chromium
async def test_chromium(certificate: Certificate, tmp_path: Path) -> None:
    """Chromium's hello, longer than a segment for its post-quantum key share, is seen whole."""
    seen: list[bytes | AbsenceReason] = []
    async with tls_server(server_context(certificate, tmp_path / "keys"), seen) as port:
        assert "hello" in await open_in_chromium(f"https://127.0.0.1:{port}/")
    assert client_randoms(tmp_path / "keys") <= randoms_of(seen)
    assert any(isinstance(hello, bytes) and len(hello) > 1500 for hello in seen)


SHAPES: dict[str, Callable[[bytes], list[bytes]]] = {
    "byte by byte": lambda hello: [bytes([b]) for b in records(hello, [])],
    "every byte a record": lambda hello: [records(hello, range(len(hello)))],
    "records cut anywhere": lambda hello: [records(hello, [1, 3, 4, 700])],
    "cut in the record header": lambda hello: [records(hello, [])[:3], records(hello, [])[3:]],
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_shapes(
    certificate: Certificate, trust: ssl.SSLContext, tmp_path: Path, shape: str
) -> None:
    """In whatever records and segments a hello comes, it is seen and its handshake succeeds."""
    seen: list[bytes | AbsenceReason] = []
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    trust.set_alpn_protocols([f"protocol-{number}" for number in range(200)])
    client = trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = client_hello_of(outgoing.read())
    assert isinstance(hello, bytes)
    assert len(hello) > 2000
    async with tls_server(server_context(certificate, tmp_path / "keys"), seen) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        for piece in SHAPES[shape](hello):
            await stream.send_all(piece)
        while client.version() is None or outgoing.pending == 0:
            incoming.write(await stream.receive_some())
            try:
                client.do_handshake()
                client.write(b"GET / HTTP/1.0\r\n\r\n")
            except ssl.SSLWantReadError:
                continue
        await stream.send_all(outgoing.read())
        while chunk := await stream.receive_some():
            incoming.write(chunk)
        assert client.read(1000) == PAGE
        await stream.aclose()
    assert seen == [hello]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"GET / HTTP/1.1\r\nhost: edge.test\r\n\r\n", AbsenceReason.NOT_TLS),
        (b"\xff" * 3000, AbsenceReason.NOT_TLS),
        (records(message(500), [])[:200], AbsenceReason.ERROR),
        (b"", AbsenceReason.ERROR),
    ],
    ids=["plain HTTP", "garbage", "broken off", "nothing"],
)
async def test_no_hello(sent: bytes, expected: AbsenceReason) -> None:
    """A peer that says something else, or closes too early, gives a reason."""
    async with tcp_pair() as (client, accepted):
        await client.send_all(sent)
        await client.send_eof()
        assert await peek_client_hello(accepted) is expected
        assert accepted.recv(5000) == sent


async def test_not_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than on Linux a look cannot wait well, and is not taken."""
    monkeypatch.setattr(sys, "platform", "darwin")
    with socket.socket() as sock:
        assert await peek_client_hello(sock) is AbsenceReason.NOT_LINUX
