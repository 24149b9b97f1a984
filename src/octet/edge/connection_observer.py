"""One accepted connection as it can be observed at any time."""

import base64
import ssl
from collections.abc import Mapping

from attrs import frozen

from octet.edge.connection.address import plain_address
from octet.edge.connection.client_hello import peek_client_hello
from octet.edge.connection.http2_preface import Http2Preface
from octet.edge.connection.proxy_protocol import Malformed, Proxied, take_proxy_header
from octet.edge.connection.saved_syn import read_saved_syn
from octet.edge.connection.tcp_info import read_tcp_info, write_tcp_info
from octet.edge.connection.tls_session import read_tls_session
from octet.schema import AbsenceReason, Http2, TcpTiming, Tls
from octet.serving import ByteStream


@frozen
class Kept:
    """What of an observation is the same for all requests of a connection, written once as JSON."""

    text: bytes
    """All but the request's header and the kernel's timing, with the closing brace left out."""
    missing: Mapping[str, AbsenceReason]


class ConnectionObserver:
    """Made at accept, led through the connection's opening, asked at each request."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.peer_ip = plain_address(stream.socket.getpeername()[0])
        """The address at the other end of this edge's own connection."""
        self.proxied_ip: str | None = None
        """The address that a PROXY header named."""
        self.syn: str | AbsenceReason = read_saved_syn(stream.socket)
        """Base64, or why there is none."""
        self._client_hello: bytes | AbsenceReason = AbsenceReason.NOT_TLS
        self._preface: Http2Preface | None = None
        self.written = False
        """Whether an observation was written before."""
        self.kept: Kept | None = None
        """For whoever writes more of them."""
        at_accept = read_tcp_info(stream.socket)
        self._accept_rtt_us = at_accept.rtt_us if isinstance(at_accept, TcpTiming) else None

    async def take_proxy_header(self) -> bool:
        """Take the PROXY header that must stand first; False when there is none that fits.

        Timeout: the caller's.
        """
        header = await take_proxy_header(self._stream.socket)
        if isinstance(header, Proxied):
            self.proxied_ip = header.source_ip
            self.syn = AbsenceReason.BEHIND_PROXY
        return not isinstance(header, Malformed)

    async def handshake(self, context: ssl.SSLContext) -> None:
        """Look at the ClientHello, then do the TLS handshake. Timeout: the caller's.

        Raises:
            trio.BrokenResourceError: the peer speaks no TLS that fits, or went away.
        """
        self._client_hello = await peek_client_hello(self._stream.socket)
        await self._stream.handshake(context)
        if self._stream.alpn == "h2":
            self._preface = Http2Preface()
            self._stream.tap = self._preface.feed

    def tcp(self) -> TcpTiming | AbsenceReason:
        """Return the kernel's timing, now."""
        if self.proxied_ip is not None:
            return AbsenceReason.BEHIND_PROXY
        return read_tcp_info(self._stream.socket, self._accept_rtt_us)

    def tcp_text(self) -> bytes | None:
        """Return the kernel's timing, now, as JSON; None where it is not all there."""
        if self.proxied_ip is not None:
            return None
        return write_tcp_info(self._stream.socket, self._accept_rtt_us)

    def tls(self) -> Tls | AbsenceReason:
        """Return what TLS agreed on, with the ClientHello if it was seen."""
        hello = self._client_hello
        seen = base64.b64encode(hello).decode() if isinstance(hello, bytes) else None
        return read_tls_session(self._stream.socket, seen)

    def hello_absence(self) -> AbsenceReason | None:
        """Return why a TLS connection's ClientHello is not there."""
        hello = self._client_hello
        return hello if isinstance(hello, AbsenceReason) and self._stream.is_tls else None

    def h2(self) -> Http2 | AbsenceReason | None:
        """Return what the client's HTTP/2 opened with; None when it does not speak it."""
        return None if self._preface is None else self._preface.result or AbsenceReason.ERROR


@frozen
class Unobserved:
    """Stands in under a server that is not ours, which shows no connection."""

    peer_ip: str
    proxied_ip: None = None
    syn: AbsenceReason = AbsenceReason.UNSUPPORTED

    def tcp(self) -> AbsenceReason:
        """Give the reason."""
        return AbsenceReason.UNSUPPORTED

    def tcp_text(self) -> None:
        """Give nothing: `tcp` says why."""

    def tls(self) -> AbsenceReason:
        """Give the reason."""
        return AbsenceReason.UNSUPPORTED

    def hello_absence(self) -> None:
        """Give nothing: TLS as a whole is missing."""

    def h2(self) -> AbsenceReason:
        """Give the reason."""
        return AbsenceReason.UNSUPPORTED
