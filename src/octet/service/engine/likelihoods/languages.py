"""The languages: how often people of each country want these.

    P(tags | c) = P(first | c) · Π_other P(other | c)^0.5

    P(first | c) = L'[c, language] · R(region | c, language)
    L'[c, l]     = 0.88 L[c, l] + 0.10 [l = English] + 0.02 L̄[l]
    R(r | c, l)  = 0.60 [r = c] + 0.35 [r = the language's usual region] + 0.05 · 0.05
    P(other | c) = 0.90 L[c, l] + 0.10 L̄[l]

L is CLDR's share, L̄ its mean over the world. English has a floor everywhere, en-US above all,
because browsers come so; as a second language it says nothing. A region subtag tells where settings
come from, not where the browser is. Without a region R = 1. Others are at most two more languages,
asked for after the first or spoken by the voices installed; a machine that brings many voices
brings them to everybody.

Source: CLDR; the weights are judgement.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from attrs import field, frozen

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts

FLUENT, ENGLISH, STRAY = 0.88, 0.10, 0.02
REGION_OWN, REGION_USUAL, REGION_STRAY = 0.60, 0.35, 0.0025
OTHER_FLUENT, OTHER_STRAY, OTHER_POWER = 0.90, 0.10, 0.5
MOST_OTHERS = 2
MOST_VOICES = 6
"""Languages of the voices installed beyond which they come with the system."""
MAX_TAG_CHARS = 35
"""RFC 5646, 4.4.1: what a buffer for a tag has to hold; longer ones say nothing."""
TAGS_KEPT = 1024
"""Rows of tags that are kept."""


@frozen(eq=False)
class Spoken:
    """The language tables of one atlas."""

    country: Array
    """(C,) P(c)."""
    _kept: "_Rows" = field(repr=False)

    @classmethod
    def of(cls, atlas: Atlas, country: Array) -> "Spoken":
        """Return the tables of *atlas*, with the countries' prior."""
        return cls(country, _Rows(atlas, country))

    def by_country(self, facts: Sequence[Facts]) -> Array:
        """Return P(tags | settings of country c), (B, C); rows of 1 where nothing is known."""
        out = np.ones((len(facts), len(self.country)))
        for row, fact in enumerate(facts):
            first = fact.tags[0] if fact.tags else ""
            found = self._kept.first(first) if len(first) <= MAX_TAG_CHARS else None
            if found is not None:
                out[row] = found
            for language in _others(fact, first):
                other = self._kept.other(language)
                if other is not None:
                    out[row] *= other
        return out


class _Rows:
    """P(tag | c) of tags already seen: a bounded memory of a pure function."""

    def __init__(self, atlas: Atlas, country: Array) -> None:
        self._atlas, self._country = atlas, country
        self.first = lru_cache(maxsize=TAGS_KEPT)(self._first)
        self.other = lru_cache(maxsize=TAGS_KEPT)(self._other)

    def _first(self, tag: str) -> Array | None:
        language, script, region = parse(tag)
        language = self._atlas.language_aliases.get(language, language)
        share = self._share(language, script or self._likely(language, region)[0])
        if share is None:
            return None
        row = FLUENT * share + STRAY * float(self._country @ share) + ENGLISH * (language == "en")
        return self._with_region(row, region, self._likely(language, "")[1]) if region else row

    def _other(self, language: str) -> Array | None:
        language = self._atlas.language_aliases.get(language, language)
        share = self._share(language, self._likely(language, "")[0])
        if share is None:
            return None
        spoken = OTHER_FLUENT * share + OTHER_STRAY * float(self._country @ share)
        return np.asarray(spoken**OTHER_POWER)

    def _share(self, language: str, script: str) -> Array | None:
        rows = self._atlas.language_row
        column = rows.get(f"{language}_{script}", rows.get(language))
        if column is None:
            return None
        return self._atlas.language_share[:, column].astype(np.float64)

    def _with_region(self, row: Array, region: str, usual: str) -> Array:
        weight = np.full(len(row), REGION_STRAY + REGION_USUAL * (region == usual))
        own = self._atlas.country_row.get(region)
        if own is not None:
            weight[own] += REGION_OWN
        return np.asarray(row * weight)

    def _likely(self, language: str, region: str) -> tuple[str, str]:
        likely = self._atlas.language_likely
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


def _others(fact: Facts, first: str) -> list[str]:
    """Return the languages beside the first and English, asked for or spoken."""
    voices = set(_languages(fact.voices))
    voices = voices if len(voices) <= MOST_VOICES else set()
    seen = dict.fromkeys([*_languages(fact.tags[1:]), *sorted(voices)])
    return [name for name in seen if name not in {"en", *_languages([first])}][:MOST_OTHERS]


def _languages(tags: Iterable[str]) -> list[str]:
    return [tag[:3].partition("-")[0].lower() for tag in tags if tag]
