"""The SYN packet as the kernel kept it (Linux ``TCP_SAVE_SYN``, 4.2; no privilege needed)."""

import base64
import socket
import sys

import trio.socket

from octet.schema import AbsenceReason

_TCP_SAVE_SYN = 27
_TCP_SAVED_SYN = 28
_MAX_SYN_BYTES = 256
"""IP and TCP header with all options: 60 + 60, or 40 + 60 and extension headers."""


def save_syn(listener: socket.socket) -> None:
    """Have the kernel keep the SYN of every connection; call it before the socket listens."""
    if sys.platform.startswith("linux"):
        listener.setsockopt(socket.IPPROTO_TCP, _TCP_SAVE_SYN, 1)


def read_saved_syn(sock: socket.socket | trio.socket.SocketType) -> str | AbsenceReason:
    """Take the SYN of an accepted *sock*, base64. The kernel gives it once."""
    if not sys.platform.startswith("linux"):
        return AbsenceReason.NOT_LINUX
    try:
        syn = sock.getsockopt(socket.IPPROTO_TCP, _TCP_SAVED_SYN, _MAX_SYN_BYTES)
    except OSError:
        return AbsenceReason.ERROR
    return base64.b64encode(syn).decode() if syn else AbsenceReason.UNSUPPORTED
