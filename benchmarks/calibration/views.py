"""Sessions of which some signals are missing: a fit on whole ones would not hold for these."""

from typing import Final

import numpy as np

from benchmarks.accuracy.envelopes import WHOLE, View

WHOLE_SHARE: Final = 0.6
"""Share of sessions of which nothing is missing."""
LOST: Final = 0.35
"""Chance of each signal to be missing of the others."""


def any_view(rng: np.random.Generator) -> View:
    """Return what arrives of a session: mostly everything."""
    if rng.random() < WHOLE_SHARE:
        return WHOLE
    zone, languages, channel, kernel, placed, stack = rng.random(6) >= LOST
    return View(
        zone=bool(zone),
        languages=bool(languages),
        channel=bool(channel),
        kernel=bool(kernel),
        placed=bool(placed),
        stack=bool(stack),
    )
