import numpy as np
import pytest

from octet.service.atlas import Atlas
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import hypotheses
from octet.service.engine.likelihoods.languages import Spoken, parse


@pytest.fixture(scope="module")
def spoken(atlas: Atlas) -> Spoken:
    return Spoken.of(atlas, hypotheses(atlas).country)


def fact(language: str | None) -> Facts:
    return Facts(
        source_ip="10.0.0.1", tags=() if language is None else (language,), received_at_ms=0
    )


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de-DE", "DE"),
        ("de-AT", "AT"),
        ("zh-TW", "TW"),
        ("zh-Hans-CN", "CN"),
        ("nb-NO", "NO"),
        ("iw", "IL"),
        ("pt-BR", "BR"),
        ("en-GB", "GB"),
    ],
)
def test_tags_speak_for_their_country(spoken: Spoken, atlas: Atlas, tag: str, code: str) -> None:
    """A tag is likeliest where its language and region are at home."""
    row = spoken.by_country([fact(tag)])[0]
    assert atlas.countries[int(np.argmax(row))] == code or row[atlas.country_row[code]] > 0.5


def test_english_is_weak_evidence(spoken: Spoken, atlas: Atlas) -> None:
    """A browser that came in English may be anywhere."""
    row = spoken.by_country([fact("en-US")])[0]
    assert row.min() > 0.02
    assert row[atlas.country_row["US"]] > row[atlas.country_row["DE"]]


@pytest.mark.parametrize("tag", [None, "", "tlh", "x-private", "%%%", "de" * 40])
def test_no_information(spoken: Spoken, tag: str | None) -> None:
    """No language, or one that nobody counts, is the same for every country."""
    assert (spoken.by_country([fact(tag)]) == 1.0).all()


@pytest.mark.parametrize(
    ("tag", "parts"),
    [
        ("de", ("de", "", "")),
        ("zh-hant-tw", ("zh", "Hant", "TW")),
        ("sr_Latn", ("sr", "Latn", "")),
        ("es-419", ("es", "", "")),
        ("de-DE-u-co-phonebk", ("de", "", "DE")),
        ("", ("", "", "")),
    ],
)
def test_parse(tag: str, parts: tuple[str, str, str]) -> None:
    """Tags are read as BCP 47 writes them; extensions are left alone."""
    assert parse(tag) == parts


def test_further_languages_count_less(spoken: Spoken, atlas: Atlas) -> None:
    """An English browser that also asks for German is likelier in Germany than one that does not,
    and less likely there than a German one.
    """
    german, british = atlas.country_row["DE"], atlas.country_row["GB"]
    plain, also, first = spoken.by_country(
        [
            Facts(source_ip="10.0.0.1", tags=tags, received_at_ms=0)
            for tags in (("en",), ("en", "de", "de-DE"), ("de", "en"))
        ]
    )
    ratio = [row[german] / row[british] for row in (plain, also, first)]
    assert ratio == sorted(ratio)
    assert ratio[1] > 2 * ratio[0]


@pytest.mark.parametrize(
    ("voices", "tells"),
    [
        (("de-DE", "en-US"), True),
        (("en-US",), False),
        (("de-DE", "fr-FR", "es-ES", "it-IT", "pt-BR", "ru-RU", "zh-CN"), False),
        (("", "%%", "x" * 99), False),
    ],
)
def test_voices(spoken: Spoken, atlas: Atlas, voices: tuple[str, ...], tells: bool) -> None:
    """A few voices speak their owner's languages; a system's whole choir is everybody's."""
    row = spoken.by_country([Facts(source_ip="10.0.0.1", voices=voices, received_at_ms=0)])[0]
    assert bool(row[atlas.country_row["DE"]] > row[atlas.country_row["GB"]]) is tells
