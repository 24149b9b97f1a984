"""Puts together what was observed of one connection and one request on it."""

from collections.abc import Mapping
from typing import Any, Literal

import trio
from attrs import frozen

from octet.edge.config import EdgeConfig
from octet.edge.connection.address import plain_address
from octet.edge.connection.headers import read_headers
from octet.edge.connection.saved_syn import read_saved_syn
from octet.edge.connection.tcp_info import read_tcp_info
from octet.edge.connection.tls_session import read_tls_session
from octet.schema import AbsenceReason, ChannelTiming, Http, Observation, TcpTiming, Tls

Via = Literal["direct", "trusted-proxy"]


class ConnectionObserver:
    """One accepted connection; made at accept, asked at each request."""

    def __init__(self, stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]) -> None:
        transport = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
        self._stream = stream
        self._socket = transport.socket
        at_accept = read_tcp_info(self._socket)
        self._accept_rtt_us = at_accept.rtt_us if isinstance(at_accept, TcpTiming) else None
        self.syn = read_saved_syn(self._socket)
        """Base64, or why there is none."""

    def tcp(self) -> TcpTiming | AbsenceReason:
        """Return the kernel's timing, now."""
        return read_tcp_info(self._socket, self._accept_rtt_us)

    def tls(self) -> Tls | AbsenceReason:
        """Return what TLS agreed on."""
        return read_tls_session(self._stream)


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


@frozen
class Observer:
    """Observes requests in the way that the configuration says."""

    config: EdgeConfig

    def address(self, scope: Mapping[str, Any]) -> str:
        """Return the address at the other end, or the one that a test puts in its place."""
        return self.config.exit_ip or plain_address(scope["client"][0])

    def connection(self, scope: Mapping[str, Any]) -> ConnectionObserver | Unobserved:
        """Return the connection of an ASGI *scope*."""
        observer = scope.get("state", {}).get("connection")
        return observer if isinstance(observer, ConnectionObserver) else Unobserved()

    def request(
        self,
        scope: Mapping[str, Any],
        latency: tuple[ChannelTiming, ...],
        refused_receipt: AbsenceReason | None,
    ) -> Observation:
        """Return all that is known of the request of an ASGI *scope*.

        Args:
            scope: of an HTTP request.
            latency: what its receipts held.
            refused_receipt: why a receipt was left out, if one was.
        """
        connection = self.connection(scope)
        facts: dict[str, Any] = {
            "tcp": connection.tcp(),
            "syn": connection.syn,
            "tls": connection.tls(),
        }
        missing = {name: f for name, f in facts.items() if isinstance(f, AbsenceReason)}
        if "tls" not in missing:
            missing["clientHello"] = AbsenceReason.UNSUPPORTED
        if scope["http_version"] == "2":
            missing["h2"] = AbsenceReason.UNSUPPORTED
        if refused_receipt is not None:
            missing["latency"] = refused_receipt
        address = self.address(scope)
        return Observation(
            source_ip=address,
            peer_ip=address,
            via="direct",
            http=Http(
                version=scope["http_version"],
                headers=read_headers(scope["headers"], self.config.redact_headers),
            ),
            tcp=_present(facts["tcp"]),
            syn=_present(facts["syn"]),
            tls=_present(facts["tls"]),
            latency=latency,
            missing=missing,
        )


def _present(fact: Any) -> Any:
    return None if isinstance(fact, AbsenceReason) else fact
