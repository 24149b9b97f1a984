"""The machines at both ends of a path: what they say they are, and what their packets look like."""

from enum import Enum
from typing import Final

import numpy as np
from attrs import frozen

from octet.schema import Hardware, Http2, Screen, UserAgent

_VERSION: Final = "156"
_CHROME: Final = f"AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{_VERSION}.0.0.0"


class Sender(Enum):
    """The order of the options in a SYN, its TTL and window; as systems send them."""

    LINUX = ("020405b40402080a0000000000000000" + "01030307", 64, 64240)
    WINDOWS = ("020405b4" + "01030308" + "01010402", 128, 64240)
    APPLE = ("020405b4" + "01030306" + "0101080a0000000000000000" + "04020000", 64, 65535)
    OTHER = ("020405b4", 64, 16384)
    """Something that leaves most options out."""


@frozen
class Machine:
    """A browser and what it runs on."""

    sender: Sender
    ua: str
    platform: str
    """`navigator.platform`."""
    order: tuple[str, ...]
    """Headers in the order that the browser sends them."""
    h2: Http2
    size: tuple[int, int]
    """Of the screen, CSS pixels."""

    @property
    def agent(self) -> UserAgent:
        """The signal of that name, without hints."""
        return UserAgent(ua=self.ua)

    @property
    def hardware(self) -> Hardware:
        """The signal of that name."""
        return Hardware(platform=self.platform)

    @property
    def screen(self) -> Screen:
        """The signal of that name."""
        width, height = self.size
        return Screen(
            width=width,
            height=height,
            avail_width=width,
            avail_height=height - 40,
            color_depth=24,
            pixel_ratio=2.0,
        )


_BLINK_ORDER = ("host", "sec-ch-ua", "user-agent", "accept", "accept-encoding", "accept-language")
_GECKO_ORDER = ("host", "user-agent", "accept", "accept-language", "accept-encoding")
_WEBKIT_ORDER = ("host", "accept", "user-agent", "accept-language", "accept-encoding")
_BLINK_H2 = Http2(settings=(), window_update=15663105, priority=(), pseudo=("m", "a", "s", "p"))
_GECKO_H2 = Http2(settings=(), window_update=12517377, priority=(), pseudo=("m", "p", "a", "s"))
_WEBKIT_H2 = Http2(settings=(), window_update=10485760, priority=(), pseudo=("m", "s", "p", "a"))

WINDOWS_FIREFOX: Final = Machine(
    Sender.WINDOWS,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Win32",
    _GECKO_ORDER,
    _GECKO_H2,
    (1600, 900),
)
"""Also what Tor Browser says of itself, whatever it runs on."""

MACHINES: Final = (
    Machine(
        Sender.WINDOWS,
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
        "Win32",
        _BLINK_ORDER,
        _BLINK_H2,
        (1920, 1080),
    ),
    Machine(
        Sender.LINUX,
        f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36",
        "Linux armv81",
        _BLINK_ORDER,
        _BLINK_H2,
        (412, 915),
    ),
    Machine(
        Sender.APPLE,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
        "iPhone",
        _WEBKIT_ORDER,
        _WEBKIT_H2,
        (393, 852),
    ),
    Machine(
        Sender.APPLE,
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_CHROME} Safari/537.36",
        "MacIntel",
        _BLINK_ORDER,
        _BLINK_H2,
        (1728, 1117),
    ),
    WINDOWS_FIREFOX,
    Machine(
        Sender.LINUX,
        f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME} Safari/537.36",
        "Linux x86_64",
        _BLINK_ORDER,
        _BLINK_H2,
        (1920, 1080),
    ),
)
SHARES: Final = (0.36, 0.34, 0.18, 0.07, 0.03, 0.02)
"""Of `MACHINES` among visitors. Judgement."""

HOSTS: Final = (Sender.LINUX, Sender.WINDOWS, Sender.OTHER)
HOST_SHARES: Final = (0.8, 0.12, 0.08)
"""What proxies run on. Judgement."""

MSS: Final = {"line": (1460, 1452, 1440, 1400), "tunnel": (1420, 1380, 1360, 1320), "host": (1460,)}
"""Largest segments, bytes: of access lines, through a tunnel, of hosts."""
HOPS: Final = (4, 24)


def a_machine(rng: np.random.Generator) -> Machine:
    """Return a visitor's."""
    return MACHINES[int(rng.choice(len(MACHINES), p=SHARES))]


def a_host(rng: np.random.Generator) -> Sender:
    """Return what a proxy's TCP is."""
    return HOSTS[int(rng.choice(len(HOSTS), p=HOST_SHARES))]


def syn(sender: Sender, room: str, rng: np.random.Generator) -> bytes:
    """Return a SYN as it arrives: IPv4 and TCP header with the options of *sender*.

    Args:
        sender: whose TCP.
        room: key of `MSS`.
        rng: draws the MSS and the hops on the way.
    """
    text, ttl, window = sender.value
    mss = int(rng.choice(MSS[room]))
    options = bytes.fromhex("0204") + mss.to_bytes(2, "big") + bytes.fromhex(text)[4:]
    size = 40 + len(options)
    left = ttl - int(rng.integers(*HOPS))
    ip = b"\x45\x00" + size.to_bytes(2, "big") + bytes(4) + bytes([left, 6]) + bytes(10)
    tcp = bytes(12) + bytes([(20 + len(options)) // 4 << 4, 2]) + window.to_bytes(2, "big")
    return ip + tcp + bytes(4) + options
