import itertools

import numpy as np
import pytest

from octet.service.atlas.sources.places import POINTS, City, load_cities, points
from octet.service.atlas.sources.zones import ZoneSource, load_zones


@pytest.fixture(scope="module")
def zones() -> ZoneSource:
    return load_zones()


@pytest.fixture(scope="module")
def cities(zones: ZoneSource) -> list[City]:
    return load_cities(zones)


def test_the_largest_city_comes_first(cities: list[City]) -> None:
    """Cities fall in population, and know their zone."""
    assert all(a.population >= b.population for a, b in itertools.pairwise(cities))
    assert next(city for city in cities if city.country == "DE").zone == "Europe/Berlin"


def test_points_stand_for_their_country(cities: list[City], zones: ZoneSource) -> None:
    """A country's weights sum to 1, its largest cities are in it, unused places weigh nothing."""
    table = points(["DE", "MC", "US"], cities, zones)
    np.testing.assert_allclose(table["point_weight"].sum(axis=1), 1.0)
    assert table["point_lat"].shape == (3, POINTS)
    assert table["point_lat"][0, 0] == pytest.approx(52.52, abs=0.1)
    assert table["point_weight"][1, 1:].max() == 0
    american = {zones.names[row] for row in table["point_zone"][2] if row >= 0}
    assert {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"} <= american


def test_a_country_without_cities_is_where_its_zone_is(zones: ZoneSource) -> None:
    """The place that zone.tab names stands in."""
    table = points(["NR"], [], zones)
    assert table["point_lat"][0, 0] == pytest.approx(-0.52, abs=0.02)
    assert table["point_weight"][0, 0] == 1
