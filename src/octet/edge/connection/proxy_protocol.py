"""The header of the PROXY protocol, version 2, that a load balancer puts before all else.

Version 1, a line of text, is refused: an edge is told which version to expect.
"""

import ipaddress
import socket
from typing import Final

from attrs import frozen

from octet.edge.connection.address import plain_address
from octet.edge.connection.peek import NeedMore, peek_until

MAX_PROXY_HEADER_BYTES: Final = 16384
"""With all its type-length-values, as HAProxy itself bounds it; usual are 28 to 500."""

_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED_BYTES: Final = 16
_LOCAL, _PROXY = 0x20, 0x21
"""Version 2 and the command."""
_UNNAMED: Final = {0x00: 0, 0x31: 216, 0x32: 216}
"""Unspecified, and UNIX sockets: families that name no address; bytes of their addresses."""
_ADDRESS_BYTES: Final = {0x11: 4, 0x12: 4, 0x21: 16, 0x22: 16}
"""IPv4 and IPv6, forwarded from a stream or from datagrams, to the bytes of one address."""


@frozen
class Proxied:
    """The sender speaks for someone."""

    source_ip: str
    """As the contract writes addresses."""
    source_port: int


@frozen
class Local:
    """The sender speaks for itself (a health check), or names nobody: the peer is the source."""


@frozen
class Malformed:
    """No header of version 2; the specification says to close the connection."""


ProxyHeader = Proxied | Local | Malformed
_Measured = tuple[Proxied | Local, int]


def proxy_header_of(data: bytes) -> ProxyHeader | NeedMore:
    """Return what the header at the start of *data* says; what follows it is not looked at.

    Source: The PROXY protocol, HAProxy, 2.2.
    """
    if data[: len(_SIGNATURE)] != _SIGNATURE[: len(data)]:
        return Malformed()
    if len(data) < _FIXED_BYTES:
        return NeedMore(_FIXED_BYTES)
    total = _total(data)
    if total > MAX_PROXY_HEADER_BYTES or data[12] not in {_LOCAL, _PROXY}:
        return Malformed()
    if len(data) < total:
        return NeedMore(total)
    return Local() if data[12] == _LOCAL else _named(data[13], data[_FIXED_BYTES:total])


async def take_proxy_header(sock: socket.socket) -> ProxyHeader:
    """Wait for the header at the start of an accepted *sock* and take exactly its bytes.

    Args:
        sock: TCP, non-blocking, not yet wrapped, of a trusted peer, on Linux.

    Returns:
        What it says; `Malformed` also where the peer closed before its end. Then nothing was read.

    Cancellation: nothing is read, and the socket is as it was.
    Timeout: the caller's.
    """
    header: _Measured | Malformed | None = await peek_until(sock, _measured)
    if header is None or isinstance(header, Malformed):
        return Malformed()
    said, total = header
    try:
        taken = sock.recv(total)
    except OSError:
        return Malformed()
    return said if len(taken) == total else Malformed()


def _measured(data: bytes) -> _Measured | Malformed | NeedMore:
    """Return what the header says, and its length."""
    said = proxy_header_of(data)
    return said if isinstance(said, Malformed | NeedMore) else (said, _total(data))


def _total(data: bytes) -> int:
    return _FIXED_BYTES + int.from_bytes(data[14:_FIXED_BYTES])


def _named(family: int, block: bytes) -> ProxyHeader:
    """Read the addresses of a PROXY command: source, destination, their ports; then more."""
    if family in _UNNAMED:
        return Local() if len(block) >= _UNNAMED[family] else Malformed()
    size = _ADDRESS_BYTES.get(family)
    if size is None or len(block) < 2 * size + 4:
        return Malformed()
    port = int.from_bytes(block[2 * size : 2 * size + 2])
    return Proxied(plain_address(str(ipaddress.ip_address(block[:size]))), port)
