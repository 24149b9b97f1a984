"""One accepted connection as it can be observed at any time."""

from attrs import frozen

from octet.edge.connection.saved_syn import read_saved_syn
from octet.edge.connection.tcp_info import read_tcp_info
from octet.edge.connection.tls_session import read_tls_session
from octet.schema import AbsenceReason, TcpTiming, Tls
from octet.serving import ByteStream


class ConnectionObserver:
    """Made at accept, asked at each request."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        at_accept = read_tcp_info(stream.socket)
        self._accept_rtt_us = at_accept.rtt_us if isinstance(at_accept, TcpTiming) else None
        self.syn = read_saved_syn(stream.socket)
        """Base64, or why there is none."""

    def tcp(self) -> TcpTiming | AbsenceReason:
        """Return the kernel's timing, now."""
        return read_tcp_info(self._stream.socket, self._accept_rtt_us)

    def tls(self) -> Tls | AbsenceReason:
        """Return what TLS agreed on."""
        return read_tls_session(self._stream.socket)


@frozen
class Unobserved:
    """Stands in under a server that is not ours, which shows no connection."""

    syn: AbsenceReason = AbsenceReason.UNSUPPORTED

    def tcp(self) -> AbsenceReason:
        """Give the reason."""
        return AbsenceReason.UNSUPPORTED

    def tls(self) -> AbsenceReason:
        """Give the reason."""
        return AbsenceReason.UNSUPPORTED
