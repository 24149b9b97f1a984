"""What is inside on the globe is inside on the plane."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from examples.customer_app.projection import EARTH_RADIUS_KM, KM_PER_DEG, XY, Azimuthal, Miller
from examples.customer_app.topology import Country, Line
from tests.examples.conftest import MakeShapes

LATS = st.floats(-90, 90)
LONS = st.floats(-180, 180)
PLANES = st.builds(Azimuthal.near, lat=LATS, lon=LONS, reach_km=st.floats(300, 18_000))


def _inside(point: XY, outlines: Iterable[Sequence[XY]]) -> bool:
    """Tell by the even-odd rule."""
    x, y = point
    crossings = 0
    for outline in outlines:
        for (x_a, y_a), (x_b, y_b) in pairwise([*outline, outline[0]]):
            if (y_a > y) != (y_b > y):
                crossings += x < x_a + (y - y_a) / (y_b - y_a) * (x_b - x_a)
    return crossings % 2 == 1


@pytest.mark.parametrize(
    ("lat", "lon", "distance_deg", "azimuth_deg"),
    [(50, 10, 40, 0), (-50, 10, 60, 180), (10, 100, 90, 90), (10, -80, 90, -90)],
)
def test_distance_and_direction_are_true(
    lat: float, lon: float, distance_deg: float, azimuth_deg: float
) -> None:
    """The azimuthal projection keeps both, seen from its centre."""
    plane = Azimuthal(10, 10, reach_km=0)
    distance, azimuth = plane.polar(lat=lat, lon=lon)
    if azimuth_deg in (0, 180):
        assert distance == pytest.approx(distance_deg * KM_PER_DEG)
        assert math.cos(azimuth) == pytest.approx(math.cos(math.radians(azimuth_deg)))
    else:
        assert math.copysign(1, azimuth) == math.copysign(1, azimuth_deg)


@given(lat=LATS, lon=LONS, to_lat=LATS, to_lon=LONS)
def test_distance_is_symmetric_and_at_most_half_way_round(
    lat: float, lon: float, to_lat: float, to_lon: float
) -> None:
    """There and back are as far."""
    there, _ = Azimuthal(lat, lon, reach_km=0).polar(lat=to_lat, lon=to_lon)
    back, _ = Azimuthal(to_lat, to_lon, reach_km=0).polar(lat=lat, lon=lon)
    assert there == pytest.approx(back, abs=1e-3)
    assert 0 <= there <= math.pi * EARTH_RADIUS_KM + 1e-6


@pytest.fixture(scope="module")
def dateline(make_shapes: MakeShapes) -> Country:
    """Return a country across the antimeridian, as large as Russia."""
    corners = [(20, 120), (20, 180), (20, -160), (60, -160), (60, 180), (60, 120)]
    return make_shapes(dateline=corners).countries[0]


@pytest.fixture(scope="module")
def cap(make_shapes: MakeShapes) -> Country:
    """Return a country around the south pole."""
    return make_shapes(cap=[(-60, lon) for lon in range(-180, 180, 30)]).countries[0]


@given(plane=PLANES, to_lat=LATS, to_lon=LONS)
def test_even_odd_across_the_antimeridian(
    dateline: Country,
    plane: Azimuthal,
    to_lat: float,
    to_lon: float,
) -> None:
    """On land on the map is on land, wherever the centre is and however much is in reach."""
    east = (to_lon - 120) % 360
    inside = 20 < to_lat < 60 and 0 < east < 80
    near_edge = min(abs(to_lat - 20), abs(to_lat - 60), abs(east), abs(east - 80)) < 1
    assume(not near_edge and abs(east - 360) > 1)
    _check(dateline, plane, to_lat, to_lon, inside=inside)


@given(plane=PLANES, to_lat=LATS, to_lon=LONS)
def test_even_odd_around_a_pole(
    cap: Country,
    plane: Azimuthal,
    to_lat: float,
    to_lon: float,
) -> None:
    """The same for a ring that holds a pole."""
    assume(abs(to_lat + 60) > 1)
    assume(to_lat > -89.9 and abs(to_lon) < 179.9)  # off the ring's own seam
    _check(cap, plane, to_lat, to_lon, inside=to_lat < -60)


def _check(country: Country, plane: Azimuthal, lat: float, lon: float, *, inside: bool) -> None:
    distance, _ = plane.polar(lat=lat, lon=lon)
    assume(distance < plane.reach_km * 0.9 - 120)
    outlines = [outline for ring in country.rings for outline in plane.rings(ring)]
    assert _inside(plane.point(lat=lat, lon=lon), outlines) == inside


def test_lines_out_of_reach_are_left_out() -> None:
    """A line that leaves and comes back is drawn in two runs."""
    line = Line(tuple((float(lat), 0.0) for lat in (0, 1, 2, 9, 2, 1, 0)))
    plane = Azimuthal(0, 0, reach_km=5 * KM_PER_DEG)
    assert [len(run) for run in plane.lines(line)] == [3, 3]
    assert list(Azimuthal(-60, 0, reach_km=1000).lines(line)) == []


def test_the_whole_world_has_two_sides() -> None:
    """What lies across the antimeridian is drawn at both ends of the map."""
    across = Line(((0.0, 170.0), (0.0, 190.0)))
    west, east = sorted(Miller().lines(across))
    assert west[0][0] == pytest.approx(math.radians(-190))
    assert east[1][0] == pytest.approx(math.radians(190))
    assert len(list(Miller().rings(Line(((0.0, 10.0), (5.0, 20.0)))))) == 1


def test_millers_world_is_finite() -> None:
    """The poles have their place, and the equator is the middle."""
    assert Miller().point(lat=0, lon=0) == pytest.approx((0.0, 0.0))
    assert Miller().point(lat=90, lon=180)[1] == pytest.approx(2.30341, abs=1e-5)
