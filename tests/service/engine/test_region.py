import numpy as np
import pytest

from octet.schema.verdict import Location
from octet.service.atlas import Atlas
from octet.service.atlas.sphere import distance_km
from octet.service.engine.feasible import reach
from octet.service.engine.paths import Landmark
from octet.service.engine.places import Places
from octet.service.engine.region import LEAST_KM, Region


@pytest.fixture(scope="module")
def region(atlas: Atlas) -> Region:
    return Region(Places.of(atlas))


def certain(atlas: Atlas, code: str) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], int]:
    row = atlas.country_row[code]
    country = np.full(len(atlas.countries), 1e-12)
    country[row] = 1.0
    return country, row


@pytest.mark.parametrize("code", ["DE", "FR", "US", "MC", "NR", "FJ", "NZ"])
def test_the_circle_holds_most_people(region: Region, atlas: Atlas, code: str) -> None:
    """Nine tenths of the country's people are inside; the centre is one of its places."""
    country, row = certain(atlas, code)
    found = region.circle(country, row, None)
    away = distance_km(
        lat=found.centre.lat,
        lon=found.centre.lon,
        to_lat=atlas.point_lat[row],
        to_lon=atlas.point_lon[row],
    )
    assert atlas.point_weight[row][away <= found.radius_km + 2].sum() >= 0.9 - 1e-9
    assert away.min() < 2
    assert found.radius_km >= LEAST_KM


def test_the_zone_narrows_a_wide_country(region: Region, atlas: Atlas) -> None:
    """A Californian clock moves the point west."""
    country, row = certain(atlas, "US")
    zone = atlas.zone_row["America/Los_Angeles"]
    assert region.circle(country, row, zone).centre.lon < -110
    assert region.circle(country, row, None).centre.lon > -100


def test_doubt_widens_it(region: Region, atlas: Atlas) -> None:
    """Mass in another country widens the circle, and the centre stays in the named one."""
    country, row = certain(atlas, "DE")
    country[atlas.country_row["ES"]] = 0.5
    found = region.circle(country, row, None)
    assert found.radius_km > region.circle(certain(atlas, "DE")[0], row, None).radius_km
    assert 47 < found.centre.lat < 55


@pytest.mark.parametrize("zone", [None, "America/Los_Angeles", "America/New_York"])
def test_what_is_kept_is_what_is_reckoned(region: Region, atlas: Atlas, zone: str | None) -> None:
    """One likely country has the circle that it has where nothing can be kept."""
    country, row = certain(atlas, "US")
    zone_row = None if zone is None else atlas.zone_row[zone]
    kept = [region.circle(country, row, zone_row) for _ in range(2)]
    anywhere = reach([Landmark(place=Location(39.0, -98.0), app_ms=400.0)] * 3)
    assert kept == [region.circle(country, row, zone_row, anywhere)] * 2
