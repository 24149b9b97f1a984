"""What an attacker sends: everything that a page, and whoever stands behind it, has in hand."""

from enum import StrEnum
from typing import Final

from attrs import field, frozen

from benchmarks.accuracy.red_team.ground import LANDMARKS
from benchmarks.accuracy.space import Kind

NO_DELAY: Final = (0.0,) * LANDMARKS


class Route(StrEnum):
    """How the post travels."""

    DIRECT = "direct"
    TUNNEL = "tunnel"
    """Below TCP: every packet runs to the exit and back."""
    PROXY = "proxy"
    """The exit ends TCP."""


class Helper(StrEnum):
    """Who else answers pongs."""

    NOBODY = "nobody"
    NEAR_EDGE = "near the edge"
    """From an address of its own, which no receipt can hide."""
    AT_EXIT = "at the exit"
    """Behind the post's own address: a machine in the claimed country, in all but name."""


@frozen
class Way:
    """A route, the kind of its exit, and who helps."""

    route: Route = Route.DIRECT
    exit: Kind | None = None
    helper: Helper = Helper.NOBODY


@frozen(kw_only=True)
class Move:
    """One attempt. None, 0 and False leave a thing out."""

    way: Way = Way()
    zone: str | None
    offsets: bool = True
    """Whether the offsets of the zone come with it."""
    languages: tuple[str, ...] | None
    conventions: bool = False
    """Whether dates are formatted as in the claimed country."""
    clock_ahead_ms: int | None = None
    volleys: int = 24
    """Of each channel; 0 for no channel at all."""
    channels: int = 1
    """How many edges time him, up to three."""
    kernel_added_ms: tuple[float, ...] = field(default=NO_DELAY)
    """To all packets, by edge."""
    pong_added_ms: tuple[float, ...] = field(default=NO_DELAY)
    """To pongs alone, by edge."""
    jitter_ms: float = 0.0
    """By so much more than the fastest the slowest pong is late."""
    slow_link: bool = False
    """The page says that it is on 2G."""
    connect_claimed: bool = False
    """The page says that its own TCP connect took no longer than the kernel's round trip."""
    forwarded: bool = False
    """The request carries ``x-forwarded-for``, which a page's own ``fetch`` may set."""
    agent: bool = False
    """The page names a browser and system, those that its packets look like."""
