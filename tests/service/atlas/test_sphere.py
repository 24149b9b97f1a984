import numpy as np
import pytest

from octet.service.atlas.sphere import distance_km


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        ((52.52, 13.40), (52.52, 13.40), 0),
        ((52.52, 13.40), (48.86, 2.35), 878),
        ((51.51, -0.13), (40.71, -74.01), 5570),
        ((0.0, 179.5), (0.0, -179.5), 111),
        ((90.0, 0.0), (-90.0, 0.0), 20015),
    ],
)
def test_known_distances(here: tuple[float, float], there: tuple[float, float], km: float) -> None:
    """Distances agree with published ones, across the date line and the poles too."""
    found = distance_km(lat=here[0], lon=here[1], to_lat=there[0], to_lon=there[1])
    assert float(found) == pytest.approx(km, rel=0.005, abs=0.5)


def test_shapes_broadcast() -> None:
    """A column against a row gives a table."""
    lat = np.array([0.0, 10.0, 20.0])
    table = distance_km(lat=lat[:, None], lon=0.0, to_lat=lat, to_lon=0.0)
    assert table.shape == (3, 3)
    np.testing.assert_allclose(table, table.T)
