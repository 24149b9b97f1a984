"""The kernel's timing of a TCP connection (Linux ``TCP_INFO``; see linux/tcp.h)."""

import socket
import struct
import sys

import trio.socket

from octet.schema import AbsenceReason, TcpTiming

_LENGTH = 152
"""Bytes up to and with ``tcpi_min_rtt``, which is there since Linux 4.6."""
_SND_MSS, _RCV_MSS, _PMTU, _RTT, _RTT_VAR, _ADV_MSS = 16, 20, 60, 68, 72, 84
_TOTAL_RETRANS, _MIN_RTT = 100, 148
_NEVER_MEASURED_US = 0xFFFFFFFF


def read_tcp_info(
    sock: socket.socket | trio.socket.SocketType, accept_rtt_us: int | None = None
) -> TcpTiming | AbsenceReason:
    """Ask the kernel for the timing of *sock*, now; 1–2 µs.

    Args:
        sock: connected TCP socket, of the standard library or of trio.
        accept_rtt_us: the smoothed round trip as it was at accept, to be kept beside today's.
    """
    if not sys.platform.startswith("linux"):
        return AbsenceReason.NOT_LINUX
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
    except OSError:
        return AbsenceReason.ERROR
    if len(info) < _LENGTH:
        return AbsenceReason.UNSUPPORTED
    min_rtt_us = _u32(info, _MIN_RTT)
    return TcpTiming(
        rtt_us=_u32(info, _RTT),
        rtt_var_us=_u32(info, _RTT_VAR),
        min_rtt_us=None if min_rtt_us == _NEVER_MEASURED_US else min_rtt_us,
        accept_rtt_us=accept_rtt_us,
        snd_mss=_u32(info, _SND_MSS),
        rcv_mss=_u32(info, _RCV_MSS),
        adv_mss=_u32(info, _ADV_MSS),
        pmtu=_u32(info, _PMTU),
        retransmits=_u32(info, _TOTAL_RETRANS),
    )


def _u32(info: bytes, offset: int) -> int:
    (value,) = struct.unpack_from("=I", info, offset)
    return int(value)
