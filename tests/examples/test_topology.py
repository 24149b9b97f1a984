"""TopoJSON becomes rings that ordinary plane geometry holds for."""

from itertools import pairwise

import pytest

from examples.customer_app.topology import MAX_STEP_DEG, Line, Shapes, decode
from tests.examples.conftest import MakeShapes

TWO_NEIGHBOURS = {
    "transform": {"scale": [0.1, 0.1], "translate": [0, 0]},
    "arcs": [
        [[100, 0], [0, 100]],  # the border, northward at 10° east
        [[100, 100], [-100, 0], [0, -100], [100, 0]],  # around the west
        [[100, 100], [100, 0], [0, -100], [-100, 0]],  # around the east
    ],
    "objects": {
        "countries": {
            "geometries": [
                {"type": "Polygon", "arcs": [[0, 1]], "properties": {"name": "West"}},
                {"type": "MultiPolygon", "arcs": [[[0, 2]]], "properties": {"name": "East"}},
                {"type": None, "properties": {"name": "Nowhere"}},
            ]
        }
    },
}


def test_rings_are_put_together_from_shared_arcs() -> None:
    """Neighbours hold the land on their side of the border, and nothing beyond."""
    shapes = decode(TWO_NEIGHBOURS)
    at = {lon: shapes.country_at(lat=5, lon=lon) for lon in (-5, 5, 15, 25)}
    assert {lon: country and country.name for lon, country in at.items()} == {
        -5: None,
        5: "West",
        15: "East",
        25: None,
    }
    assert len(shapes.borders) == 1
    assert len(shapes.coasts) == 2


def test_an_arc_can_be_walked_backwards() -> None:
    """~n stands for arc n from its end to its start."""
    backwards = {
        "type": "Polygon",
        "arcs": [[~1, ~0]],
        "properties": {"name": "West"},
    }
    topology = TWO_NEIGHBOURS | {"objects": {"countries": {"geometries": [backwards]}}}
    (country,) = decode(topology).countries
    assert country.contains(lat=5, lon=5)
    assert not country.contains(lat=5, lon=15)


def test_long_pieces_get_points_in_between() -> None:
    """No step is longer than a projection may need."""
    (ring,) = decode(TWO_NEIGHBOURS).countries[0].rings
    assert (ring.south, ring.north, ring.west, ring.east) == (0, 10, 0, 10)
    for (lat_a, lon_a), (lat_b, lon_b) in pairwise(ring.points):
        assert max(abs(lat_b - lat_a), abs(lon_b - lon_a)) <= MAX_STEP_DEG + 1e-9


@pytest.mark.parametrize(
    ("lat", "lon", "inside"),
    [
        (5, 179, True),
        (5, -179, True),
        (5, 180, True),
        (5, -180, True),
        (5, 165, False),
        (5, 0, False),
    ],
)
def test_a_country_may_lie_across_the_antimeridian(
    make_shapes: MakeShapes, lat: float, lon: float, inside: bool
) -> None:
    """Its ring is continuous, whichever turn of longitude a point is given in."""
    shapes = make_shapes(dateline=[(0, 170), (0, -170), (10, -170), (10, 170)])
    assert shapes.countries[0].contains(lat=lat, lon=lon) == inside


@pytest.mark.parametrize("side", [-1, 1])
def test_a_country_may_lie_around_a_pole(make_shapes: MakeShapes, side: int) -> None:
    """A ring once around the earth holds the pole on its side."""
    shapes = make_shapes(cap=[(side * 70, lon) for lon in range(-180, 180, 30)])
    (cap,) = shapes.countries
    for lon in (-180, -100, 0, 77, 180):
        assert cap.contains(lat=side * 80, lon=lon)
        assert cap.contains(lat=side * 89.5, lon=lon)
        assert not cap.contains(lat=side * 60, lon=lon)


def test_a_line_knows_its_box() -> None:
    """The box is what spares most lines the trigonometry."""
    line = Line(((1.0, 5.0), (3.0, -2.0)))
    assert (line.south, line.north, line.west, line.east) == (1, 3, -2, 5)


@pytest.mark.parametrize(
    ("lat", "lon", "name"),
    [
        (50.1, 8.7, "Germany"),
        (47.2, 2.4, "France"),
        (66.5, -176.0, "Russia"),
        (66.5, 100.0, "Russia"),
        (-89.9, 12.0, "Antarctica"),
        (-29.5, 28.2, "Lesotho"),
        (0.0, -30.0, None),
        (90.0, 0.0, None),
    ],
)
def test_the_real_world(world: Shapes, lat: float, lon: float, name: str | None) -> None:
    """Cities, enclaves, poles and open sea are where they should be."""
    country = world.country_at(lat=lat, lon=lon)
    assert (country and country.name) == name
