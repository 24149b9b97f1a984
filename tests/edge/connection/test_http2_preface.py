"""What HTTP/2 connections open with: real clients', generated ones, and malformed ones."""

import socket
import ssl
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import hpack
import pytest
import trio
from attrs import define, evolve, field
from hyperframe.frame import (
    ContinuationFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.connection.http2_preface import MAX_ITEMS, Http2Preface
from octet.schema import AbsenceReason, Http2
from tests.certificates import Certificate
from tests.edge.connection.sockets import open_in_chromium, secured, server_context, serving

MAGIC = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ERROR = AbsenceReason.ERROR


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    """Write a frame."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def block(*names: str) -> bytes:
    """Write a header block."""
    return bytes(hpack.Encoder().encode([(name, "value") for name in names]))


SETTINGS = frame(4, 0, 0, bytes.fromhex("000100010000 000400600000"))
BLOCK = block(":method", ":authority", ":scheme", ":path", "user-agent", "cookie", "accept")
HEADERS = frame(1, 0x4, 1, BLOCK)
OPENED = Http2(
    settings=((1, 65536), (4, 6291456)), window_update=0, priority=(), pseudo=("m", "a", "s", "p")
)

GREASED = evolve(OPENED, settings=((0xFAFA, 2**32 - 1),) * 2)


def result_of(data: bytes, cuts: Sequence[int] = ()) -> Http2 | AbsenceReason | None:
    """Feed *data* in pieces."""
    preface = Http2Preface()
    ends = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(ends):
        preface.feed(data[start:end])
    return preface.result


def test_names() -> None:
    """Of the header block, names and their order are kept, and no value."""
    preface = Http2Preface()
    preface.feed(MAGIC + SETTINGS + HEADERS + b"whatever follows")
    preface.feed(b"is not looked at")
    assert preface.result == OPENED
    assert preface.header_names == ("user-agent", "cookie", "accept")


U31 = st.integers(0, 2**31 - 1)
STREAMS = st.integers(1, 2**31 - 1)


@define
class Opening:
    """A connection's opening, and what is to be told of it."""

    wire: bytes
    names: tuple[str, ...]
    expected: Http2


@st.composite
def openings(draw: st.DrawFn) -> Opening:
    """Draw frames as hyperframe writes them; it writes identifiers of settings in one byte."""
    settings: list[tuple[int, int]] = []
    priority: list[tuple[int, int, int, int]] = []
    updates: list[int] = []
    frames: list[Frame] = []

    def add_settings() -> None:
        pairs = draw(st.dictionaries(st.integers(0, 255), st.integers(0, 2**32 - 1), max_size=6))
        settings.extend(pairs.items())
        frames.append(SettingsFrame(0, pairs))

    def add_update() -> None:
        updates.append(draw(STREAMS))
        frames.append(WindowUpdateFrame(0, updates[-1]))

    def add_priority() -> None:
        stream, on, weight = draw(STREAMS), draw(U31), draw(st.integers(0, 255))
        exclusive = draw(st.booleans())
        priority.append((stream, int(exclusive), on, weight + 1))
        frames.append(PriorityFrame(stream, on, weight, exclusive))

    def add_other() -> None:
        other = [SettingsFrame(0, flags=["ACK"]), PingFrame(0, bytes(8)), GoAwayFrame(0)]
        frames.append(draw(st.sampled_from(other)))

    add_settings()
    for add in draw(
        st.lists(st.sampled_from([add_settings, add_update, add_priority, add_other]), max_size=9)
    ):
        add()
    pseudo = draw(st.permutations([":method", ":authority", ":scheme", ":path"]))
    names = draw(st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), max_size=9))
    frames += _request(draw, block(*pseudo, *names))
    return Opening(
        MAGIC + b"".join(f.serialize() for f in frames),
        tuple(names),
        Http2(
            settings=tuple(settings),
            window_update=updates[0] if updates else 0,
            priority=tuple(priority),
            pseudo=tuple(name[1] for name in pseudo),
        ),
    )


def _request(draw: st.DrawFn, headers: bytes) -> list[Frame]:
    """Cut a header block into HEADERS, padded and with priority or not, and CONTINUATIONs."""
    cuts = sorted(draw(st.lists(st.integers(0, len(headers)), max_size=3)))
    parts = [headers[a:b] for a, b in pairwise([0, *cuts, len(headers)])]
    stream = draw(STREAMS)
    first = HeadersFrame(
        stream, parts[0], flags=draw(st.sets(st.sampled_from(["PADDED", "PRIORITY"])))
    )
    if "PADDED" in first.flags:
        first.pad_length = draw(st.integers(0, 255))
    frames = [first, *(ContinuationFrame(stream, part) for part in parts[1:])]
    frames[-1].flags.add("END_HEADERS")
    return frames


@given(openings(), st.data())
def test_in_any_pieces(opening: Opening, data: Any) -> None:
    """However the bytes are cut, the opening is told once it is whole, and not before."""
    cuts = data.draw(st.lists(st.integers(0, len(opening.wire)), max_size=20))
    assert result_of(opening.wire + b"rest", cuts) == opening.expected
    assert result_of(opening.wire[:-1], []) is None
    preface = Http2Preface()
    for byte in opening.wire:
        assert preface.result is None
        preface.feed(bytes([byte]))
    assert preface.header_names == opening.names


HALF = len(BLOCK) // 2


@pytest.mark.parametrize(
    "wire",
    [
        b"GET / HTTP/1.1\r\nhost: edge.test\r\n\r\n",
        MAGIC[:-1] + b"X",
        MAGIC + HEADERS,
        MAGIC + frame(4, 0x1) + HEADERS,
        MAGIC + frame(8, 0, 0, bytes(3) + b"\1") + SETTINGS,
        MAGIC + frame(4, 0, 0, bytes(5)),
        MAGIC + frame(4, 0, 1, bytes(6)),
        MAGIC + SETTINGS + frame(4, 0x1, 0, bytes(6)),
        MAGIC + SETTINGS + frame(8, 0, 0, bytes(4)),
        MAGIC + SETTINGS + frame(8, 0, 0, b"\x80\0\0\0"),
        MAGIC + SETTINGS + frame(8, 0, 0, b"\1\1\1"),
        MAGIC + SETTINGS + frame(8, 0, 1, b"\1\1\1\1"),
        MAGIC + SETTINGS + frame(2, 0, 0, bytes(5)),
        MAGIC + SETTINGS + frame(2, 0, 3, bytes(4)),
        MAGIC + SETTINGS + frame(0, 0, 1, b"data"),
        MAGIC + SETTINGS + frame(3, 0, 1, bytes(4)),
        MAGIC + SETTINGS + frame(5, 0x4, 1, bytes(4)),
        MAGIC + SETTINGS + frame(9, 0x4, 1, BLOCK),
        MAGIC + SETTINGS + frame(1, 0x4, 0, BLOCK),
        MAGIC + SETTINGS + frame(1, 0x4 | 0x8, 1, b"\xff" + BLOCK),
        MAGIC + SETTINGS + frame(1, 0x4 | 0x8, 1),
        MAGIC + SETTINGS + frame(1, 0x4 | 0x20, 1, bytes(4)),
        MAGIC + SETTINGS + frame(1, 0x4, 1, b"\xff\xff\xff\xff\xff"),
        MAGIC + SETTINGS + frame(1, 0x4, 1, BLOCK[:-1]),
        MAGIC + SETTINGS + frame(1, 0x4, 1, block(":method", ":method")),
        MAGIC + SETTINGS + frame(1, 0x4, 1, block(":status")),
        MAGIC + SETTINGS + frame(1, 0x4, 1, block(":")),
        MAGIC + SETTINGS + frame(1, 0x4, 1, block(*["x" * 1000] * 64)),
        MAGIC + SETTINGS + frame(1, 0, 1, BLOCK[:HALF]) + frame(9, 0x4, 3, BLOCK[HALF:]),
        MAGIC + SETTINGS + frame(1, 0, 1, BLOCK[:HALF]) + frame(6, 0, 0, bytes(8)),
        MAGIC + SETTINGS + frame(1, 0x4, 1, bytes(16385)),
        MAGIC + frame(4, 0, 0, bytes(6 * (MAX_ITEMS + 1))),
        MAGIC + SETTINGS + frame(2, 0, 3, bytes(5)) * (MAX_ITEMS + 1),
        MAGIC + SETTINGS + frame(6, 0, 0, bytes(8)) * 5000,
        MAGIC + SETTINGS + frame(1, 0, 1, b"") + frame(9, 0, 1, bytes(16000)) * 5,
    ],
)
def test_malformed(wire: bytes) -> None:
    """What breaks the protocol, or a bound, is an error; it is never raised, and it stays."""
    assert result_of(wire) is ERROR
    assert result_of(wire, range(len(wire))) is ERROR
    assert result_of(wire + MAGIC + SETTINGS + HEADERS) is ERROR


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (
            MAGIC + SETTINGS + frame(0x10, 0, 0, b"u=3") + frame(0xFA, 9, 7, b"grease") + HEADERS,
            OPENED,
        ),
        (MAGIC + SETTINGS + frame(1, 0x4, (1 << 31) + 1, BLOCK), OPENED),
        (MAGIC + frame(4, 0, 0, b"\xfa\xfa\xff\xff\xff\xff") * 2 + HEADERS, GREASED),
        (MAGIC + SETTINGS, None),
        (b"", None),
    ],
    ids=["unknown frames", "reserved bit", "unknown settings", "no request", "nothing"],
)
def test_tolerated(wire: bytes, expected: Http2 | None) -> None:
    """Unknown frames and the reserved bit are ignored; what is not there yet is waited for."""
    assert result_of(wire) == expected


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Nothing that a client says raises."""
    for start in (b"", MAGIC, MAGIC + SETTINGS, MAGIC + SETTINGS + frame(1, 0x4, 1, data)):
        Http2Preface().feed(start + data)


@define(eq=False)
class Tapped:
    """An HTTP/2 server that answers every request and keeps what its clients sent."""

    context: ssl.SSLContext
    heard: list[bytes] = field(factory=list)
    told: list[tuple[Http2Preface, list[str]]] = field(factory=list)
    """Of each connection with a request: the tap, and the first request's names as h2 read them."""

    async def handle(self, sock: socket.socket) -> None:
        """Serve one connection."""
        stream = secured(sock, self.context)
        server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        tap, at = Http2Preface(), len(self.heard)
        self.heard.append(b"")
        try:
            server.initiate_connection()
            await stream.send_all(server.data_to_send())
            while data := await stream.receive_some():
                tap.feed(bytes(data))
                self.heard[at] += data
                for event in server.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        self._answer(server, event, tap)
                await stream.send_all(server.data_to_send())
        except trio.BrokenResourceError:
            pass
        finally:
            await trio.aclose_forcefully(stream)

    def _answer(
        self,
        server: h2.connection.H2Connection,
        event: h2.events.RequestReceived,
        tap: Http2Preface,
    ) -> None:
        if not any(tap is known for known, _ in self.told):
            self.told.append((tap, [name.decode() for name, _ in event.headers]))
        server.send_headers(event.stream_id, [(":status", "200"), ("content-type", "text/html")])
        server.send_data(event.stream_id, b"hello", end_stream=True)


def reread(heard: bytes) -> tuple[list[tuple[int, int]], int, list[tuple[int, int, int, int]]]:
    """Read the frames before the first HEADERS by hyperframe."""
    settings: list[tuple[int, int]] = []
    updates, priority, rest = [0], [], memoryview(heard)[len(MAGIC) :]
    while True:
        read, length = Frame.parse_frame_header(rest[:9])
        read.parse_body(rest[9 : 9 + length])
        rest = rest[9 + length :]
        if isinstance(read, SettingsFrame):
            settings += read.settings.items()
        elif isinstance(read, WindowUpdateFrame):
            updates.append(read.window_increment)
        elif isinstance(read, PriorityFrame):
            weight = read.stream_weight + 1
            priority.append((read.stream_id, int(read.exclusive), read.depends_on, weight))
        elif isinstance(read, HeadersFrame):
            return settings, updates[min(1, len(updates) - 1)], priority


def checked(server: Tapped) -> Http2:
    """Return what the tap told of the first connection, after comparing it with h2's reading."""
    tap, names = server.told[0]
    opened = tap.result
    assert isinstance(opened, Http2)
    settings, window_update, priority = reread(server.heard[0])
    assert opened == Http2(
        settings=tuple(settings),
        window_update=window_update,
        priority=tuple(priority),
        pseudo=tuple(name[1] for name in names if name.startswith(":")),
    )
    assert tap.header_names == tuple(name for name in names if not name.startswith(":"))
    return opened


@pytest.fixture
def server(certificate: Certificate, tmp_path: Path) -> Tapped:
    return Tapped(server_context(certificate, tmp_path / "keys", "h2"))


@pytest.mark.curl
async def test_curl(server: Tapped) -> None:
    """Curl's opening is told."""
    async with serving(server.handle) as port:
        done = await trio.run_process(
            ["curl", "-sSk", "--noproxy", "*", "--http2", f"https://127.0.0.1:{port}/"],
            capture_stdout=True,
        )
    assert done.stdout == b"hello"
    opened = checked(server)
    assert opened.pseudo == ("m", "p", "s", "a")
    assert dict(opened.settings)[2] == 0
    assert opened.window_update > 0


@pytest.mark.nghttp
async def test_nghttp(server: Tapped) -> None:
    """The opening of nghttp, which builds a tree of priorities, is told with the tree."""
    async with serving(server.handle) as port:
        await trio.run_process(
            ["nghttp", "-n", f"https://127.0.0.1:{port}/"], capture_stdout=True, capture_stderr=True
        )
    opened = checked(server)
    streams = [stream for stream, *_ in opened.priority]
    assert streams == [3, 5, 7, 9, 11]
    assert opened.pseudo[:1] == ("m",)


@pytest.mark.chromium
async def test_chromium(server: Tapped) -> None:
    """Chromium's opening is told."""
    async with serving(server.handle) as port:
        assert "hello" in await open_in_chromium(f"https://127.0.0.1:{port}/")
    opened = checked(server)
    assert opened.pseudo == ("m", "a", "s", "p")
    assert opened.window_update == 15663105
    assert dict(opened.settings)[1] == 65536


async def test_hyper(server: Tapped, trust: ssl.SSLContext) -> None:
    """The opening of hyper-h2, with a block that takes CONTINUATIONs, is told."""
    client = h2.connection.H2Connection()
    client.initiate_connection()
    client.increment_flow_control_window(4711)
    client.prioritize(5, weight=201, depends_on=0, exclusive=True)
    pseudo = [(":method", "GET"), (":path", "/"), (":authority", "edge.test"), (":scheme", "https")]
    names = [f"x-{number}" for number in range(200)]
    client.send_headers(1, pseudo + [(name, "w" * 100) for name in names], end_stream=True)
    trust.set_alpn_protocols(["h2"])
    async with serving(server.handle) as port:
        tcp = await trio.open_tcp_stream("127.0.0.1", port)
        async with trio.SSLStream(
            tcp, trust, server_hostname="localhost", https_compatible=True
        ) as stream:
            await stream.send_all(client.data_to_send())
            ended = False
            while not ended:
                events = client.receive_data(await stream.receive_some())
                ended = any(isinstance(event, h2.events.StreamEnded) for event in events)
    opened = checked(server)
    assert (opened.window_update, opened.priority) == (4711, ((5, 1, 0, 201),))
    assert opened.pseudo == ("m", "p", "a", "s")
    assert server.told[0][0].header_names == tuple(names)
