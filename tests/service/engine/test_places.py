import numpy as np
import pytest

from octet.service.atlas import Atlas
from octet.service.atlas.sphere import distance_km
from octet.service.engine.places import Places


@pytest.fixture(scope="module")
def places(atlas: Atlas) -> Places:
    return Places.of(atlas)


def test_every_country_has_places(places: Places, atlas: Atlas) -> None:
    """Each country's points are together, and their weights sum to 1."""
    assert len(places.first) == len(atlas.countries) + 1
    assert np.diff(places.first).min() >= 1
    np.testing.assert_allclose(places.by_country(np.ones(len(places.lat))), 1.0, rtol=1e-5)


def test_distances_are_those_of_the_sphere(places: Places, atlas: Atlas) -> None:
    """Unit vectors give the haversine formula's distances."""
    some, others = (
        np.flatnonzero(places.country == atlas.country_row[code]) for code in ("DE", "NZ")
    )
    expected = distance_km(
        lat=places.lat[some, None],
        lon=places.lon[some, None],
        to_lat=places.lat[others],
        to_lon=places.lon[others],
    )
    np.testing.assert_allclose(places.apart_km(some, others), expected, rtol=1e-6)
    assert np.diagonal(places.apart_km(some, some)).max() < 0.1
