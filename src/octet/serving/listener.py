"""The listening socket."""

import socket
from collections.abc import Callable
from pathlib import Path

BACKLOG = 1024
"""Connections that the kernel holds until they are accepted."""


def listen(
    host: str, port: int, *, prepare: Callable[[socket.socket], None] | None = None
) -> socket.socket:
    """Bind and listen on *host* and *port*; port 0 takes a free one.

    *prepare* may set options on the socket before it is bound.

    Raises:
        OSError: the address cannot be resolved, or is taken.
    """
    listener = bind(host, port, prepare=prepare)
    try:
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    listener.setblocking(False)  # noqa: FBT003 - the socket module's own signature
    return listener


def bind(
    host: str, port: int, *, prepare: Callable[[socket.socket], None] | None = None
) -> socket.socket:
    """Bind *host* and *port* without listening; otherwise as `listen`."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if prepare is not None:
            prepare(bound)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound


def url_of(listener: socket.socket, *, tls: bool) -> str:
    """Return the listener's address as a URL."""
    host, port = listener.getsockname()[:2]
    authority = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{authority}:{port}"


def tell_ready(ready_file: Path, url: str) -> None:
    """Write *url* as the one line of *ready_file*; who sees the file sees all of it."""
    unfinished = ready_file.with_name(f"{ready_file.name}.unfinished")
    unfinished.write_text(url + "\n", encoding="utf-8")
    unfinished.rename(ready_file)
