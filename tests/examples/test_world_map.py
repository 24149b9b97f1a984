"""The map is sound SVG and shows where the visitor may be."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.customer_app.topology import Shapes
from examples.customer_app.world_map import FURTHEST_KM, MARGIN, NEAREST_KM, draw_map
from octet.client import Location
from tests.examples.conftest import MakeShapes

SIZE = (480, 300)
SVG = "{http://www.w3.org/2000/svg}"
LOCATIONS = st.builds(Location, st.floats(-90, 90), st.floats(-180, 180))


def _parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - drawn by the app itself


def _by_class(root: ET.Element, kind: str) -> list[ET.Element]:
    return [element for element in root.iter() if element.get("class") == kind]


def _circle(root: ET.Element, kind: str) -> tuple[float, float, float]:
    (circle,) = _by_class(root, kind)
    x, y, r = (float(circle.attrib[name]) for name in ("cx", "cy", "r"))
    return x, y, r


@settings(max_examples=40, deadline=None)
@given(location=LOCATIONS, radius_km=st.floats(1, 20_000))
def test_any_location_gives_a_map(world: Shapes, location: Location, radius_km: float) -> None:
    """The point is in the middle, in its circle; the circle fits if anything can show it."""
    svg = draw_map(world, location, radius_km, None, SIZE)
    root = _parse(svg)
    x, y, _ = _circle(root, "point")
    assert (x, y) == (SIZE[0] / 2, SIZE[1] / 2)
    circle_x, circle_y, r = _circle(root, "circle")
    assert (circle_x, circle_y) == (x, y)
    shown_km = min(max(MARGIN * radius_km, NEAREST_KM), FURTHEST_KM)
    assert r == pytest.approx(SIZE[1] / 2 * radius_km / shown_km, abs=0.1)
    assert not re.search(r"nan|inf|e[+-]\d", "".join(e.get("d", "") for e in root.iter()))


@pytest.mark.parametrize(
    ("lat", "lon", "highlighted"),
    [
        (50.1, 8.7, True),
        (66.0, 180.0, True),
        (66.0, -180.0, True),
        (-90.0, 0.0, True),
        (90.0, 0.0, False),
        (0.0, -150.0, False),
    ],
)
def test_the_country_around_the_point_stands_out(
    world: Shapes, lat: float, lon: float, highlighted: bool
) -> None:
    """On the antimeridian and at a pole too; at sea no country does."""
    root = _parse(draw_map(world, Location(lat, lon), 500, None, SIZE))
    assert bool(_by_class(root, "land here")) == highlighted


def test_a_location_within_a_large_country_is_all_land(make_shapes: MakeShapes) -> None:
    """A country whose border is far out of the picture fills it."""
    shapes = make_shapes(big=[(-40, -40), (-40, 40), (40, 40), (40, -40)])
    (land,) = _by_class(_parse(draw_map(shapes, Location(0, 0), 100, None, SIZE)), "land here")
    numbers = [abs(float(n)) for n in re.findall(r"-?[\d.]+", land.attrib["d"].split("l")[0])]
    assert max(numbers) > max(SIZE) / 2


def test_a_region_tells_more_than_the_circle(world: Shapes) -> None:
    """The region is drawn and fits; the circle becomes weak."""
    ring = [Location(49.6, -0.5), Location(50.2, 2.9), Location(48.3, 6.1), Location(44.4, 1.9)]
    root = _parse(draw_map(world, Location(47.2, 2.4), 120, ring, SIZE))
    (region,) = _by_class(root, "region")
    start, steps = region.attrib["d"].removeprefix("M").removesuffix("Z").split("l")
    x, y = map(float, start.split())
    numbers = [float(number) for number in steps.split()]
    for dx, dy in [(0.0, 0.0), *zip(numbers[::2], numbers[1::2], strict=True)]:
        x, y = x + dx, y + dy
        assert 0 < x < SIZE[0]
        assert 0 < y < SIZE[1]
    assert _by_class(root, "circle weak")
    assert not _by_class(root, "circle")


@pytest.mark.parametrize("region", [None, [], [Location(54.9, 8.1), Location(54.0, 14.2)]])
def test_less_than_a_triangle_is_no_region(world: Shapes, region: list[Location] | None) -> None:
    """Then the circle counts, as the contract says."""
    root = _parse(draw_map(world, Location(52, 13), 100, region, SIZE))
    assert _by_class(root, "circle")
    assert not _by_class(root, "region")


def test_without_a_radius_there_is_a_point_alone(world: Shapes) -> None:
    """Every member of a verdict may be absent."""
    root = _parse(draw_map(world, Location(52, 13), None, None, SIZE))
    assert _by_class(root, "point")
    assert not _by_class(root, "circle")


def test_without_a_location_there_is_the_world(world: Shapes) -> None:
    """No point, no circle and no scale, which this projection does not have."""
    root = _parse(draw_map(world, None, 100, None, SIZE))
    assert root.tag == f"{SVG}svg"
    assert _by_class(root, "land")
    for kind in ("point", "circle", "scale", "land here"):
        assert not _by_class(root, kind)


@pytest.mark.parametrize(
    ("radius_km", "text"), [(10, "100 km"), (1000, "500 km"), (6000, "2000 km")]
)
def test_the_scale_bar_has_a_round_length(world: Shapes, radius_km: float, text: str) -> None:
    """1, 2 or 5 times a power of ten."""
    root = _parse(draw_map(world, Location(48, 11), radius_km, None, SIZE))
    (label,) = _by_class(root, "scale-text")
    assert label.text == text


def test_names_stand_where_there_is_room(make_shapes: MakeShapes) -> None:
    """A name lies on its country's land, is text and not markup, and never covers the point."""
    shapes = make_shapes(
        **{
            "A&B": [(0, 1), (0, 8), (4, 8), (4, 1)],
            "Tinyland": [(0, -1), (0, -2), (1, -2), (1, -1)],
        }
    )
    root = _parse(draw_map(shapes, Location(2, 0), 400, None, SIZE))
    (name,) = _by_class(root, "name")
    assert name.text == "A&B"
    assert float(name.attrib["x"]) > SIZE[0] / 2


def test_a_strict_content_policy_is_content(world: Shapes) -> None:
    """The picture carries neither styles nor ids, so many fit one page."""
    root = _parse(draw_map(world, Location(52, 13), 100, None, SIZE))
    for element in root.iter():
        assert element.tag not in (f"{SVG}style", f"{SVG}script")
        assert not {"style", "id"} & element.attrib.keys()
