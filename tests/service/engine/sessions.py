"""Envelopes for the engine's tests: one honest German session, and what differs from it."""

from collections.abc import Sequence
from typing import Any

import attrs

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

GERMAN_HOME = "91.0.32.10"  # Deutsche Telekom
FRENCH_HOME = "90.0.1.20"  # Orange
FRENCH_MOBILE = "37.165.10.10"  # Free Mobile
BRITISH_MOBILE = "188.28.10.10"  # Three
DUTCH_EXIT = "169.150.196.10"  # Datacamp; the databases say NL, GB, NL
DUTCH_HOST = "185.107.56.10"  # NForce; all say NL
SWISS_EXIT = "185.159.157.10"  # Proton; all say CH
SCATTERED_EXIT = "31.13.191.10"  # M247; the databases say AU, RO, SE
GERMAN_HOST = "88.198.1.10"  # Hetzner
PRIVATE = "10.0.0.1"
BERLIN, LONDON, PARIS = "Europe/Berlin", "Europe/London", "Europe/Paris"

PLACES = {
    "frankfurt": (50.11, 8.68),
    "paris": (48.86, 2.35),
    "amsterdam": (52.37, 4.90),
    "zurich": (47.37, 8.54),
    "london": (51.51, -0.13),
    "sydney": (-33.87, 151.21),
}


def session(
    ip: str = GERMAN_HOME,
    *,
    zone: str | None = BERLIN,
    languages: Sequence[str] | None = ("de-DE", "de"),
    offsets: tuple[int, int] | None = None,
    edge: str | None = "frankfurt",
    kernel_ms: float | None = 12.0,
    delta_ms: float | None = 2.0,
    volleys: int = 24,
    peer: str | None = None,
    via: Any = "direct",
    channel_ip: str | None = None,
    identity: str = "0000",
) -> Envelope:
    """Return an envelope; None leaves that signal or observation out."""
    signals: dict[str, Any] = {}
    if zone is not None:
        signals["timeZone"] = Present(TimeZone(zone))
    if offsets is not None:
        signals["utcOffset"] = Present(UtcOffset(offsets[0], *offsets))
    if languages is not None:
        signals["languages"] = Present(Languages(tuple(languages)))
    lat, lon = PLACES[edge] if edge else (None, None)
    tcp = None if kernel_ms is None else TcpTiming(min_rtt_us=max(round(kernel_ms * 1000), 1))
    latency: tuple[ChannelTiming, ...] = ()
    if delta_ms is not None:
        fastest_us = round(((kernel_ms or 0.0) + delta_ms) * 1000)
        latency = (
            ChannelTiming(
                edge="edge-1",
                lat=lat,
                lon=lon,
                source_ip=channel_ip or ip,
                rtt_us=tuple(fastest_us + 700 * n for n in reversed(range(volleys))),
                tcp=tcp,
                at=RECEIVED_AT_MS,
            ),
        )
    return Envelope(
        v=1,
        id=f"id-{identity}",
        session_ref=f"sess_{identity}",
        received_at=RECEIVED_AT_MS,
        edge=EdgeIdentity(id="edge-1", version="0.1.0", lat=lat, lon=lon),
        observed=Observation(
            source_ip=ip,
            peer_ip=peer or ip,
            via=via,
            http=Http(version="1.1", headers=(("host", "example.com"),)),
            tcp=tcp,
            latency=latency,
        ),
        report=Report(
            v=1, id=f"id-{identity}", mode=Mode.FULL, collector="0.1.0", signals=Signals(signals)
        ),
    )


def several(envelope: Envelope, *marks: tuple[str, str, float]) -> Envelope:
    """Return the envelope with more landmarks: name of the edge, place it claims, kernel ms."""
    [own] = envelope.observed.latency
    channels = [
        attrs.evolve(
            own,
            edge=name,
            lat=PLACES[place][0],
            lon=PLACES[place][1],
            rtt_us=(round((ms + 2.0) * 1000),),
            tcp=TcpTiming(min_rtt_us=round(ms * 1000)),
        )
        for name, place, ms in marks
    ]
    observed = attrs.evolve(envelope.observed, latency=(own, *channels))
    return attrs.evolve(envelope, observed=observed)
