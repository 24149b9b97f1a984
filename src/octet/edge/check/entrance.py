"""Connections to a deployed edge, of which this side knows all that the other side may see."""

import ssl
from typing import Final

import trio
from attrs import frozen
from trio import socket

from octet.edge.check.target import Target
from octet.edge.connection.address import plain_address

CONNECT_S: Final = 5.0
"""For one of the host's addresses."""


@frozen
class Meeting:
    """An open connection."""

    stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]
    local_ip: str
    """This side's address, before any translation on the way."""
    remote_ip: str
    max_segment: int | None
    """The maximum segment size that this side's SYN announced, bytes; None: the system's own."""


class Entrance:
    """Connects to *target*.

    Args:
        target: where to.
        tls: whom to believe, if the target is reached by TLS.
        source: the local address to connect from, and so the family; None: the system's choice.
    """

    def __init__(self, target: Target, tls: ssl.SSLContext, source: str | None = None) -> None:
        self._target = target
        self._tls = tls
        self._source = source
        self._family = socket.AF_UNSPEC
        if source is not None:
            self._family = socket.AF_INET6 if ":" in source else socket.AF_INET

    async def connect(self, max_segment: int | None = None) -> Meeting:
        """Connect to the first of the host's addresses that takes it; TLS is spoken already.

        Args:
            max_segment: what the SYN shall announce, where the system can do so.

        Cancellation: nothing stays open. Timeout: `CONNECT_S` an address, and the caller's.

        Raises:
            OSError: no address takes the connection.
            trio.BrokenResourceError: TLS failed.
        """
        stream, announced = await self._reach(max_segment)
        sock = stream.socket
        try:
            local, remote = sock.getsockname()[0], sock.getpeername()[0]
            opened = await self._secured(stream)
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return Meeting(opened, plain_address(local), plain_address(remote), announced)

    async def _reach(self, max_segment: int | None) -> tuple[trio.SocketStream, int | None]:
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, address in await socket.getaddrinfo(
            self._target.host.encode("ascii"),
            self._target.port,
            family=self._family,
            type=socket.SOCK_STREAM,
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                announced = _announce(sock, max_segment)
                with trio.fail_after(CONNECT_S):
                    if self._source is not None:
                        await sock.bind((self._source, 0))
                    await sock.connect(address)
            except (OSError, trio.TooSlowError) as exc:
                sock.close()
                failure = exc if isinstance(exc, OSError) else TimeoutError()
            except BaseException:
                sock.close()
                raise
            else:
                return trio.SocketStream(sock), announced
        raise failure

    async def _secured(
        self, stream: trio.SocketStream
    ) -> trio.SocketStream | trio.SSLStream[trio.SocketStream]:
        if not self._target.secure:
            return stream
        secure = trio.SSLStream(
            stream, self._tls, server_hostname=self._target.host, https_compatible=True
        )
        await secure.do_handshake()
        return secure


def _announce(sock: socket.SocketType, max_segment: int | None) -> int | None:
    """Have the SYN of *sock* announce *max_segment*; return it if the system can do that."""
    option = getattr(socket, "TCP_MAXSEG", None)
    if max_segment is None or option is None:
        return None
    try:
        sock.setsockopt(socket.IPPROTO_TCP, option, max_segment)
    except OSError:
        return None
    return max_segment
