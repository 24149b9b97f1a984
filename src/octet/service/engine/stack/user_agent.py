"""What a browser claims to be: system and engine, out of its user agent and client hints.

Every browser on iOS is WebKit, whatever its name. Desktop mode of an iPad claims a Mac; for the TCP
stack that is the same. A text that names no known browser claims nothing.

Source: browsers' documentation of their user-agent strings.
"""

from attrs import frozen

from octet.schema import UserAgent
from octet.service.engine.stack.client_hello import Engine
from octet.service.engine.stack.syn import System

MAX_CHARS = 512
"""Of a user agent that are read: real ones are half as long."""

_SYSTEMS = (
    ("windows", System.WINDOWS),
    ("android", System.LINUX),
    ("iphone", System.APPLE),
    ("ipad", System.APPLE),
    ("macintosh", System.APPLE),
    ("cros", System.LINUX),
    ("linux", System.LINUX),
)
_ENGINES = (
    ("iphone", Engine.WEBKIT),
    ("ipad", Engine.WEBKIT),
    ("firefox/", Engine.GECKO),
    ("chrome/", Engine.BLINK),
    ("chromium/", Engine.BLINK),
    ("safari/", Engine.WEBKIT),
)
"""First match wins: Chromium also says Safari, and browsers of iOS say all names."""
_PLATFORMS = {
    "windows": System.WINDOWS,
    "win32": System.WINDOWS,
    "macos": System.APPLE,
    "macintel": System.APPLE,
    "iphone": System.APPLE,
    "ipad": System.APPLE,
    "ios": System.APPLE,
    "android": System.LINUX,
    "linux": System.LINUX,
    "chrome os": System.LINUX,
    "chromium os": System.LINUX,
}


@frozen
class Claim:
    """What a user agent says."""

    system: System | None
    engine: Engine | None
    mobile: bool


def read_user_agent(text: str) -> Claim:
    """Return what a user agent claims. Never raises."""
    lowered = text[:MAX_CHARS].lower()
    return Claim(
        system=next((kind for word, kind in _SYSTEMS if word in lowered), None),
        engine=next((kind for word, kind in _ENGINES if word in lowered), None),
        mobile="mobile" in lowered,
    )


def platform_system(name: str | None) -> System | None:
    """Return the family of ``navigator.platform`` or of the platform hint, None for unknown."""
    first = (name or "")[:MAX_CHARS].lower()
    return _PLATFORMS.get(first) or _PLATFORMS.get(first.partition(" ")[0])


def hinted_engine(agent: UserAgent) -> Engine | None:
    """Return the engine that the client hints name; only Chromium has any."""
    return Engine.BLINK if agent.brands else None
