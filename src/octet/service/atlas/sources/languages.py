"""Languages by country from CLDR: who would set a browser to which.

territoryInfo counts who can speak a language, also as a second one: 64 % of Germans English. What
a browser is set to is closer to the official languages, so

    weight(l | c) = speakers(l, c) · writing(l, c) · status(l, c);  P(l | c) = weight / sum

with status 1 for official languages and less for the rest. The engine adds its own floors.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array

STATUS_WEIGHT = {
    "official": 1.0,
    "de_facto_official": 1.0,
    "official_regional": 0.3,
    None: 0.1,
}
"""Ours: with it English is the first language of about one German browser in fifteen."""

MIN_SHARE = 1e-6
NORWEGIAN = {"nb": "no", "nn": "no"}
"""CLDR counts the same people under all three."""


@frozen
class LanguageTables:
    """The languages, and what is needed to read a tag."""

    keys: list[str]
    """``de`` or, where CLDR tells scripts apart, ``zh_Hant``; sorted."""
    share: Array
    """P(key | country), (C, keys)."""
    aliases: dict[str, str]
    """Old or narrower language subtag to the one in `keys`."""
    likely: dict[str, list[str]]
    """Language or ``zh-TW`` to its likely script and region."""


def load_languages(codes: list[str], supplemental: Mapping[str, Any]) -> LanguageTables:
    """Build the tables from CLDR's territoryInfo, likelySubtags and aliases.

    Args:
        codes: the countries, in the order of the rows.
        supplemental: the three files' contents under their own names.
    """
    info = supplemental["territoryInfo"]
    spoken = {code: _weights(info.get(code, {}).get("languagePopulation", {})) for code in codes}
    keys = sorted({key for weights in spoken.values() for key in weights} | {"en"})
    column = {key: place for place, key in enumerate(keys)}
    share = np.zeros((len(codes), len(keys)))
    for row, code in enumerate(codes):
        for key, weight in (spoken[code] or {"en": 1.0}).items():
            share[row, column[key]] += weight
    languages = {key.split("_")[0] for key in keys}
    return LanguageTables(
        keys=keys,
        share=share / share.sum(axis=1, keepdims=True),
        aliases=_aliases(supplemental["aliases"], languages),
        likely=_likely(supplemental["likelySubtags"], languages),
    )


def _weights(spoken: Mapping[str, Mapping[str, str]]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for key, row in spoken.items():
        share = float(row["_populationPercent"]) / 100
        writing = float(row.get("_writingPercent", 100)) / 100
        weight = share * writing * STATUS_WEIGHT[row.get("_officialStatus")]
        name = NORWEGIAN.get(key, key)
        if weight > MIN_SHARE:
            weights[name] = max(weights.get(name, 0.0), weight)
    return weights


def _aliases(table: Mapping[str, Mapping[str, str]], languages: set[str]) -> dict[str, str]:
    found = {
        old: row["_replacement"]
        for old, row in table.items()
        if old.isalpha() and row["_replacement"] in languages and old not in languages
    }
    return dict(sorted((found | NORWEGIAN).items()))


def _likely(table: Mapping[str, str], languages: set[str]) -> dict[str, list[str]]:
    found = {}
    for tag, full in table.items():
        parts = tag.split("-")
        plain = len(parts) == 1 or (len(parts) == 2 and len(parts[1]) == 2)  # noqa: PLR2004
        if parts[0] in languages and plain:
            found[tag] = full.split("-")[1:]
    return dict(sorted(found.items()))
