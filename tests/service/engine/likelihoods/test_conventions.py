import numpy as np
import pytest

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.likelihoods.conventions import Conventions


def row(
    atlas: Atlas, locale: str | None, cycle: str | None = None, calendar: str | None = None
) -> Array:
    fact = Facts(
        source_ip="10.0.0.1", locale=locale, hour_cycle=cycle, calendar=calendar, received_at_ms=0
    )
    return np.asarray(Conventions.of(atlas).by_country([fact])[0])


@pytest.mark.parametrize(
    ("locale", "cycle", "calendar"),
    [
        (None, "h12", "buddhist"),
        ("de-DE", None, None),
        ("de-DE", "h23", "gregory"),
        ("de", "h23", None),
        ("en-US", "h12", "gregory"),
        ("th-TH", None, "buddhist"),
        ("de-DE", "h99", "discordian"),
        ("x" * 99, "h12", None),
    ],
)
def test_what_the_locale_does_says_nothing(
    atlas: Atlas, locale: str | None, cycle: str | None, calendar: str | None
) -> None:
    """Only what differs from the locale's own way is a choice of somebody's."""
    assert (row(atlas, locale, cycle, calendar) == 1.0).all()


@pytest.mark.parametrize(
    ("locale", "cycle", "calendar", "likelier", "than"),
    [
        ("en-US", "h23", None, "DE", "US"),
        ("en", "h24", None, "DE", "US"),
        ("de-DE", "h12", None, "US", "DE"),
        ("en-US", "h12", "buddhist", "TH", "US"),
        ("fa-IR", None, "gregory", "DE", "IR"),
    ],
)
def test_a_choice_is_evidence(
    atlas: Atlas,
    locale: str,
    cycle: str | None,
    calendar: str | None,
    likelier: str,
    than: str,
) -> None:
    """An American locale that counts to twenty-four was set by somebody who does."""
    found = row(atlas, locale, cycle, calendar)
    assert found[atlas.country_row[likelier]] > 2 * found[atlas.country_row[than]]
