"""What edge and collector would have sent of a simulated session."""

import base64
from typing import Any, Final

from attrs import frozen

from benchmarks.accuracy.machines import Machine
from octet.schema import (
    ChannelTiming,
    Clock,
    EdgeIdentity,
    Envelope,
    Http,
    Languages,
    Mode,
    Observation,
    Present,
    Report,
    Signals,
    TcpTiming,
    TimeZone,
    UtcOffset,
)

RECEIVED_AT_MS: Final = 1_790_000_000_000
VOLLEYS_US: Final = (5200, 2100, 900, 0, 1400)
"""How much slower than the fastest each volley is answered."""


@frozen
class Timed:
    """What one edge measures."""

    edge: tuple[float, float]
    """Degrees north and east."""
    kernel_ms: float
    noise_ms: float
    """The browser's own delay at its fastest."""


@frozen
class Seen:
    """What a session shows."""

    address: str
    zone: str
    offsets_min: tuple[int, int]
    """East of UTC, in January and July."""
    languages: tuple[str, ...]
    landmarks: tuple[Timed, ...]
    """The edge that takes the post first, the others in the order that they are measured."""
    gap_ms: float
    """Round trip between what ends TCP and the browser."""
    machine: Machine
    syn: bytes
    address6: str | None = None
    """Where the session would come from over IPv6."""
    peer: str | None = None
    """What the edge takes for its peer, where that is another."""
    forwarded: bool = False
    """Whether a proxy left its header."""
    claimed: tuple[float, float] | None = None
    """Where the edge says it stands, where that is wrong."""
    clock_off_ms: int = 0
    """By how much the edge's clock is wrong."""

    @property
    def edge(self) -> tuple[float, float]:
        """Where the edge stands that takes the post."""
        return self.landmarks[0].edge

    @property
    def kernel_ms(self) -> float:
        """Smallest round trip of the kernel to that edge."""
        return self.landmarks[0].kernel_ms

    @property
    def delta_ms(self) -> float:
        """Smallest application round trip less the smallest of the kernel, to that edge."""
        return self.gap_ms + self.landmarks[0].noise_ms


@frozen
class View:
    """What of a session is sent."""

    landmarks: int = 1
    zone: bool = True
    languages: bool = True
    channel: bool = True
    """Whether the latency channel opens."""
    kernel: bool = True
    """Whether the edge sees TCP at all, as on Linux and without a proxy."""
    placed: bool = True
    """Whether edges say where they stand."""
    stack: bool = True
    """SYN, HTTP's form, user agent and machine."""
    ipv6: bool = False
    quiet: bool = False
    """Whether the browser answers without a delay of its own; nobody can measure that."""
    mode: Mode = Mode.FULL


WHOLE: Final = View()


def envelope(seen: Seen, number: int, view: View = WHOLE) -> Envelope:
    """Return the envelope of session *number*."""
    address = (seen.address6 if view.ipv6 else None) or seen.address
    received_at = RECEIVED_AT_MS + seen.clock_off_ms
    first, *others = (
        _channel(seen, place, view, address, received_at)
        for place in range(min(view.landmarks, len(seen.landmarks)))
    )
    lat, lon = first.lat, first.lon
    headers = [*_headers(seen, view), *([("x-forwarded-for", "192.0.2.1")] * seen.forwarded)]
    channels = (first, *others) if view.channel else ()
    return Envelope(
        v=1,
        id=f"id-{number}",
        session_ref=f"sess_{number}",
        received_at=received_at,
        edge=EdgeIdentity(id=first.edge, version="0.1.0", lat=lat, lon=lon),
        observed=Observation(
            source_ip=address,
            peer_ip=seen.peer or address,
            via="direct",
            http=Http(
                version="2" if view.stack else "1.1",
                headers=tuple(headers),
                h2=seen.machine.h2 if view.stack else None,
            ),
            tcp=first.tcp,
            syn=base64.b64encode(seen.syn).decode() if view.stack else None,
            latency=channels,
        ),
        report=Report(
            v=1,
            id=f"id-{number}",
            mode=view.mode,
            collector="0.1.0",
            signals=Signals(_signals(seen, view)),
        ),
    )


def _channel(seen: Seen, place: int, view: View, address: str, at: int) -> ChannelTiming:
    timed = seen.landmarks[place]
    lat, lon = (seen.claimed if place == 0 else None) or timed.edge
    kernel_us = max(round(timed.kernel_ms * 1000), 1)
    noise_ms = 0.0 if view.quiet else timed.noise_ms
    fastest_us = kernel_us + round((seen.gap_ms + noise_ms) * 1000)
    return ChannelTiming(
        edge=f"edge-{place + 1}",
        lat=lat if view.placed else None,
        lon=lon if view.placed else None,
        source_ip=address,
        rtt_us=tuple(fastest_us + later for later in VOLLEYS_US),
        tcp=TcpTiming(min_rtt_us=kernel_us) if view.kernel else None,
        at=at,
    )


def _headers(seen: Seen, view: View) -> list[tuple[str, str]]:
    if not view.stack:
        return [("host", "example.com")]
    values = {
        "host": "example.com",
        "user-agent": seen.machine.ua,
        "accept-language": ",".join(seen.languages),
    }
    return [(name, values.get(name, "*/*")) for name in seen.machine.order]


def _signals(seen: Seen, view: View) -> dict[str, Present[Any]]:
    signals: dict[str, Present[Any]] = {"clock": Present(Clock(RECEIVED_AT_MS))}
    if view.zone:
        signals["timeZone"] = Present(TimeZone(seen.zone))
        signals["utcOffset"] = Present(UtcOffset(seen.offsets_min[0], *seen.offsets_min))
    if view.languages:
        signals["languages"] = Present(Languages(seen.languages))
    if view.stack:
        signals["userAgent"] = Present(seen.machine.agent)
        signals["hardware"] = Present(seen.machine.hardware)
        signals["screen"] = Present(seen.machine.screen)
    return signals
