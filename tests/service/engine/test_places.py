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
    some, other = atlas.country_row["DE"], atlas.country_row["NZ"]
    mine = np.flatnonzero(places.country == some)
    expected = distance_km(
        lat=places.lat[mine, None],
        lon=places.lon[mine, None],
        to_lat=places.lat,
        to_lon=places.lon,
    )
    # Near to each other single precision of a cosine is what limits them.
    np.testing.assert_allclose(places.away_km(some), expected, rtol=1e-6, atol=0.1)
    np.testing.assert_array_equal(places.away_km(some), places.away_km(some))
    assert places.away_km(other).shape == ((places.country == other).sum(), len(places.lat))
