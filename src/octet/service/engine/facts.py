"""What an envelope says, in numbers: the only place where the engine reads the schema.

Nothing is judged here. What is not there, or cannot be believed to be what it seems, is None, and
the likelihoods leave it out.
"""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

from attrs import frozen

from octet.schema import (
    ChannelTiming,
    Envelope,
    Intl,
    Languages,
    Missing,
    TcpTiming,
    TimeZone,
    UtcOffset,
)
from octet.schema.verdict import Location

US_PER_MS = 1000.0


@frozen(kw_only=True)
class Facts:
    """One envelope's evidence."""

    source_ip: str
    zone: str | None = None
    """The browser's IANA time zone."""
    offsets_min: tuple[int, int] | None = None
    """Minutes east of UTC in January and in July."""
    language: str | None = None
    """The most wanted language, a BCP 47 tag."""
    delta_ms: float | None = None
    """Smallest application round trip less the smallest kernel round trip of the same path."""
    volleys: int = 0
    """How many application round trips stand behind `delta_ms`."""
    kernel_ms: float | None = None
    """Smallest kernel round trip to the edge that took the post."""
    edge: Location | None = None
    """Where that edge says it stands."""
    fronted: bool = False
    """The edge's own peer cannot be a visitor on the Internet: an undeclared proxy stands before
    it, so the peer's address and delays are that proxy's."""
    received_at_ms: int
    """When the edge had the report."""


def facts(envelope: Envelope) -> Facts:
    """Read an envelope."""
    observed = envelope.observed
    zone = envelope.report.signals.get(TimeZone)
    offset = envelope.report.signals.get(UtcOffset)
    fronted = observed.via == "direct" and not is_public(observed.peer_ip)
    deltas = [] if fronted else list(_deltas(envelope))
    return Facts(
        source_ip=observed.source_ip,
        zone=None if isinstance(zone, Missing) else zone.name,
        offsets_min=None if isinstance(offset, Missing) else (offset.jan_min, offset.jul_min),
        language=_language(envelope),
        delta_ms=min(deltas) if deltas else None,
        volleys=sum(len(channel.rtt_us) for channel in _own_channels(envelope)),
        kernel_ms=None if fronted else _kernel_ms(envelope),
        edge=_place(envelope),
        fronted=fronted,
        received_at_ms=envelope.received_at,
    )


def is_public(address: str) -> bool:
    """Say whether an address can be a visitor's on the Internet."""
    parsed = ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_global


def _place(envelope: Envelope) -> Location | None:
    lat, lon = envelope.edge.lat, envelope.edge.lon
    return None if lat is None or lon is None else Location(lat, lon)


def _language(envelope: Envelope) -> str | None:
    languages = envelope.report.signals.get(Languages)
    if not isinstance(languages, Missing) and languages.list:
        return languages.list[0]
    intl = envelope.report.signals.get(Intl)
    return None if isinstance(intl, Missing) else intl.locale


def _own_channels(envelope: Envelope) -> Iterable[ChannelTiming]:
    """Yield the channels that came from the post's own address.

    One from another address is dual stack, or a helper's: its delays are not this path's.
    """
    source = envelope.observed.source_ip
    return (channel for channel in envelope.observed.latency if channel.source_ip == source)


def _deltas(envelope: Envelope) -> Iterable[float]:
    for channel in _own_channels(envelope):
        kernel = _smallest_ms(_tcp(envelope, channel))
        if kernel is not None:
            yield min(channel.rtt_us) / US_PER_MS - kernel


def _tcp(envelope: Envelope, channel: ChannelTiming) -> TcpTiming | None:
    """Return the timing of the hop that ends the browser's own connection, if anybody saw it."""
    observed = envelope.observed
    if observed.via == "trusted-proxy":
        # Only the proxy saw that connection; the edge's own sockets lead to the proxy.
        return observed.tcp
    if channel.tcp is not None:
        return channel.tcp
    return observed.tcp if channel.edge == envelope.edge.id else None


def _kernel_ms(envelope: Envelope) -> float | None:
    timings = [envelope.observed.tcp]
    timings += [
        _tcp(envelope, channel)
        for channel in _own_channels(envelope)
        if channel.edge == envelope.edge.id
    ]
    found = [ms for ms in map(_smallest_ms, timings) if ms is not None]
    return min(found) if found else None


def _smallest_ms(tcp: TcpTiming | None) -> float | None:
    if tcp is None:
        return None
    found = [us for us in (tcp.min_rtt_us, tcp.accept_rtt_us, tcp.rtt_us) if us]
    return min(found) / US_PER_MS if found else None
