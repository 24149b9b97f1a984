"""Conventions: hour cycle and calendar, as far as they are not just the locale's own.

A browser formats by its locale, so what the locale's region does anyway says nothing more than the
locale itself. Where the system's owner chose otherwise,

    P(cycle | c)    = 0.85 where c writes time like that, else 0.15
    P(calendar | c) = 0.85 where c counts years like that, else 0.05

Missing and unknown ones are 1. Source: CLDR for what countries do; the numbers are judgement.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from attrs import field, frozen

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.likelihoods.languages import MAX_TAG_CHARS, parse

USUAL, UNUSUAL_CYCLE, UNUSUAL_CALENDAR = 0.85, 0.15, 0.05
GREGORY = "gregory"
CYCLES = {"h11": "h12", "h12": "h12", "h23": "h23", "h24": "h23"}
"""Noon is twelve or zero: that is no matter of the country."""
KEPT = 1024
"""Rows of conventions that are kept."""


@frozen(eq=False)
class Conventions:
    """The conventions of one atlas."""

    countries: int
    _kept: "_Rows" = field(repr=False)

    @classmethod
    def of(cls, atlas: Atlas) -> "Conventions":
        """Return the conventions of *atlas*."""
        return cls(len(atlas.countries), _Rows(atlas))

    def by_country(self, facts: Sequence[Facts]) -> Array:
        """Return P(conventions | settings of country c), (B, C); 1 where nothing is known."""
        out = np.ones((len(facts), self.countries))
        for row, fact in enumerate(facts):
            locale, calendar = fact.locale or "", fact.calendar or ""
            if locale and max(len(locale), len(calendar)) <= MAX_TAG_CHARS:
                found = self._kept.row(locale, CYCLES.get(fact.hour_cycle or "", ""), calendar)
                if found is not None:
                    out[row] = found
        return out


class _Rows:
    """Conventions already seen: a bounded memory of a pure function."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._cycle = np.array([atlas.hour_cycle.get(code, "") for code in atlas.countries])
        self._calendar = np.array([atlas.calendar.get(code, GREGORY) for code in atlas.countries])
        self.row = lru_cache(maxsize=KEPT)(self._row)

    def _row(self, locale: str, cycle: str, calendar: str) -> Array | None:
        language, _, region = parse(locale)
        home = region or self._atlas.language_likely.get(language, ("", ""))[1]
        parts: list[Array] = []
        if cycle and cycle != self._atlas.hour_cycle.get(home, cycle):
            parts.append(np.where(self._cycle == cycle, USUAL, UNUSUAL_CYCLE))
        if calendar in self._calendar and calendar != self._atlas.calendar.get(home, GREGORY):
            parts.append(np.where(self._calendar == calendar, USUAL, UNUSUAL_CALENDAR))
        return np.prod(parts, axis=0) if parts else None
