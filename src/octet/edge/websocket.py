"""A server's side of a WebSocket (RFC 6455), as much of it as a latency channel needs.

Text messages of a few dozen bytes in both directions, no extensions. Frames are read strictly; what
does not fit closes the connection with the code that the RFC names, except that a text message that
is no UTF-8 closes with 1008 and not 1007: to a channel it is a wrong message like any other.
"""

import base64
import binascii
import hashlib
import struct
from typing import Final, NoReturn

import trio

from octet.edge.channel import POLICY_VIOLATION, UNSUPPORTED_DATA, SocketClosedError
from octet.edge.exchange import Request
from octet.serving import ByteStream

PROTOCOL_ERROR: Final = 1002
MESSAGE_TOO_BIG: Final = 1009
MAX_MESSAGE_BYTES: Final = 4096
MAX_FRAMES: Final = 256
"""Of a message, with the pings and pongs before its end; a page's pong is one frame."""

_CLOSE_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})
_APPLICATION_CLOSE_CODES: Final = range(3000, 5000)

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES: Final = 16
_TEXT, _CLOSE, _PONG = 0x1, 0x8, 0xA
_CONTROL: Final = 0x8
"""The bit that tells control frames, which are whole and short, from a message's frames."""
_FIN: Final = 0x80
_MASKED: Final = 0x80
_LENGTH: Final = 0x7F
_SHORT: Final = 126
"""A length below this stands in the second byte itself; this one says that two bytes follow."""


def accept_upgrade(request: Request) -> bytes | None:
    """Return the response that opens a WebSocket; None when the handshake is not version 13's."""
    key = request.header("sec-websocket-key") or ""
    try:
        nonce = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return None
    if request.header("sec-websocket-version") != "13" or len(nonce) != _KEY_BYTES:
        return None
    digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


class WebSocket:
    """An open WebSocket on *stream*."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._ahead = b""
        self._buffer = bytearray()

    async def send(self, text: str, *, more: bool = False) -> None:
        """Send one text message; with *more* to come at once, only along with that."""
        frames = self._ahead + _frame(_TEXT, text.encode())
        self._ahead = frames if more else b""
        if not more:
            await self._stream.send_all(frames)

    async def receive(self) -> str:
        """Return the next text message, put together of its fragments; answer pings meanwhile.

        Raises:
            SocketClosedError: the peer closed, or sent what is answered by closing; done already.
        """
        message = None if self._buffer else await self._take_short()
        if message is None:
            message = await self._assemble()
        try:
            return message.decode()
        except UnicodeDecodeError:
            await self._fail(POLICY_VIOLATION)

    async def _assemble(self) -> bytes:
        """Return the next text message, made of whatever fits into `MAX_FRAMES`."""
        message: bytes | None = None
        for _ in range(MAX_FRAMES):
            opcode, final, payload = await self._next_frame()
            match opcode:
                case 0x0 | 0x1 if (opcode == _TEXT) == (message is None):
                    message = (message or b"") + payload
                    if len(message) > MAX_MESSAGE_BYTES:
                        await self._fail(MESSAGE_TOO_BIG)
                    if final:
                        return message
                case 0x9:
                    await self._stream.send_all(_frame(_PONG, payload))
                case 0xA:
                    pass
                case 0x8:
                    await self._stream.send_all(_frame(_CLOSE, _farewell(payload)))
                    raise SocketClosedError
                case 0x2 if message is None:
                    await self._fail(UNSUPPORTED_DATA)
                case _:
                    await self._fail(PROTOCOL_ERROR)
            await trio.lowlevel.checkpoint()  # a flood of frames is no reason to starve others
        return await self._fail(POLICY_VIOLATION)

    async def close(self, code: int) -> None:
        """Send the closing frame; the connection is closed by its owner."""
        await self._stream.send_all(self._ahead + _frame(_CLOSE, struct.pack("!H", code)))
        self._ahead = b""

    async def _next_frame(self) -> tuple[int, bool, bytes]:
        """Return opcode, whether the message ends here, and the unmasked payload."""
        first, second = await self._take(2)
        opcode, final, length = first & 0x0F, bool(first & _FIN), second & _LENGTH
        if first & 0x70 or not second & _MASKED:
            await self._fail(PROTOCOL_ERROR)
        if opcode & _CONTROL and (not final or length >= _SHORT):
            await self._fail(PROTOCOL_ERROR)
        if length >= _SHORT:
            length = await self._long(length)
        mask = await self._take(4)
        return opcode, final, _unmask(await self._take(length), mask)

    async def _long(self, kind: int) -> int:
        """Return the length of a frame that does not have it in its second byte."""
        if kind > _SHORT:
            await self._fail(MESSAGE_TOO_BIG)
        (length,) = struct.unpack("!H", await self._take(2))
        if length < _SHORT:
            await self._fail(PROTOCOL_ERROR)  # there is one way to write a length
        if length > MAX_MESSAGE_BYTES:
            await self._fail(MESSAGE_TOO_BIG)
        return int(length)

    async def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._fill()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def _take_short(self) -> bytes | None:
        """Return what arrives next if it is one short text message; else it goes to the buffer."""
        data = await self._stream.receive_some()
        if not data:
            raise SocketClosedError
        message = _short_text(data)
        if message is None:
            self._buffer += data
        return message

    async def _fill(self) -> None:
        data = await self._stream.receive_some()
        if not data:
            raise SocketClosedError
        self._buffer += data

    async def _fail(self, code: int) -> NoReturn:
        await self.close(code)
        raise SocketClosedError


def _short_text(frames: bytes) -> bytes | None:
    """Return the message if *frames* is one whole, short text message, as each pong is."""
    length = len(frames) - 6
    if 0 <= length < _SHORT and frames[0] == _FIN | _TEXT and frames[1] == _MASKED | length:
        return _unmask(frames[6:], frames[2:6])
    return None


def _farewell(payload: bytes) -> bytes:
    """Return the answer to a closing frame with *payload*: its code, if it may stand in a frame."""
    code = int.from_bytes(payload[:2])
    if not payload or (
        len(payload) > 1 and (code in _CLOSE_CODES or code in _APPLICATION_CLOSE_CODES)
    ):
        return payload[:2]
    return struct.pack("!H", PROTOCOL_ERROR)


def _frame(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < _SHORT:
        return bytes((_FIN | opcode, length)) + payload
    return struct.pack("!BBH", _FIN | opcode, _SHORT, length) + payload


def _unmask(payload: bytes, mask: bytes) -> bytes:
    length = len(payload)
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(length)
