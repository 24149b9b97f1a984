"""How far facts single a machine out: bits for each, too few rather than too many.

A fact that a share s of all desktop browsers has in common is worth -log2(s) bits; 1 in 10⁴ is
13.3. Here every share is the largest that a value of its kind can have, not its own: what is not
listed is taken to be as common as the most common of the unlisted. Facts hang together (a large
screen is seldom driven by a small card), so more is asked for than that: `MARGIN_BITS`.

Source: ours, after public surveys of hardware: no model of a graphics card has over 10 % among
those who play, none by AMD over 2 %, and no professional one 0.5 %.
"""

import math
import re
from typing import Final

from octet.service.device.facts import DeviceFacts

COLLISION: Final = 1e-4
"""The largest share of others that may have the same key."""
MARGIN_BITS: Final = 2.0
NEEDED_BITS: Final = -math.log2(COLLISION) + MARGIN_BITS

_GRAPHICS_BITS: Final = (
    (re.compile(r"quadro|tesla|titan|firepro|radeon pro |rtx a?[456]000|\ba[1-6]000\b"), 7.0),
    (re.compile(r"radeon rx [0-9]{3,}|radeon vii|\barc [ab][0-9]{3}"), 5.0),
    (re.compile(r"geforce (?:rtx|gtx|gt|mx) ?[0-9]{3,}"), 4.0),
)
_OTHER_GRAPHICS_BITS: Final = 2.5
"""Built into processors, and shared by millions."""
_CORES_BITS: Final = {2: 2.0, 4: 1.5, 6: 3.0, 8: 1.5, 12: 2.0, 16: 2.0, 20: 3.0, 24: 3.5, 32: 3.5}
_OTHER_CORES_BITS: Final = 4.5
_SCREEN_BITS: Final = {
    (1080, 1920): 1.0,
    (768, 1366): 3.0,
    (864, 1536): 2.5,
    (1440, 2560): 3.0,
    (720, 1280): 3.0,
    (900, 1440): 3.0,
    (900, 1600): 3.5,
    (800, 1280): 3.5,
    (1050, 1680): 4.0,
    (1200, 1920): 4.0,
    (2160, 3840): 4.0,
}
_OTHER_SCREEN_BITS: Final = 5.0
_SYSTEM_BITS: Final = {"windows": 0.0, "mac": 1.5, "linux": 4.0}
_BROWSER_BITS: Final = {"chrome": 0.0, "edge": 2.0, "safari": 2.0, "firefox": 3.0}
_OTHER_BROWSER_BITS: Final = 4.0


def bits(facts: DeviceFacts) -> float:
    """Return how far *facts* single a machine out, as if each stood alone."""
    found = (worth for pattern, worth in _GRAPHICS_BITS if pattern.search(facts.graphics))
    return (
        next(found, _OTHER_GRAPHICS_BITS)
        + _CORES_BITS.get(facts.cores, _OTHER_CORES_BITS)
        + _SCREEN_BITS.get(facts.screen, _OTHER_SCREEN_BITS)
        + _SYSTEM_BITS[facts.system]
        + _BROWSER_BITS.get(facts.browser, _OTHER_BROWSER_BITS)
    )


def singles_out(facts: DeviceFacts) -> bool:
    """Return whether fewer than 1 in 10⁴ others are expected to have the same *facts*."""
    return bits(facts) >= NEEDED_BITS
