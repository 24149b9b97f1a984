import numpy as np
import pytest

from octet.service.atlas.sources.zones import ZoneSource, load_zones, zone_offsets, zone_shares


@pytest.fixture(scope="module")
def zones() -> ZoneSource:
    return load_zones()


def test_places_are_in_degrees(zones: ZoneSource) -> None:
    """The coordinates of zone.tab are read with their signs and minutes."""
    assert zones.places["DE"]["Europe/Berlin"] == pytest.approx((52.5, 13.367), abs=0.01)
    assert zones.places["US"]["America/New_York"] == pytest.approx((40.714, -74.006), abs=0.01)


def test_zones_of_zone_tab_stand_for_themselves(zones: ZoneSource) -> None:
    """A country's zone is not lost where the compiled database merged it."""
    assert zones.canonical["Europe/Amsterdam"] == "Europe/Amsterdam"
    assert "UTC" not in zones.canonical


def test_shares_follow_people_with_a_floor(zones: ZoneSource) -> None:
    """Every listed zone of a country has some share, foreign zones none."""
    people = [("DE", "Europe/Berlin", 1e6), ("XX", "Europe/Berlin", 1e6)]
    share = zone_shares(["DE", "FR"], people, zones)
    np.testing.assert_allclose(share.sum(axis=1), 1.0)
    assert share[0, zones.index["Europe/Berlin"]] > 0.99
    assert share[0, zones.index["Europe/Busingen"]] > 0
    assert share[0, zones.index["Europe/Paris"]] == 0
    assert share[1, zones.index["Europe/Paris"]] == 1


def test_offsets_follow_the_year(zones: ZoneSource) -> None:
    """Rules change: Moscow was at four hours in 2013 and is at three."""
    row = zones.index["Europe/Moscow"]
    assert zone_offsets(zones, 2013)[row].tolist() == [240, 240]
    assert zone_offsets(zones, 2026)[row].tolist() == [180, 180]
