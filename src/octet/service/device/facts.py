"""What of a report stays the same for as long as a browser stays on its machine.

Left out, though it would tell machines apart, is whatever changes under a visitor who changes
nothing: versions, which updates change; time zone and connection, which travel; languages, whose
list newer browsers cut short; pixel ratio and window, which zooming changes; voices, which are not
always ready; memory, whose rounding changed with a version; colour depth and touch, which come with
what is plugged in. So a key is either the same or absent, never another for one of those.

All facts have to be there. Phones and tablets have none: those of one model are alike. Nor have
browsers that answer at random or with what all others answer, since their answers are no facts.
"""

import re
from typing import Final, TypeVar

from attrs import frozen

from octet.schema import Hardware, Missing, Screen, Signals, UserAgent, Webgl

T = TypeVar("T")

MAX_CHARS: Final = 512
"""Of a text that is read."""

_SYSTEMS: Final = (
    ("windows", re.compile(r"^win")),
    ("mac", re.compile(r"^mac")),
    ("linux", re.compile(r"^linux (x86_64|i686|aarch64)$")),
)
_BROWSERS: Final = (
    ("firefox", re.compile(r" firefox/")),
    ("edge", re.compile(r" edg/")),
    ("opera", re.compile(r" opr/")),
    ("vivaldi", re.compile(r" vivaldi/")),
    ("yandex", re.compile(r" yabrowser/")),
    ("chrome", re.compile(r" chrome/")),
    ("safari", re.compile(r" version/\S+ safari/")),
)
"""In this order: most name those they descend from, too."""
_MOBILE: Final = re.compile(r"mobile|android|iphone|ipad|tablet")
_NO_GRAPHICS: Final = re.compile(
    r"swiftshader|llvmpipe|softpipe|basic render|software|virtual|vmware|svga|parallels|virgl"
    r"|or similar|^mozilla$|webkit|generic|^apple gpu$|mali|adreno|powervr|videocore"
)
"""Drawn by no graphics card of the machine's own, or not named by its own name."""


@frozen(kw_only=True)
class DeviceFacts:
    """A machine and the browser on it."""

    system: str
    """Kind of operating system."""
    browser: str
    """Which browser, without its version."""
    graphics: str
    """Model of the graphics card, in lower-case words."""
    cores: int
    """Logical processors."""
    screen: tuple[int, int]
    """Shorter and longer side of the main screen, CSS pixels."""


def device_facts(signals: Signals) -> DeviceFacts | None:
    """Return what *signals* say for good of the machine; None where that is not all of it."""
    agent, hardware = _there(signals.get(UserAgent)), _there(signals.get(Hardware))
    screen, webgl = _there(signals.get(Screen)), _there(signals.get(Webgl))
    if agent is None or hardware is None or screen is None or webgl is None:
        return None
    system, browser = _system(hardware), _browser(agent, hardware)
    graphics = _graphics(webgl)
    sides = sorted((round(min(screen.width, 1e6)), round(min(screen.height, 1e6))))
    if system is None or browser is None or graphics is None or not hardware.cores or not sides[0]:
        return None
    return DeviceFacts(
        system=system,
        browser=browser,
        graphics=graphics,
        cores=hardware.cores,
        screen=(sides[0], sides[1]),
    )


def _system(hardware: Hardware) -> str | None:
    platform = (hardware.platform or "")[:MAX_CHARS].lower()
    return next((name for name, pattern in _SYSTEMS if pattern.search(platform)), None)


def _browser(agent: UserAgent, hardware: Hardware) -> str | None:
    """Return which browser it is; None for one that is mobile, or that gives random answers."""
    text = agent.ua[:MAX_CHARS].lower()
    touched_mac = "mac" in (hardware.platform or "").lower() and bool(hardware.touch_points)
    if agent.mobile or touched_mac or _MOBILE.search(text):
        return None
    if any(brand.brand == "Brave" for brand in agent.brands or ()):
        return None
    return next((name for name, pattern in _BROWSERS if pattern.search(text)), None)


def _graphics(webgl: Webgl) -> str | None:
    """Return the model without driver, interface or version, which updates change."""
    text = webgl.renderer[:MAX_CHARS].lower()
    if _NO_GRAPHICS.search(text):
        return None
    text = re.sub(r"\((?:r|tm|c)\)", " ", text)
    if wrapped := re.fullmatch(r"angle \(([^,]*), (.*), [^,]*\)", text):
        text = wrapped[2]
    if wrapped := re.fullmatch(r"vulkan [0-9.]+ \((.*)\)", text):
        text = wrapped[1]
    text = re.sub(r"^(?:angle metal renderer:|mesa(?: dri)?) ?", "", text.strip())
    text = re.split(r"\(| direct3d|/|,", text, maxsplit=1)[0]
    words = re.findall(r"[a-z0-9-]+", text)
    return " ".join(words) or None


def _there(signal: T | Missing) -> T | None:
    return None if isinstance(signal, Missing) else signal
