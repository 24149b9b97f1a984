"""Puts together what was observed of one request and the connection that it came on."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from octet.edge.config import EdgeConfig
from octet.edge.connection.forwarding import RawHeaders, Source, Via, source_of, trusts
from octet.edge.connection.headers import read_headers
from octet.edge.connection.hints import take_hints
from octet.edge.connection_observer import ConnectionObserver, Kept
from octet.edge.exchange import Request
from octet.schema import (
    AbsenceReason,
    ChannelTiming,
    Http,
    Http2,
    Observation,
    TcpTiming,
    Tls,
    encode,
    unstructure,
)
from octet.schema.json_text import dumps

_EACH_TIME: Final = ("http", "tcp", "latency")
"""What differs between the requests of a connection."""


@frozen
class Observed:
    """An observation as JSON."""

    text: bytes
    missing: Mapping[str, AbsenceReason]


@frozen
class Facts:
    """What is known of a request's own connection, each absence with its reason."""

    source: Source
    tcp: TcpTiming | AbsenceReason
    syn: str | AbsenceReason
    tls: Tls | AbsenceReason
    h2: Http2 | AbsenceReason | None
    """None when the request did not come by HTTP/2."""
    client_hello: AbsenceReason | None
    """Why it is not in `tls`, if that is there."""
    header_order: AbsenceReason | None
    headers: RawHeaders

    @property
    def missing(self) -> dict[str, AbsenceReason]:
        """Name of each observation that is not there to the reason, as on the wire."""
        facts = {
            "tcp": self.tcp,
            "syn": self.syn,
            "tls": self.tls,
            "clientHello": self.client_hello,
            "h2": self.h2,
            "headerOrder": self.header_order,
        }
        return {name: fact for name, fact in facts.items() if isinstance(fact, AbsenceReason)}


@frozen
class Observer:
    """Observes requests in the way that the configuration says."""

    config: EdgeConfig

    def facts(self, request: Request) -> Facts:
        """Return what is known: first hand, or where a trusted proxy stands before, from it."""
        connection = request.connection
        reached_from = connection.proxied_ip or connection.peer_ip
        if trusts(self.config.trusted_proxies, reached_from):
            return self._told(request)
        return Facts(
            source=self.source(request),
            tcp=connection.tcp(),
            syn=connection.syn,
            tls=connection.tls(),
            h2=connection.h2() if request.version == "2" else None,
            client_hello=connection.hello_absence(),
            header_order=None,
            headers=request.headers,
        )

    def source(self, request: Request) -> Source:
        """Return where *request* came from, as far as it can be told."""
        connection, config = request.connection, self.config
        reached_from = connection.proxied_ip or connection.peer_ip
        if trusts(config.trusted_proxies, reached_from):
            return source_of(
                reached_from, config.trusted_proxies, config.forwarded, request.headers
            )
        via: Via = "direct" if connection.proxied_ip is None else "trusted-proxy"
        return Source(reached_from, via)

    def _told(self, request: Request) -> Facts:
        hints = take_hints(request.headers)
        return Facts(
            source=self.source(request),
            tcp=hints.tcp,
            syn=hints.syn,
            tls=hints.tls,
            h2=AbsenceReason.BEHIND_PROXY,
            client_hello=None,
            header_order=AbsenceReason.BEHIND_PROXY,
            headers=hints.headers,
        )

    def behind_proxy(self, request: Request) -> str | None:
        """Return the source of a request that a trusted HTTP proxy brings; None for all others."""
        if not self.config.trusted_proxies:
            return None
        connection = request.connection
        reached_from = connection.proxied_ip or connection.peer_ip
        networks, mode = self.config.trusted_proxies, self.config.forwarded
        if not trusts(networks, reached_from):
            return None
        return source_of(reached_from, networks, mode, request.headers).ip

    def source_ip(self, facts: Facts) -> str:
        """Return the browser's address, or the one that a test puts in its place."""
        return self.config.exit_ip or facts.source.ip

    def observe(
        self,
        request: Request,
        latency: tuple[ChannelTiming, ...],
        refused_receipt: AbsenceReason | None,
    ) -> Observation:
        """Return all that is known of *request*.

        Args:
            request: a post.
            latency: what its receipts held.
            refused_receipt: why a receipt was left out, if one was.
        """
        facts = self.facts(request)
        missing = facts.missing
        if refused_receipt is not None:
            missing["latency"] = refused_receipt
        return Observation(
            source_ip=self.source_ip(facts),
            peer_ip=self.config.exit_ip or request.connection.peer_ip,
            via=facts.source.via,
            http=Http(
                version=request.version,
                headers=read_headers(facts.headers, self.config.redact_headers),
                h2=_present(facts.h2),
            ),
            tcp=_present(facts.tcp),
            syn=_present(facts.syn),
            tls=_present(facts.tls),
            latency=latency,
            missing=missing,
        )

    def write(
        self,
        request: Request,
        latency: tuple[ChannelTiming, ...],
        refused_receipt: AbsenceReason | None,
    ) -> Observed:
        """Return what `observe` does, as JSON.

        Of a browser's own HTTP/1.1 connection with nothing amiss, which nearly all are, it is put
        together from what was written at its second request.
        """
        kept = self._kept(request) if refused_receipt is None else None
        timing = request.connection.tcp_text() if kept is not None else None
        if kept is None or timing is None:
            observation = self.observe(request, latency, refused_receipt)
            return Observed(encode(observation), observation.missing)
        channels = dumps([unstructure(channel) for channel in latency]) if latency else b"[]"
        parts = (
            kept.text,
            b',"http":{"version":"1.1","headers":[',
            self._headers(request),
            b']},"tcp":',
            timing,
            b',"latency":',
            channels,
            b"}",
        )
        return Observed(b"".join(parts), kept.missing)

    def _kept(self, request: Request) -> Kept | None:
        """Return what is kept of the request's connection; None where all is told anew."""
        connection = request.connection
        if not isinstance(connection, ConnectionObserver) or request.version != "1.1":
            return None
        if not connection.written:
            connection.written = True  # most browsers post once, and nothing is kept for them
        elif connection.kept is None and self.behind_proxy(request) is None:
            observation = self.observe(request, (), None)
            members = unstructure(observation)
            lasting = {name: members[name] for name in members if name not in _EACH_TIME}
            connection.kept = Kept(dumps(lasting)[:-1], observation.missing)
        return connection.kept

    def _headers(self, request: Request) -> bytes:
        """Return the items of the list of headers; those of a head that is repeated are told once,
        and only its length anew.
        """
        known, headers = request.known, request.headers
        at = known.length_at
        if not known.told:
            told = [*map(dumps, read_headers(headers, self.config.redact_headers))]
            known.told = _cut(told, at, b"" if at is None else headers[at][1])
        return (b"" if at is None else headers[at][1]).join(known.told)


def _cut(told: list[bytes], at: int | None, digits: bytes) -> tuple[bytes, ...]:
    """Join *told* in two pieces, between which stood *digits*; in one where they are not told."""
    end = b'"%b"]' % digits
    if at is None or not digits or not told[at].endswith(end):
        return (b",".join(told),)
    begin = told[at].removesuffix(end) + b'"'
    return b",".join([*told[:at], begin]), b",".join([b'"]', *told[at + 1 :]])


def _present(fact: Any) -> Any:
    return None if isinstance(fact, AbsenceReason) else fact
