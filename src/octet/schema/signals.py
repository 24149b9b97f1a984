"""The signals of version 1, a class each; the wire name is the class name in camelCase.

Each has a namesake in the collector's sources and a golden sample in ``tests/data/signals``; a
test compares the lists. To add one, see CONTRIBUTING.md.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from attrs import frozen

from octet.schema.constraints import Count, Length, NonNegative, Range
from octet.schema.signal import wire_name

OffsetMin = Annotated[int, Range(-1440, 1440)]


@frozen
class TimeZone:
    """The browser's IANA time zone."""

    name: str
    """As ``Intl.DateTimeFormat().resolvedOptions().timeZone`` gives it: ``Europe/Berlin``."""


@frozen
class UtcOffset:
    """The browser's offsets from UTC."""

    now_min: OffsetMin
    """Minutes east of UTC, now."""
    jan_min: OffsetMin
    """Minutes east of UTC on 1 January of this year."""
    jul_min: OffsetMin
    """Minutes east of UTC on 1 July of this year."""


@frozen
class Languages:
    """The languages that the visitor prefers."""

    list: tuple[str, ...]
    """BCP 47 tags as in ``navigator.languages``, the most wanted first."""


@frozen
class Intl:
    """What ``Intl.DateTimeFormat`` resolves to by default."""

    locale: str
    """BCP 47 tag."""
    calendar: str
    """Unicode calendar identifier: ``gregory``."""
    numbering_system: str
    """Unicode numbering system: ``latn``."""
    hour_cycle: str | None = None
    """``h11``, ``h12``, ``h23`` or ``h24``."""


@frozen
class Clock:
    """The browser's wall clock."""

    epoch_ms: Count
    """When the report was built, milliseconds since the Unix epoch."""


@frozen
class Brand:
    """One entry of ``navigator.userAgentData.brands``."""

    brand: str
    version: str


@frozen
class UserAgent:
    """What the browser says it is."""

    ua: str
    """``navigator.userAgent``."""
    brands: tuple[Brand, ...] | None = None
    """User-agent client hints, brands."""
    mobile: bool | None = None
    """User-agent client hints, mobile."""
    platform: str | None = None
    """User-agent client hints, platform: ``Linux``."""
    platform_version: str | None = None
    """User-agent client hints, platform version."""


@frozen
class Hardware:
    """The machine, as far as a page may know it."""

    platform: str | None = None
    """``navigator.platform``."""
    cores: Count | None = None
    """``navigator.hardwareConcurrency``."""
    memory_gb: NonNegative | None = None
    """``navigator.deviceMemory``, gibibytes, rounded by the browser."""
    touch_points: Count | None = None
    """``navigator.maxTouchPoints``."""


@frozen
class Screen:
    """The screen, CSS pixels."""

    width: NonNegative
    height: NonNegative
    avail_width: NonNegative
    avail_height: NonNegative
    color_depth: Count
    """Bits a pixel."""
    pixel_ratio: NonNegative
    """Device pixels a CSS pixel."""


@frozen
class Webgl:
    """The graphics stack as WebGL names it."""

    vendor: str
    renderer: str


@frozen
class Voices:
    """Local speech voices, where the list is ready at once."""

    langs: tuple[str, ...]
    """BCP 47 tags."""


@frozen
class Navigation:
    """Timing of this page's own load."""

    connect_ms: NonNegative | None = None
    """TCP connect, milliseconds."""
    tls_ms: NonNegative | None = None
    """TLS handshake, milliseconds."""
    request_ms: NonNegative | None = None
    """First byte of the request to first byte of the response, milliseconds."""
    protocol: str | None = None
    """ALPN identifier: ``h2``."""


@frozen
class Connection:
    """Network Information API."""

    effective_type: str | None = None
    """``slow-2g``, ``2g``, ``3g`` or ``4g``."""
    rtt_ms: NonNegative | None = None
    """Milliseconds, rounded by the browser."""
    downlink_mbps: NonNegative | None = None
    """Megabits a second, rounded by the browser."""


@frozen
class Channel:
    """One latency channel as the page measured it."""

    url: str
    rtt_ms: Annotated[tuple[NonNegative, ...], Length(0, 64)]
    """From each pong to the ping that answers it, milliseconds."""


@frozen
class Latency:
    """Application round trips between the page and its edges."""

    channels: Annotated[tuple[Channel, ...], Length(0, 8)]


SIGNAL_TYPES: Final[Mapping[str, type]] = {
    wire_name(kind.__name__): kind
    for kind in (
        TimeZone,
        UtcOffset,
        Languages,
        Intl,
        Clock,
        UserAgent,
        Hardware,
        Screen,
        Webgl,
        Voices,
        Navigation,
        Connection,
        Latency,
    )
}
"""Wire name to class, in the order of the contract."""
