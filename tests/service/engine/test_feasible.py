import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from octet.schema.verdict import Location
from octet.service.atlas.sphere import distance_km
from octet.service.engine.feasible import SLACK_KM, polygon, reach
from octet.service.engine.paths import Landmark

Ring = tuple[Location, ...]
FRANKFURT, LONDON, WARSAW = Location(50.11, 8.68), Location(51.51, -0.13), Location(52.23, 21.01)


def landmark(place: Location, ms: float) -> Landmark:
    return Landmark(place=place, app_ms=ms)


def around(lat: float, lon: float, ms: float) -> list[Landmark]:
    """Return three landmarks about a point."""
    return [
        landmark(Location(lat + dlat, (lon + dlon + 180) % 360 - 180), ms)
        for dlat, dlon in ((2.0, 0.0), (-2.0, 2.0), (-2.0, -2.0))
    ]


def area(ring: Ring) -> float:
    """Return the planar area, positive when the ring turns left."""
    pairs = pairwise((*ring, ring[0]))
    return sum(a.lon * b.lat - b.lon * a.lat for a, b in pairs) / 2


def crosses(a: Location, b: Location, c: Location, d: Location) -> bool:
    def turn(p: Location, q: Location, r: Location) -> float:
        return (q.lon - p.lon) * (r.lat - p.lat) - (q.lat - p.lat) * (r.lon - p.lon)

    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0


def is_simple(ring: Ring) -> bool:
    edges = list(pairwise((*ring, ring[0])))
    return not any(crosses(*one, *other) for one, other in combinations(edges, 2))


def holds(ring: Ring, point: Location) -> bool:
    """Say by the even-odd rule whether the ring holds the point."""
    odd = False
    for a, b in pairwise((*ring, ring[0])):
        if (a.lat > point.lat) is not (b.lat > point.lat):
            odd ^= point.lon < a.lon + (point.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon)
    return odd


def region(marks: list[Landmark], inside: Location) -> Ring | None:
    found = reach(marks)
    return None if found is None else polygon(found, inside)


MARKS = [landmark(FRANKFURT, 5.0), landmark(LONDON, 9.0), landmark(WARSAW, 10.0)]


def test_it_is_what_all_landmarks_leave_open() -> None:
    """Every vertex is on the border of one cap and in all others, and few are enough."""
    ring = region(MARKS, FRANKFURT)
    assert ring is not None
    assert 6 <= len(ring) <= 40
    for vertex in ring:
        room = [
            100 * (mark.app_ms or 0.0)
            + SLACK_KM
            - float(
                distance_km(
                    lat=vertex.lat, lon=vertex.lon, to_lat=mark.place.lat, to_lon=mark.place.lon
                )
            )
            for mark in MARKS
        ]
        assert min(room) == pytest.approx(0.0, abs=2.0)
    assert holds(ring, FRANKFURT)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_landmarks_give_none(count: int) -> None:
    """A region out of one or two would be the measurement itself."""
    assert reach(MARKS[:count]) is None


def test_far_landmarks_tell_nothing() -> None:
    """Caps as large as a hemisphere are no region."""
    assert reach([landmark(mark.place, 120.0) for mark in MARKS]) is None


def test_a_point_outside_has_no_region() -> None:
    """What the landmarks exclude is in no region of theirs."""
    assert region(MARKS, Location(40.4, -3.7)) is None
    assert region(MARKS, Location(89.0, 0.0)) is None


def test_the_kernel_stands_in() -> None:
    """Without an application round trip the kernel's bounds."""
    ring = region([Landmark(place=m.place, kernel_ms=m.app_ms) for m in MARKS], FRANKFURT)
    assert ring == region(MARKS, FRANKFURT)


@pytest.mark.parametrize("lon", [177.0, 179.9, 180.0, -180.0, -179.5, -177.0])
def test_the_date_line_cuts(lon: float) -> None:
    """A region over the date line keeps the point's own side of it."""
    point = Location(-17.7, lon)
    ring = region(around(-17.7, lon, 6.0), point)
    assert ring is not None
    assert is_simple(ring)
    assert max(abs(vertex.lon) for vertex in ring) == pytest.approx(180.0)
    assert all(vertex.lon * lon >= 0 for vertex in ring)


@pytest.mark.parametrize("lat", [78.2, -77.8])
def test_the_poles_are_left_out(lat: float) -> None:
    """A region about a pole stays a ring of latitudes and longitudes."""
    ring = region(around(lat, 15.6, 30.0), Location(lat, 15.6))
    assert ring is not None
    assert is_simple(ring)
    assert max(abs(vertex.lat) for vertex in ring) <= 85.01
    assert holds(ring, Location(lat, 15.6))


LATS, LONS = st.floats(-80, 80), st.floats(-180, 180)


@given(
    lat=LATS,
    lon=LONS,
    marks=st.lists(
        st.tuples(LATS, LONS, st.floats(1.0, 1.6)),
        min_size=3,
        max_size=8,
        unique_by=lambda m: m[:2],
    ),
)
def test_every_region_is_a_valid_ring(
    lat: float, lon: float, marks: list[tuple[float, float, float]]
) -> None:
    """Wherever landmarks and point are, the ring is simple, turns left, and holds the point."""
    inside = Location(round(lat, 2), round(lon, 2))
    away = [
        float(distance_km(lat=inside.lat, lon=inside.lon, to_lat=a, to_lon=b)) for a, b, _ in marks
    ]
    found = [
        landmark(Location(a, b), km / 100 * slower + 1.0)
        for (a, b, slower), km in zip(marks, away, strict=True)
    ]
    ring = region(found, inside)
    if ring is None:
        assert reach(found) is None
        return
    assert len(ring) >= 3
    assert all(-180 <= v.lon <= 180 and -90 <= v.lat <= 90 for v in ring)
    assert all(math.isfinite(v.lat) and math.isfinite(v.lon) for v in ring)
    assert is_simple(ring)
    assert area(ring) > 0
    assume(abs(inside.lon) < 179.9)
    assert holds(ring, inside)


def test_units() -> None:
    """The reach of ten milliseconds is a thousand kilometres."""
    found = reach([landmark(place, 10.0) for place in (FRANKFURT, LONDON, WARSAW)])
    assert found is not None
    np.testing.assert_allclose(np.arccos(found.cosine) * 6371.0088, 1000.0 + SLACK_KM)
