"""The WebSocket codec against wsproto, cut in any way; and what it makes of wrong frames."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import (
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError

from octet.edge.channel import SocketClosedError
from octet.edge.websocket import MAX_FRAMES, MAX_MESSAGE_BYTES, WebSocket, accept_upgrade
from octet.serving import ByteStream
from tests.edge.conftest import RunningEdge
from tests.edge.test_observer import request
from tests.serving.wire import upgrade

MASK = b"\x01\x02\x03\x04"
TEXT, CONTINUATION, BINARY, CLOSE, PING, PONG = 0x1, 0x0, 0x2, 0x8, 0x9, 0xA


class Wire:
    """A stream that gives its pieces one by one, and keeps what is sent."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]
        self.sent = b""

    async def receive_some(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    async def send_all(self, data: bytes) -> None:
        self.sent += data


async def read_all(pieces: Sequence[bytes]) -> tuple[list[str], bytes]:
    """Return the messages that are read from *pieces*, and what was sent meanwhile."""
    wire = Wire(pieces)
    socket = WebSocket(cast("ByteStream", wire))
    messages: list[str] = []
    try:
        while True:
            messages.append(await socket.receive())
    except SocketClosedError:
        return messages, wire.sent


def frames(text: bytes) -> list[Event]:
    """Return what wsproto, as a client, sees in what the edge sent."""
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(text)
    return list(client.events())


def write(
    opcode: int,
    payload: bytes = b"",
    *,
    final: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length: bytes | None = None,
) -> bytes:
    """Write a frame of a client, right or wrong."""
    size = len(payload)
    if length is None:
        length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2)
    first = opcode | (0x80 if final else 0) | reserved
    second = length[0] | (0x80 if masked else 0)
    key = (MASK * (size // 4 + 1))[:size]
    hidden = bytes(a ^ b for a, b in zip(payload, key, strict=True)) if masked else payload
    return bytes([first, second]) + length[1:] + (MASK if masked else b"") + hidden


def cut(text: bytes, at: Sequence[int]) -> list[bytes]:
    """Cut *text* at some places."""
    places = [0, *sorted({place % (len(text) + 1) for place in at}), len(text)]
    return [text[a:b] for a, b in pairwise(places)]


_TEXTS = st.text(max_size=200) | st.sampled_from(["", "x" * 125, "x" * 126, "x" * 4096])
_EVENTS = (
    st.builds(TextMessage, data=_TEXTS, message_finished=st.just(True))
    | st.builds(Ping, payload=st.binary(max_size=125))
    | st.builds(Pong, payload=st.binary(max_size=125))
)
_CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@settings(max_examples=200)
@given(st.lists(_EVENTS, max_size=10), _CUTS)
def test_wsproto_is_understood(sent: list[Event], cuts: list[int]) -> None:
    """What wsproto sends is read as it was meant, however it is cut; pings get their pongs."""
    client = Connection(ConnectionType.CLIENT)
    text = b"".join(client.send(event) for event in [*sent, CloseConnection(code=1000)])
    messages, answer = trio.run(read_all, cut(text, cuts))
    assert messages == [event.data for event in sent if isinstance(event, TextMessage)]
    assert frames(answer) == [
        *(Pong(payload=bytes(event.payload)) for event in sent if isinstance(event, Ping)),
        CloseConnection(code=1000, reason=""),
    ]


@given(st.lists(_TEXTS, max_size=5), st.integers(0, 20))
def test_wsproto_understands(texts: list[str], code_offset: int) -> None:
    """What the edge sends, wsproto reads: messages and the closing code."""
    code = 3000 + code_offset

    async def send() -> bytes:
        wire = Wire([])
        socket = WebSocket(cast("ByteStream", wire))
        for text in texts:
            await socket.send(text)
        await socket.close(code)
        return wire.sent

    seen = frames(trio.run(send))
    assert seen[:-1] == [TextMessage(data=text) for text in texts]
    assert seen[-1] == CloseConnection(code=code, reason="")


_FRAMES = st.builds(
    write,
    st.sampled_from([TEXT, TEXT, CONTINUATION, BINARY, CLOSE, PING, PONG, 0x3, 0xF]),
    st.binary(max_size=130) | st.just(b"\x03\xe8") | st.text(max_size=10).map(str.encode),
    final=st.sampled_from([True, True, True, False]),
    reserved=st.sampled_from([0] * 8 + [0x40, 0x20, 0x10]),
    masked=st.sampled_from([True] * 8 + [False]),
)


@settings(max_examples=300)
@given(st.lists(_FRAMES, max_size=6), st.binary(max_size=20), _CUTS)
def test_any_frames_are_read_as_by_wsproto(
    sent: list[bytes], noise: bytes, cuts: list[int]
) -> None:
    """Of any frames wsproto's server reads the same messages, as far as both go on."""
    text = b"".join(sent) + noise
    messages, answer = trio.run(read_all, cut(text, cuts))
    frames(answer)  # is well-formed
    server = Connection(ConnectionType.SERVER)
    expected: list[str] = []
    partial = ""
    try:
        server.receive_data(text)
        for event in server.events():
            if isinstance(event, BytesMessage | CloseConnection):
                break
            if isinstance(event, TextMessage):
                partial += event.data
                if event.message_finished:
                    expected.append(partial)
                    partial = ""
    except LocalProtocolError:  # wsproto's server meets frames after the closing one
        pass
    assert messages == expected


# --- wrong frames ----------------------------------------------------------------------------

BIG = b"x" * (MAX_MESSAGE_BYTES + 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (write(TEXT, b"x", masked=False), 1002),
        (write(TEXT, b"x", reserved=0x40), 1002),
        (write(TEXT, b"x", reserved=0x10), 1002),
        (write(0x3, b"x"), 1002),
        (write(0xB, b"x"), 1002),
        (write(CONTINUATION, b"x"), 1002),
        (write(TEXT, b"x", final=False) + write(TEXT, b"x"), 1002),
        (write(TEXT, b"x", final=False) + write(BINARY, b"x"), 1002),
        (write(PING, b"x", final=False), 1002),
        (write(PING, b"x" * 126), 1002),
        (write(CLOSE, b"\x03\xe8" + b"x" * 124), 1002),
        (write(TEXT, b"x", length=b"\x7e\x00\x01"), 1002),
        (write(BINARY, b"x"), 1003),
        (write(BINARY, b"", final=False), 1003),
        (write(TEXT, b"\xff"), 1008),
        (write(TEXT, b"\xed\xa0\x80"), 1008),
        (write(TEXT, "é".encode()[:1], final=False) + write(CONTINUATION, b"x"), 1008),
        (write(TEXT, BIG), 1009),
        (write(TEXT, b"", length=b"\x7f" + (1).to_bytes(8)), 1009),
        (write(TEXT, b"", length=b"\x7f" + b"\xff" * 8), 1009),
        (write(TEXT, BIG[:3000], final=False) + write(CONTINUATION, BIG[:3000]), 1009),
        (write(CLOSE, b""), 1005),
        (write(CLOSE, b"\x03\xe8bye"), 1000),
        (write(CLOSE, b"\x0f\xa0"), 4000),
        (write(CLOSE, b"\x03"), 1002),
        (write(CLOSE, b"\x03\xed"), 1002),
        (write(CLOSE, b"\x00\x00"), 1002),
        (write(CLOSE, b"\xff\xff"), 1002),
    ],
)
async def test_wrong_frame_closes_with_its_code(text: bytes, code: int) -> None:
    """What does not fit is answered by one closing frame, whatever follows is not read."""
    messages, answer = await read_all([text + write(TEXT, b"after")])
    assert messages == []
    (farewell,) = frames(answer)
    assert isinstance(farewell, CloseConnection)
    assert farewell.code == code


async def test_fragments_make_one_message() -> None:
    """A message in fragments is one, though a ping comes between and a letter is cut in two."""
    letter = "é".encode()
    text = write(TEXT, b"a" + letter[:1], final=False) + write(PING, b"p")
    text += write(CONTINUATION, b"", final=False) + write(CONTINUATION, letter[1:])
    messages, answer = await read_all([text])
    assert messages == ["aé"]
    assert frames(answer) == [Pong(payload=b"p")]


@pytest.mark.parametrize("length", range(1, len(write(TEXT, b"x" * 200))))
async def test_end_in_a_frame_is_an_end(length: int) -> None:
    """A peer that goes in the middle of a frame has gone; nothing is sent after it."""
    assert await read_all([write(TEXT, b"x" * 200)[:length]]) == ([], b"")


# --- the handshake ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "opens"),
    [
        ({}, True),
        ({b"Sec-WebSocket-Version": b"8"}, False),
        ({b"Sec-WebSocket-Version": None}, False),
        ({b"sec-websocket-key": None}, False),
        ({b"sec-websocket-key": b""}, False),
        ({b"sec-websocket-key": b"dGhlIHNhbXBsZQ=="}, False),
        ({b"sec-websocket-key": b"dGhlIHNhbXBsZSBub25jZQ"}, False),
        ({b"sec-websocket-key": b"dGhl IHNhbXBsZSBub25jZQ=="}, False),
        ({b"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZé==".encode("latin-1")}, False),
    ],
)
def test_handshake(more: dict[bytes, bytes | None], opens: bool) -> None:
    """Version 13 with a key of 16 bytes opens, with the answer of RFC 6455's example."""
    fields: dict[bytes, Any] = {
        b"Sec-WebSocket-Version": b"13",
        b"sec-websocket-key": b"dGhlIHNhbXBsZSBub25jZQ==",
        **more,
    }
    headers = tuple((name, value) for name, value in fields.items() if value is not None)
    opening = accept_upgrade(request(headers=headers))
    assert (opening is not None) is opens
    if opening is not None:
        assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in opening


# --- over a real socket ----------------------------------------------------------------------


async def test_frames_behind_the_handshake_are_read(edge: RunningEdge) -> None:
    """Frames that come in one piece with the handshake are the channel's."""
    page = await edge.open()
    async with page.stream:
        await page.send(upgrade() + write(PING, b"early") + write(CLOSE, b"\x03\xe8"))
        answer = await page.reader.rest()
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert frames(rest)[-2:] == [Pong(payload=b"early"), CloseConnection(code=1000, reason="")]


async def test_code_is_read_by_who_still_sends(edge: RunningEdge) -> None:
    """A peer in the midst of an endless message reads why the channel was closed."""
    page = await edge.open()
    async with page.stream, trio.open_nursery() as nursery:
        await page.send(upgrade())
        endless = write(TEXT, b"", length=b"\x7f" + b"\xff" * 8) + b"x" * 300_000
        nursery.start_soon(page.send, endless)
        answer = await page.reader.rest()
    assert frames(answer.partition(b"\r\n\r\n")[2])[-1] == CloseConnection(code=1009, reason="")


@pytest.mark.parametrize("kind", [PING, PONG, CONTINUATION])
async def test_message_that_does_not_end(kind: int) -> None:
    """A message is whole within so many frames, or the channel is closed."""
    parts = write(TEXT, b"x", final=False) + write(kind, final=kind != CONTINUATION) * MAX_FRAMES
    messages, answer = await read_all([parts])
    assert messages == []
    assert frames(answer)[-1] == CloseConnection(code=1008, reason="")


@pytest.mark.parametrize("kind", [PING, PONG, CONTINUATION])
async def test_frames_that_wait_leave_others_their_turn(kind: int) -> None:
    """A flood of frames in one piece lets others run after each."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    flood = write(kind, final=kind != CONTINUATION) * (MAX_FRAMES - 1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        messages, _ = await read_all([write(TEXT, b"x", final=False) + flood])
        assert turns >= MAX_FRAMES - 2
        nursery.cancel_scope.cancel()
    assert messages == []
