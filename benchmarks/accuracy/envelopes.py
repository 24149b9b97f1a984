"""What edge and collector would have sent of a simulated session."""

from typing import Any

from attrs import frozen

from octet.schema import (
    ChannelTiming,
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

RECEIVED_AT_MS = 1_790_000_000_000
VOLLEYS_US = (5200, 2100, 900, 0, 1400)
"""How much slower than the fastest each volley is answered."""


@frozen
class Seen:
    """What a session shows."""

    address: str
    zone: str
    offsets_min: tuple[int, int]
    """East of UTC, in January and July."""
    languages: tuple[str, ...]
    edge: tuple[float, float]
    """Degrees north and east."""
    kernel_ms: float
    delta_ms: float
    """Fastest application round trip − fastest round trip of the kernel."""


def envelope(seen: Seen, number: int) -> Envelope:
    """Return the envelope of session *number*."""
    lat, lon = seen.edge
    kernel_us = max(round(seen.kernel_ms * 1000), 1)
    fastest_us = kernel_us + round(seen.delta_ms * 1000)
    tcp = TcpTiming(min_rtt_us=kernel_us)
    channel = ChannelTiming(
        edge="edge-1",
        lat=lat,
        lon=lon,
        source_ip=seen.address,
        rtt_us=tuple(fastest_us + later for later in VOLLEYS_US),
        tcp=tcp,
        at=RECEIVED_AT_MS,
    )
    signals: dict[str, Present[Any]] = {
        "timeZone": Present(TimeZone(seen.zone)),
        "utcOffset": Present(UtcOffset(seen.offsets_min[0], *seen.offsets_min)),
        "languages": Present(Languages(seen.languages)),
    }
    return Envelope(
        v=1,
        id=f"id-{number}",
        session_ref=f"sess_{number}",
        received_at=RECEIVED_AT_MS,
        edge=EdgeIdentity(id="edge-1", version="0.1.0", lat=lat, lon=lon),
        observed=Observation(
            source_ip=seen.address,
            peer_ip=seen.address,
            via="direct",
            http=Http(version="1.1", headers=(("host", "example.com"),)),
            tcp=tcp,
            latency=(channel,),
        ),
        report=Report(
            v=1, id=f"id-{number}", mode=Mode.FULL, collector="0.1.0", signals=Signals(signals)
        ),
    )
