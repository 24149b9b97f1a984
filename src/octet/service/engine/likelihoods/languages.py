"""The language: how often people of each country want it first.

    P(tag | c) = L'[c, language] · R(region | c, language)
    L'[c, l]   = 0.88 L[c, l] + 0.10 [l = English] + 0.02 L̄[l]
    R(r | c, l) = 0.60 [r = c] + 0.35 [r = the language's usual region] + 0.05 · 0.05

L is CLDR's share. English has a floor everywhere, en-US above all, because browsers come so. A
region subtag tells where settings come from, not where the browser is. Without a region R = 1.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts

FLUENT, ENGLISH, STRAY = 0.88, 0.10, 0.02
REGION_OWN, REGION_USUAL, REGION_STRAY = 0.60, 0.35, 0.0025
"""All ours."""


@frozen(eq=False)
class Spoken:
    """The language tables of one atlas."""

    atlas: Atlas
    country: Array
    """(C,) P(c)."""

    def by_country(self, facts: Sequence[Facts]) -> Array:
        """Return P(tag | settings of country c), (B, C); rows of 1 where nothing is known."""
        out = np.ones((len(facts), len(self.country)))
        for row, fact in enumerate(facts):
            if fact.language is not None:
                self._fill(out[row], fact.language)
        return out

    def _fill(self, row: Array, tag: str) -> None:
        language, script, region = parse(tag)
        language = self.atlas.language_aliases.get(language, language)
        usual = self._likely(language, region)
        column = self.atlas.language_row.get(
            f"{language}_{script or usual[0]}", self.atlas.language_row.get(language)
        )
        if column is None:
            return
        share = self.atlas.language_share[:, column].astype(np.float64)
        row[:] = FLUENT * share + STRAY * float(self.country @ share)
        row += ENGLISH * (language == "en")
        if region:
            self._weigh_region(row, region, self._likely(language, "")[1])

    def _weigh_region(self, row: Array, region: str, usual: str) -> None:
        weight = np.full(len(row), REGION_STRAY + REGION_USUAL * (region == usual))
        own = self.atlas.country_row.get(region)
        if own is not None:
            weight[own] += REGION_OWN
        row *= weight

    def _likely(self, language: str, region: str) -> tuple[str, str]:
        likely = self.atlas.language_likely
        return likely.get(f"{language}-{region}") or likely.get(language) or ("", "")


def parse(tag: str) -> tuple[str, str, str]:
    """Return language, script and region of a BCP 47 tag, ``""`` for what it does not name."""
    language, *rest = tag.replace("_", "-").split("-")
    script = region = ""
    for part in rest:
        if len(part) == 1:
            break  # what follows is an extension
        if len(part) == 4 and part.isalpha():  # noqa: PLR2004 - BCP 47's own numbers
            script = script or part.title()
        elif len(part) == 2 and part.isalpha():  # noqa: PLR2004
            region = region or part.upper()
    return language.lower(), script, region
