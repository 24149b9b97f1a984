"""Looks at the first bytes of a connection and leaves them there for who reads them next.

A look that saw too little asks the kernel by ``SO_RCVLOWAT`` to stay silent until there is enough,
because what is left in the socket's buffer would otherwise wake the waiter again and again. Of
what remains (the peer has closed, it sent urgent data that a look cannot pass, the kernel is short
of memory) each wakes the waiter with nothing new to see; the second such look ends the matter.
"""

import contextlib
import socket
from collections.abc import Callable
from typing import Final, TypeVar

import trio
from attrs import frozen

_Answer = TypeVar("_Answer")

_FIRST_LOOK_BYTES: Final = 4096
"""Holds any usual ClientHello, with a post-quantum key share."""


@frozen
class NeedMore:
    """Nothing can be said yet."""

    total: int
    """Without this many bytes from the start nothing can be said; more than there were."""


async def peek_until(
    sock: socket.socket, parse: Callable[[bytes], _Answer | NeedMore]
) -> _Answer | None:
    """Show *parse* what has arrived, from the first byte, until it gives an answer.

    Args:
        sock: connected TCP socket, non-blocking, not yet wrapped by TLS, on Linux.
        parse: pure; bounds what it asks for, and answers empty bytes by `NeedMore`.

    Returns:
        The answer; None when no more will come (closed, reset, urgent data). All bytes are still
        there to be read.

    Cancellation: nothing is read and the socket's low-water mark is back at 1.
    Timeout: the caller's. There is a checkpoint only where it must wait.
    """
    seen, total = -1, 0
    try:
        while len(data := _look(sock, max(total, _FIRST_LOOK_BYTES))) > seen:
            answer = parse(data)
            if not isinstance(answer, NeedMore):
                return answer
            seen, total = len(data), answer.total
            if seen:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, total)
            await trio.lowlevel.wait_readable(sock)
    except OSError:
        return None
    finally:
        if seen > 0:
            _wake_at_any_byte(sock)
    return None


def _look(sock: socket.socket, size: int) -> bytes:
    """Return up to *size* bytes; none when there is nothing yet, or nothing any more."""
    try:
        return sock.recv(size, socket.MSG_PEEK)
    except BlockingIOError:
        return b""


def _wake_at_any_byte(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
