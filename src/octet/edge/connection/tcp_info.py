"""The kernel's timing of a TCP connection (Linux ``TCP_INFO``; see linux/tcp.h)."""

import socket
import struct
import sys

import trio.socket

from octet.schema import AbsenceReason, TcpTiming

_FIELDS = struct.Struct("=16x II 36x I 4x II 8x I 12x I 44x I")
"""snd_mss, rcv_mss; pmtu; rtt, rttvar; advmss; total_retrans; and min_rtt, since Linux 4.6."""
_TEXT = (
    b'{"sndMss":%d,"rcvMss":%d,"pmtu":%d,"rttUs":%d,"rttVarUs":%d,"advMss":%d,"retransmits":%d,'
    b'"minRttUs":%d,"acceptRttUs":%d}'
)
"""The same as JSON, with what was measured at accept."""
_NEVER_MEASURED_US = 0xFFFFFFFF


def read_tcp_info(
    sock: socket.socket | trio.socket.SocketType, accept_rtt_us: int | None = None
) -> TcpTiming | AbsenceReason:
    """Ask the kernel for the timing of *sock*, now; 1–2 µs.

    Args:
        sock: connected TCP socket, of the standard library or of trio.
        accept_rtt_us: the smoothed round trip as it was at accept, to be kept beside today's.
    """
    asked = _ask(sock)
    if isinstance(asked, AbsenceReason):
        return asked
    snd_mss, rcv_mss, pmtu, rtt_us, rtt_var_us, adv_mss, retransmits, min_rtt_us = asked
    return TcpTiming(
        rtt_us=rtt_us,
        rtt_var_us=rtt_var_us,
        min_rtt_us=None if min_rtt_us == _NEVER_MEASURED_US else min_rtt_us,
        accept_rtt_us=accept_rtt_us,
        snd_mss=snd_mss,
        rcv_mss=rcv_mss,
        adv_mss=adv_mss,
        pmtu=pmtu,
        retransmits=retransmits,
    )


def write_tcp_info(sock: socket.socket, accept_rtt_us: int | None) -> bytes | None:
    """Return what `read_tcp_info` does, as JSON; None where it is not all there."""
    asked = _ask(sock)
    if isinstance(asked, AbsenceReason) or accept_rtt_us is None:
        return None
    return None if asked[-1] == _NEVER_MEASURED_US else _TEXT % (*asked, accept_rtt_us)


def _ask(sock: socket.socket | trio.socket.SocketType) -> tuple[int, ...] | AbsenceReason:
    if not sys.platform.startswith("linux"):
        return AbsenceReason.NOT_LINUX
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _FIELDS.size)
    except OSError:
        return AbsenceReason.ERROR
    if len(info) < _FIELDS.size:
        return AbsenceReason.UNSUPPORTED
    return _FIELDS.unpack(info)
