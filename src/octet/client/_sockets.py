"""Sockets that keep to a deadline, however their bytes come; see `octet.client._deadline`."""

import socket
from collections.abc import Iterable
from typing import Any

import httpcore
from attrs import frozen

from octet.client._deadline import Until


class DeadlineBackend(httpcore.NetworkBackend):
    """Connects by TCP; the deadline is over all addresses of a host together.

    The lookup of the host's name is the system's, which takes no deadline.
    """

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection to the first of *host*'s addresses that takes one."""
        failure = httpcore.ConnectError(f"{host} has no address")
        backend = httpcore.SyncBackend()
        for address in _addresses(host, port):
            left = _left(timeout, httpcore.ConnectTimeout)
            try:
                stream = backend.connect_tcp(address, port, left, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
            else:
                return _Stream(stream)
        raise failure


@frozen
class _Stream(httpcore.NetworkStream):
    """A connection each of whose waits has what is left."""

    _stream: httpcore.NetworkStream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise httpcore.ConnectError(str(exc)) from exc
    return [str(address[0]) for *_, address in found]


def _left(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    """Return what a wait may take, or raise *late*."""
    if not isinstance(timeout, Until):
        return timeout
    left_s = timeout.left()
    if left_s <= 0:
        raise late("the deadline is over")
    return left_s
