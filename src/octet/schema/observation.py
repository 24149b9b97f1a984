"""What an edge saw of a connection: facts, raw where possible, each absence with its reason."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from attrs import field, frozen

from octet.schema.constraints import (
    Base64,
    Count,
    Identifier,
    IpAddress,
    Latitude,
    Length,
    Longitude,
)


class AbsenceReason(StrEnum):
    """Why an observation is not there."""

    NOT_LINUX = "not-linux"
    NOT_TLS = "not-tls"
    BEHIND_PROXY = "behind-proxy"
    UNSUPPORTED = "unsupported"
    EXPIRED_RECEIPT = "expired-receipt"
    FOREIGN_RECEIPT = "foreign-receipt"
    ERROR = "error"


@frozen(kw_only=True)
class Http2:
    """What the client's HTTP/2 connection opened with."""

    settings: tuple[tuple[Count, Count], ...]
    """SETTINGS as (identifier, value), in order."""
    window_update: Count
    """Increment of the first WINDOW_UPDATE of the connection, bytes; 0 when there was none."""
    priority: tuple[tuple[Count, Count, Count, Count], ...]
    """PRIORITY frames as (stream, exclusive, depends on, weight), in order."""
    pseudo: tuple[str, ...]
    """First letters of the pseudo-headers, in order: ``m a s p``."""


@frozen(kw_only=True)
class Http:
    """The request as the edge received it."""

    version: str
    """``1.0``, ``1.1`` or ``2``."""
    headers: tuple[tuple[str, str], ...]
    """Name and value as received and in order, on HTTP/1.1 in the original case; the values of
    credentials and redacted headers are empty."""
    h2: Http2 | None = None


@frozen(kw_only=True)
class TcpTiming:
    """The kernel's own view of a connection (Linux ``TCP_INFO``)."""

    rtt_us: Count | None = None
    """Smoothed round-trip time at the request, microseconds."""
    rtt_var_us: Count | None = None
    """Its mean deviation, microseconds."""
    min_rtt_us: Count | None = None
    """The smallest round-trip time so far, microseconds."""
    accept_rtt_us: Count | None = None
    """Round-trip time when the connection was accepted (SYN-ACK to ACK), microseconds."""
    snd_mss: Count | None = None
    """Sending maximum segment size, bytes."""
    rcv_mss: Count | None = None
    """Receiving maximum segment size, bytes."""
    adv_mss: Count | None = None
    """Advertised maximum segment size, bytes."""
    pmtu: Count | None = None
    """Path MTU, bytes."""
    retransmits: Count | None = None
    """Segments retransmitted so far."""


@frozen(kw_only=True)
class Tls:
    """The TLS session that the edge terminates."""

    client_hello: Base64 | None = None
    """The ClientHello handshake message from its type byte, base64."""
    version: str | None = None
    """``TLSv1.3``."""
    cipher: str | None = None
    """OpenSSL's name of the cipher suite."""
    alpn: str | None = None
    """The protocol agreed on."""


@frozen(kw_only=True)
class ChannelTiming:
    """One latency channel as the edge that served it measured it, taken from a receipt."""

    edge: Identifier
    lat: Latitude | None = None
    """Of that edge, degrees north."""
    lon: Longitude | None = None
    """Of that edge, degrees east."""
    source_ip: IpAddress
    """Where the channel came from; may differ from the report's (dual stack)."""
    rtt_us: Annotated[tuple[Count, ...], Length(1, 64)]
    """From each ping to its pong, microseconds, in order."""
    tcp: TcpTiming | None = None
    """The channel's own connection."""
    at: Count
    """When the receipt was sealed, milliseconds since the Unix epoch."""


@frozen(kw_only=True)
class Observation:
    """All that one edge saw of one post and its latency channels."""

    source_ip: IpAddress
    """The browser's address as far as the edge can tell; IPv4-mapped ones are written as IPv4."""
    peer_ip: IpAddress
    """The address at the other end of the edge's own connection."""
    via: Literal["direct", "trusted-proxy"]
    """Whether a trusted peer named the source."""
    http: Http
    tcp: TcpTiming | None = None
    syn: Base64 | None = None
    """The SYN packet as the kernel kept it, base64."""
    tls: Tls | None = None
    latency: Annotated[tuple[ChannelTiming, ...], Length(0, 8)] = ()
    missing: Mapping[str, AbsenceReason] = field(factory=dict)
    """Name of each absent observation to the reason."""
