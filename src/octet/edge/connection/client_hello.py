"""The TLS ClientHello as it came, taken before the handshake and left for the handshake.

A record (RFC 8446, 5.1) is ``22, version, length`` and a fragment; a handshake message (4) is
``1, length`` and a body, cut into fragments at will. What the body says is nothing to the edge.
"""

import socket
import sys
from typing import Final

from attrs import define, field

from octet.edge.connection.peek import NeedMore, peek_until
from octet.schema import AbsenceReason

MAX_CLIENT_HELLO_BYTES: Final = 65536
"""Of all its records together. Post-quantum key shares make 2 KiB; OpenSSL would read 128."""

_RECORD_HEADER: Final = 5
_MESSAGE_HEADER: Final = 4
_HANDSHAKE: Final = b"\x16\x03"
"""Content type, and the major version that all versions of TLS carry."""
_CLIENT_HELLO: Final = 1
_MAX_FRAGMENT_BYTES: Final = 1 << 14


def client_hello_of(data: bytes) -> bytes | NeedMore | AbsenceReason:
    """Return the first handshake message, from its type byte, out of a connection's first bytes.

    Returns:
        The message; or how many bytes it takes at least; or ``not-tls`` where the first byte
        already begins something else, ``error`` where it goes wrong later or is too long.

    Source: RFC 8446, 4 and 5.1.
    """
    return _Reassembly()(data)


def is_client_hello(message: bytes) -> bool:
    """Say whether *message* is one whole handshake message of that type and nothing else."""
    return bool(message) and message[0] == _CLIENT_HELLO and not _missing(message)


async def peek_client_hello(sock: socket.socket) -> bytes | AbsenceReason:
    """Wait for the ClientHello of an accepted *sock* and leave it there for the handshake.

    Args:
        sock: TCP, non-blocking, not yet wrapped, behind any PROXY header.

    Returns:
        The handshake message from its type byte, at most `MAX_CLIENT_HELLO_BYTES`; ``not-tls``
        where something else was said, ``error`` where it went wrong or was broken off. Whatever
        it is, the handshake may be tried.

    Cancellation: nothing is read, and the socket is as it was.
    Timeout: the caller's, best one deadline for this and the handshake.
    """
    if not sys.platform.startswith("linux"):
        return AbsenceReason.NOT_LINUX
    return await peek_until(sock, _Reassembly()) or AbsenceReason.ERROR


@define
class _Reassembly:
    """Puts the fragments together; shown the same bytes and more, it goes on where it stopped."""

    _message: bytearray = field(factory=bytearray)
    """Of whole records."""
    _at: int = 0
    """Where the next record begins."""

    def __call__(self, data: bytes) -> bytes | NeedMore | AbsenceReason:
        """Answer as `client_hello_of` does."""
        data = data[:MAX_CLIENT_HELLO_BYTES]
        message = self._message
        while True:
            header = data[self._at : self._at + _RECORD_HEADER]
            if header[:2] != _HANDSHAKE[: len(header)]:
                return AbsenceReason.ERROR if self._at else AbsenceReason.NOT_TLS
            if len(header) < _RECORD_HEADER:
                return _need(self._at + _RECORD_HEADER + _missing(message))
            whole, length = len(message), int.from_bytes(header[3:])
            start, end = self._at + _RECORD_HEADER, self._at + _RECORD_HEADER + length
            message += data[start:end]
            if not 0 < length <= _MAX_FRAGMENT_BYTES or (message and message[0] != _CLIENT_HELLO):
                return AbsenceReason.ERROR
            missing = _missing(message)
            if missing <= 0:
                return bytes(message[: len(message) + missing])
            if (coming := end - len(data)) > 0:
                del message[whole:]
                more = missing if missing <= coming else missing + _RECORD_HEADER
                return _need(len(data) + more)
            self._at = end


def _missing(message: bytes | bytearray) -> int:
    """Return how many bytes the message lacks at least; negative: how many it has too many."""
    if len(message) < _MESSAGE_HEADER:
        return _MESSAGE_HEADER - len(message)
    return _MESSAGE_HEADER + int.from_bytes(message[1:_MESSAGE_HEADER]) - len(message)


def _need(total: int) -> NeedMore | AbsenceReason:
    return NeedMore(total) if total <= MAX_CLIENT_HELLO_BYTES else AbsenceReason.ERROR
