"""A server's side of a WebSocket (RFC 6455), as much of it as a latency channel needs.

Text messages of a few dozen bytes in both directions, no extensions. Frames are read strictly; what
does not fit closes the connection with the code that the RFC names.
"""

import base64
import binascii
import hashlib
import struct
from typing import Final

from octet.edge.channel import POLICY_VIOLATION, UNSUPPORTED_DATA, SocketClosedError
from octet.edge.exchange import Request
from octet.serving import ByteStream

PROTOCOL_ERROR: Final = 1002
MESSAGE_TOO_BIG: Final = 1009
MAX_MESSAGE_BYTES: Final = 4096

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES: Final = 16
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x1, 0x2, 0x8, 0x9, 0xA
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
        self._buffer = bytearray()

    async def send(self, text: str) -> None:
        """Send one text message."""
        await self._stream.send_all(_frame(_TEXT, text.encode()))

    async def receive(self) -> str:
        """Return the next text message; pings are answered meanwhile.

        Raises:
            SocketClosedError: the peer closed, or sent what is answered by closing; done already.
        """
        while True:
            opcode, payload = await self._next_frame()
            match opcode:
                case 0x1:
                    return await self._decode(payload)
                case 0x9:
                    await self._stream.send_all(_frame(_PONG, payload))
                case 0xA:
                    pass
                case 0x8:
                    await self._stream.send_all(_frame(_CLOSE, payload[:2]))
                    raise SocketClosedError
                case 0x2:
                    await self._fail(UNSUPPORTED_DATA)
                case _:
                    await self._fail(PROTOCOL_ERROR)

    async def close(self, code: int) -> None:
        """Send the closing frame; the connection is closed by its owner."""
        await self._stream.send_all(_frame(_CLOSE, struct.pack("!H", code)))

    async def _decode(self, payload: bytes) -> str:
        try:
            return payload.decode()
        except UnicodeDecodeError:
            await self._fail(POLICY_VIOLATION)
            raise

    async def _next_frame(self) -> tuple[int, bytes]:
        """Return opcode and unmasked payload of the next frame, which must be a whole message."""
        first, second = await self._take(2)
        length = second & _LENGTH
        if first & 0x70 or not first & _FIN or not second & _MASKED:
            await self._fail(PROTOCOL_ERROR)
        if length == _SHORT:
            (length,) = struct.unpack("!H", await self._take(2))
        elif length > _SHORT:
            length = MAX_MESSAGE_BYTES + 1
        if length > MAX_MESSAGE_BYTES:
            await self._fail(MESSAGE_TOO_BIG)
        mask = await self._take(4)
        return first & 0x0F, _unmask(await self._take(length), mask)

    async def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            data = await self._stream.receive_some()
            if not data:
                raise SocketClosedError
            self._buffer += data
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def _fail(self, code: int) -> None:
        await self.close(code)
        raise SocketClosedError


def _frame(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    head = bytes([_FIN | opcode, length]) if length < _SHORT else b""
    return (head or struct.pack("!BBH", _FIN | opcode, _SHORT, length)) + payload


def _unmask(payload: bytes, mask: bytes) -> bytes:
    length = len(payload)
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(length)
