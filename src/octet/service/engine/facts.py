"""What an envelope says, in numbers: with `paths` and `stack` the only place that reads the schema.

Nothing is judged here. What is not there, or cannot be believed to be what it seems, is None, and
the likelihoods leave it out.
"""

from typing import TypeVar

from attrs import frozen

from octet.schema import (
    Clock,
    Connection,
    Envelope,
    Intl,
    Languages,
    Missing,
    Navigation,
    TimeZone,
    UtcOffset,
    Voices,
)
from octet.service.atlas.special_addresses import public_address
from octet.service.engine.paths import Landmark, Timing, timing
from octet.service.engine.stack import SILENT, Stack, stack_of

T = TypeVar("T")

MAX_TAGS = 16
"""Language tags of a report that are read."""
SLOW_LINKS = frozenset({"slow-2g", "2g", "3g"})
FORWARDING = frozenset({"cf-connecting-ip", "forwarded", "via", "x-forwarded-for", "x-real-ip"})
"""Headers that reverse proxies write and browsers never send."""


@frozen(kw_only=True)
class Facts:
    """One envelope's evidence."""

    source_ip: str
    zone: str | None = None
    """The browser's IANA time zone."""
    offsets_min: tuple[int, int] | None = None
    """Minutes east of UTC in January and in July."""
    clock_ahead_ms: float | None = None
    """The browser's clock less the edge's."""
    tags: tuple[str, ...] = ()
    """BCP 47 tags of the languages asked for, the most wanted first; the locale where none is."""
    locale: str | None = None
    """What dates are formatted by, a BCP 47 tag."""
    hour_cycle: str | None = None
    """``h11``, ``h12``, ``h23`` or ``h24``."""
    calendar: str | None = None
    """Unicode calendar identifier."""
    voices: tuple[str, ...] = ()
    """BCP 47 tags of the voices installed."""
    kernel_ms: float | None = None
    """Smallest kernel round trip to the edge that took the post."""
    delta_ms: float | None = None
    """Smallest application round trip less the smallest kernel round trip of the same path."""
    volleys: int = 0
    """How many application round trips stand behind `delta_ms`."""
    connect_ms: float | None = None
    """TCP connect of the page's own load, perhaps to another host than the edge."""
    slow_link: bool = False
    """The browser takes its link for slower than 4G."""
    landmarks: tuple[Landmark, ...] = ()
    """The edges that timed this visitor and say where they stand."""
    stack: Stack = SILENT
    """What the protocols and the machine say about the browser."""
    private_peer: bool = False
    """The edge's own peer cannot be a visitor on the Internet: an undeclared proxy stands before
    it, so the peer's address, delays and protocols are that proxy's, and left out."""
    forwarded: bool | None = None
    """Whether a header is there that only proxies write; None where a proxy is declared."""
    received_at_ms: int
    """When the edge had the report."""


def facts(envelope: Envelope) -> Facts:
    """Read an envelope."""
    observed, signals = envelope.observed, envelope.report.signals
    direct = observed.via == "direct"
    private = direct and public_address(observed.peer_ip) is None
    measured = Timing() if private else timing(envelope)
    zone, offset = _there(signals.get(TimeZone)), _there(signals.get(UtcOffset))
    languages, intl = _there(signals.get(Languages)), _there(signals.get(Intl))
    clock, voices = _there(signals.get(Clock)), _there(signals.get(Voices))
    link, load = _there(signals.get(Connection)), _there(signals.get(Navigation))
    tags = languages.list[:MAX_TAGS] if languages else ()
    return Facts(
        source_ip=observed.source_ip,
        zone=zone.name if zone else None,
        offsets_min=(offset.jan_min, offset.jul_min) if offset else None,
        clock_ahead_ms=float(clock.epoch_ms - envelope.received_at) if clock else None,
        tags=tags or ((intl.locale,) if intl else ()),
        locale=intl.locale if intl else None,
        hour_cycle=intl.hour_cycle if intl else None,
        calendar=intl.calendar if intl else None,
        voices=voices.langs if voices else (),
        kernel_ms=measured.kernel_ms,
        delta_ms=measured.delta_ms,
        volleys=measured.volleys,
        connect_ms=load.connect_ms if load and not private else None,
        slow_link=link is not None and link.effective_type in SLOW_LINKS,
        landmarks=measured.landmarks,
        stack=stack_of(envelope, fronted=private),
        private_peer=private,
        forwarded=_forwarded(envelope) if direct else None,
        received_at_ms=envelope.received_at,
    )


def _forwarded(envelope: Envelope) -> bool:
    return any(name.lower() in FORWARDING for name, _ in envelope.observed.http.headers)


def _there(signal: T | Missing) -> T | None:
    return None if isinstance(signal, Missing) else signal
