"""The paths between a visitor and the edges that timed it: which delays belong together."""

from collections.abc import Sequence

from attrs import define, frozen

from octet.schema import ChannelTiming, Envelope, Latency, Missing, TcpTiming
from octet.schema.verdict import Location

US_PER_MS = 1000.0
PAGE_VOLLEYS = 4
"""Fewer round trips timed by the page are no second opinion."""
PAGE_SLACK_MS = 10.0
"""By so much the page's own smallest time may exceed the edges': its event loop. Judgement."""


@frozen(kw_only=True)
class Landmark:
    """An edge whose place is known, and how far away it is in time."""

    place: Location
    kernel_ms: float | None = None
    """Smallest kernel round trip: to whatever ends the visitor's TCP."""
    app_ms: float | None = None
    """Smallest application round trip: to the browser itself."""


@frozen(kw_only=True)
class Timing:
    """The delays of one envelope, as far as they are the visitor's."""

    landmarks: tuple[Landmark, ...] = ()
    """The edge that took the post first; one a place."""
    kernel_ms: float | None = None
    """Smallest kernel round trip to the edge that took the post, wherever that stands."""
    delta_ms: float | None = None
    """Smallest application round trip less the smallest kernel round trip of the same path."""
    volleys: int = 0
    """How many application round trips there were."""


def timing(envelope: Envelope) -> Timing:
    """Read the delays of an envelope.

    A channel from another address than the post's is left out: that is dual stack, or a helper, and
    its delays are not this path's. Where the page itself saw much longer round trips than the edges
    did, something nearer answered for it, and the difference belongs to the gap.
    """
    observed, edge = envelope.observed, envelope.edge
    channels = [c for c in observed.latency if c.source_ip == observed.source_ip]
    own = _Path(_place(edge.lat, edge.lon), kernel_ms=_smallest_ms(observed.tcp))
    paths = {edge.id: own}
    deltas: list[float] = []
    for channel in channels:
        path = paths.setdefault(channel.edge, _Path(_place(channel.lat, channel.lon)))
        kernel_ms = _smallest_ms(_tcp(envelope, channel))
        app_ms = min(channel.rtt_us) / US_PER_MS
        path.add(kernel_ms, app_ms)
        if kernel_ms is not None:
            deltas.append(app_ms - kernel_ms)
    volleys = sum(len(channel.rtt_us) for channel in channels)
    return Timing(
        landmarks=_landmarks(list(paths.values())),
        kernel_ms=own.kernel_ms,
        delta_ms=min(deltas) + _answered_for(envelope, channels) if deltas else None,
        volleys=volleys,
    )


@define
class _Path:
    place: Location | None
    kernel_ms: float | None = None
    app_ms: float | None = None

    def add(self, kernel_ms: float | None, app_ms: float | None) -> None:
        self.kernel_ms = _least(self.kernel_ms, kernel_ms)
        self.app_ms = _least(self.app_ms, app_ms)


def _landmarks(paths: Sequence[_Path]) -> tuple[Landmark, ...]:
    places: dict[Location, _Path] = {}
    for path in paths:
        if path.place is not None:
            places.setdefault(path.place, _Path(path.place)).add(path.kernel_ms, path.app_ms)
    return tuple(
        Landmark(place=place, kernel_ms=path.kernel_ms, app_ms=path.app_ms)
        for place, path in places.items()
        if path.kernel_ms is not None or path.app_ms is not None
    )


def _tcp(envelope: Envelope, channel: ChannelTiming) -> TcpTiming | None:
    """Return the timing of the hop that ends the browser's own connection, if anybody saw it."""
    own = channel.edge == envelope.edge.id
    if envelope.observed.via == "trusted-proxy":
        # Only the proxy saw that connection; the edges' own sockets lead to proxies.
        return envelope.observed.tcp if own else None
    if channel.tcp is not None:
        return channel.tcp
    return envelope.observed.tcp if own else None


def _answered_for(envelope: Envelope, channels: Sequence[ChannelTiming]) -> float:
    """Return by how much the page's smallest time exceeds the edges' beyond what is usual, ms."""
    latency = envelope.report.signals.get(Latency)
    if isinstance(latency, Missing) or len(latency.channels) != len(channels):
        return 0.0
    timed = [rtt for channel in latency.channels for rtt in channel.rtt_ms]
    if len(timed) < PAGE_VOLLEYS:
        return 0.0
    seen_ms = min(min(channel.rtt_us) for channel in channels) / US_PER_MS
    return max(min(timed) - seen_ms - PAGE_SLACK_MS, 0.0)


def _place(lat: float | None, lon: float | None) -> Location | None:
    return None if lat is None or lon is None else Location(lat, lon)


def _smallest_ms(tcp: TcpTiming | None) -> float | None:
    if tcp is None:
        return None
    found = [us for us in (tcp.min_rtt_us, tcp.accept_rtt_us, tcp.rtt_us) if us]
    return min(found) / US_PER_MS if found else None


def _least(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
