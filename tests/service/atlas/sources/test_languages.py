import numpy as np
import pytest

from octet.service.atlas.sources.languages import LanguageTables, load_languages

SUPPLEMENTAL = {
    "territoryInfo": {
        "DE": {
            "languagePopulation": {
                "de": {"_populationPercent": "91", "_officialStatus": "official"},
                "en": {"_populationPercent": "64"},
                "bar": {"_populationPercent": "17", "_writingPercent": "5"},
            }
        },
        "TW": {
            "languagePopulation": {
                "zh_Hant": {"_populationPercent": "95", "_officialStatus": "official"}
            }
        },
        "NO": {
            "languagePopulation": {
                "nb": {"_populationPercent": "100", "_officialStatus": "official"},
                "nn": {"_populationPercent": "25", "_officialStatus": "official"},
            }
        },
    },
    "likelySubtags": {"de": "de-Latn-DE", "zh-TW": "zh-Hant-TW", "xx": "xx-Latn-XX"},
    "aliases": {"iw": {"_replacement": "de"}, "en-GB": {"_replacement": "en"}},
}


@pytest.fixture(scope="module")
def tables() -> LanguageTables:
    return load_languages(["DE", "NO", "TW", "AQ"], SUPPLEMENTAL)


def test_shares(tables: LanguageTables) -> None:
    """Official languages weigh most, what is rarely written least, and rows sum to 1."""
    np.testing.assert_allclose(tables.share.sum(axis=1), 1.0)
    german = dict(zip(tables.keys, tables.share[0], strict=True))
    assert german["de"] > 0.9 > german["en"] > german["bar"] > 0


def test_a_country_without_data_speaks_english(tables: LanguageTables) -> None:
    """Antarctica gets a row like any other."""
    assert tables.share[3, tables.keys.index("en")] == 1


def test_norwegian_is_one_language(tables: LanguageTables) -> None:
    """Both written forms count as one."""
    assert tables.share[1, tables.keys.index("no")] == 1
    assert tables.aliases["nb"] == tables.aliases["nn"] == "no"


def test_aliases_and_likely_subtags_are_those_in_use(tables: LanguageTables) -> None:
    """Only subtags of languages in the table are kept."""
    assert tables.aliases["iw"] == "de"
    assert "en-GB" not in tables.aliases
    assert tables.likely == {"de": ["Latn", "DE"], "zh-TW": ["Hant", "TW"]}
