"""How countries write time and count years, from CLDR: twelve hours or twenty-four, which calendar.

The first choice of each; a browser that formats by its locale follows the locale's region.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

WORLD = "001"
CALENDAR_NAMES = {"gregorian": "gregory"}
"""CLDR's name to that of Unicode locales, which browsers use; all others are the same."""


@frozen
class Conventions:
    """First choices by country."""

    hour_cycle: dict[str, str]
    """``h12`` or ``h23``."""
    calendar: dict[str, str]
    """Unicode calendar identifier, of those that do not use ``gregory``."""


def load_conventions(codes: Sequence[str], supplemental: Mapping[str, Any]) -> Conventions:
    """Read CLDR's timeData and calendarPreferenceData.

    Args:
        codes: the countries.
        supplemental: the two files' contents under their own names.
    """
    times, calendars = supplemental["timeData"], supplemental["calendarPreferenceData"]
    cycle = {code: times.get(code, times[WORLD])["_preferred"] for code in codes}
    first = {code: calendars.get(code, calendars[WORLD])[0] for code in codes}
    return Conventions(
        hour_cycle={code: "h12" if kind.startswith("h") else "h23" for code, kind in cycle.items()},
        calendar={
            code: CALENDAR_NAMES.get(name, name)
            for code, name in first.items()
            if name != "gregorian"
        },
    )
