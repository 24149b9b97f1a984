"""The real artefact: what the engine relies on."""

import datetime as dt
import time
from pathlib import Path

import numpy as np
import pytest

from octet.service.atlas import Atlas, AtlasError, container
from octet.service.atlas._atlas import FORMAT
from octet.service.atlas.as_types import AsType


def test_it_carries_the_date_of_its_packages(atlas: Atlas) -> None:
    """The date is the packages', not the day of the build."""
    assert dt.date(2026, 1, 1) <= atlas.date
    assert atlas.version.startswith(f"{atlas.date:%Y.%m.%d}-")


def test_it_loads_quickly(atlas_path: Path) -> None:
    """Mapping a file takes far less than a second."""
    start = time.process_time()
    Atlas.load(atlas_path)
    assert time.process_time() - start < 1.0


def test_it_is_no_bigger_than_it_has_to_be(atlas_path: Path) -> None:
    """A few tens of megabytes."""
    assert atlas_path.stat().st_size < 40_000_000


def test_tables_agree_in_shape(atlas: Atlas) -> None:
    """Every table has a row for every country."""
    countries, zones = len(atlas.countries), len(atlas.zones)
    assert atlas.zone_share.shape == (countries, zones)
    assert atlas.zone_offset_min.shape == (zones, 2)
    assert atlas.language_share.shape == (countries, len(atlas.languages))
    assert atlas.distance_km.shape == (countries, countries)
    assert atlas.point_lat.shape == atlas.point_lon.shape == atlas.point_weight.shape
    assert atlas.vote_share.shape == (3, countries)
    assert atlas.population.min() > 0


def test_shares_sum_to_one(atlas: Atlas) -> None:
    """What is a distribution is one."""
    for table in (atlas.zone_share, atlas.language_share, atlas.point_weight, atlas.vote_share):
        np.testing.assert_allclose(table.sum(axis=1, dtype=np.float64), 1.0, atol=1e-5)
    assert atlas.exit_share.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("US/Pacific", "America/Los_Angeles"),
        ("Japan", "Asia/Tokyo"),
    ],
)
def test_zone_aliases(atlas: Atlas, name: str, canonical: str) -> None:
    """Browsers' old names lead to today's zones; a country's own zone stays its own."""
    assert atlas.zones[atlas.zone_row[name]] == canonical


@pytest.mark.parametrize(
    "name", ["UTC", "Etc/UTC", "GMT", "Etc/GMT+5", "Atlantic/Reykjavik", "CET"]
)
def test_names_that_tell_no_place(atlas: Atlas, name: str) -> None:
    """UTC, abbreviations and what privacy browsers report are no information."""
    assert name not in atlas.zone_row


def test_people_live_in_their_zones(atlas: Atlas) -> None:
    """Germany is in Berlin's zone, America mostly in New York's."""
    share = atlas.zone_share
    assert share[atlas.country_row["DE"], atlas.zone_row["Europe/Berlin"]] > 0.99
    america = share[atlas.country_row["US"]]
    assert 0.3 < america[atlas.zone_row["America/New_York"]] < 0.6
    assert atlas.zones[int(np.argmax(america))] == "America/New_York"


def test_zone_offsets(atlas: Atlas) -> None:
    """Offsets are those of January and July."""
    offsets = atlas.zone_offset_min
    assert offsets[atlas.zone_row["Europe/Berlin"]].tolist() == [60, 120]
    assert offsets[atlas.zone_row["Australia/Sydney"]].tolist() == [660, 600]
    assert offsets[atlas.zone_row["Asia/Kolkata"]].tolist() == [330, 330]


def test_languages_of_countries(atlas: Atlas) -> None:
    """The official language comes first where there is one."""
    for code, language in (("DE", "de"), ("FR", "fr"), ("NO", "no"), ("BR", "pt"), ("JP", "ja")):
        row = atlas.language_share[atlas.country_row[code]]
        assert atlas.languages[int(np.argmax(row))] == language


def test_conventions_of_countries(atlas: Atlas) -> None:
    """Americans count to twelve, Germans to twenty-four, Thais from the Buddha."""
    assert (atlas.hour_cycle["US"], atlas.hour_cycle["DE"]) == ("h12", "h23")
    assert atlas.calendar["TH"] == "buddhist"
    assert "DE" not in atlas.calendar


def test_distances_between_people(atlas: Atlas) -> None:
    """The table is symmetric, and neighbours are nearer than continents."""
    table, row = atlas.distance_km, atlas.country_row
    np.testing.assert_allclose(table, table.T, rtol=1e-4)
    assert table[row["DE"], row["NL"]] < 500
    assert table[row["DE"], row["US"]] > 6000


@pytest.mark.parametrize(
    ("address", "country", "kind"),
    [
        ("91.0.32.10", "DE", AsType.ACCESS),
        ("2003:c0::1", "DE", AsType.ACCESS),
        ("90.0.1.20", "FR", AsType.ACCESS),
        ("188.28.10.10", "GB", AsType.MOBILE),
        ("185.107.56.10", "NL", AsType.HOSTING),
        ("185.159.157.10", "CH", AsType.HOSTING),
    ],
)
def test_public_addresses(atlas: Atlas, address: str, country: str, kind: AsType) -> None:
    """Well-known networks are where and what they are."""
    votes, types, numbers = atlas.addresses.look_up([address])
    assert [atlas.countries[vote] for vote in votes[0]] == [country] * 3
    assert types[0] == kind
    assert atlas.as_name(int(numbers[0]))


def test_names_of_systems(atlas: Atlas) -> None:
    """A system's name is found by its number, and only its own."""
    assert atlas.as_name(3320) == "Deutsche Telekom AG"
    assert atlas.as_name(0) is None
    assert atlas.as_name(2**32 - 1) is None


def test_another_format_is_refused(tmp_path: Path) -> None:
    """An atlas of another format is refused, not misread."""
    container.write(tmp_path / "a", {"format": 0}, {})
    with pytest.raises(AtlasError, match="another version"):
        Atlas.load(tmp_path / "a")


def test_missing_tables_are_refused(tmp_path: Path) -> None:
    """An atlas without its tables is damaged."""
    container.write(tmp_path / "a", {"format": FORMAT}, {})
    with pytest.raises(AtlasError, match="damaged"):
        Atlas.load(str(tmp_path / "a"))
