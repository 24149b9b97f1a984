"""The countries' shapes, decoded from the TopoJSON that world-atlas ships.

A topology keeps every line once, as an *arc* of quantised differences. A ring is a list of arc
numbers; ~n stands for arc n walked backwards. So a line in use once is a coast, twice a border.

The rings of world-atlas run across the antimeridian and around the pole. Here longitudes are made
continuous instead (they may leave ±180), and a ring around a pole is closed through the pole:
after that a ring is an ordinary polygon in the plane of longitude and latitude.

Source: the TopoJSON format specification, 2.1.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

Point = tuple[float, float]
"""Latitude and longitude, degrees."""

MAX_STEP_DEG: Final = 1.0
"""Longer straight pieces get points in between, so that a projection may bend them."""
POLE_CAP_DEG: Final = 89.9
"""The 1:50m Antarctica has a hole of 200 m at the pole: an artefact, left out."""


@frozen
class Line:
    """A run of points and the box around them, degrees."""

    points: tuple[Point, ...]
    south: float = field(init=False)
    north: float = field(init=False)
    west: float = field(init=False)
    east: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Compute the box."""
        lats, lons = zip(*self.points, strict=True)
        for name, value in zip(
            ("south", "north", "west", "east"),
            (min(lats), max(lats), min(lons), max(lons)),
            strict=True,
        ):
            object.__setattr__(self, name, value)

    def encloses(self, *, lat: float, lon: float) -> bool:
        """Whether the point lies inside this line, taken as a ring (even-odd rule)."""
        if not self.south <= lat <= self.north:
            return False
        lon += 360 * math.ceil((self.west - lon) / 360)  # the one turn that may lie in the box
        inside = False
        for (lat_a, lon_a), (lat_b, lon_b) in pairwise(self.points):
            if (lat_a > lat) != (lat_b > lat):
                inside ^= lon < lon_a + (lat - lat_a) / (lat_b - lat_a) * (lon_b - lon_a)
        return inside


@frozen
class Country:
    """A country's land."""

    name: str
    """In English, shortened for maps."""
    rings: tuple[Line, ...]
    """Outlines, islands and holes, by the even-odd rule."""

    def contains(self, *, lat: float, lon: float) -> bool:
        """Whether the point lies on this country's land."""
        return sum(ring.encloses(lat=lat, lon=lon) for ring in self.rings) % 2 == 1


@frozen
class Shapes:
    """The world's countries, and the lines around and between them."""

    countries: tuple[Country, ...]
    coasts: tuple[Line, ...]
    borders: tuple[Line, ...]

    def country_at(self, *, lat: float, lon: float) -> Country | None:
        """Return the country on whose land the point lies; None at sea."""
        return next((c for c in self.countries if c.contains(lat=lat, lon=lon)), None)


def read_shapes(path: Path) -> Shapes:
    """Read the TopoJSON file at *path*, which has an object ``countries``."""
    return decode(json.loads(path.read_text(encoding="utf-8")))


def decode(topology: Mapping[str, Any]) -> Shapes:
    """Turn a *topology* with an object ``countries`` into shapes."""
    arcs = [_dequantised(arc, topology["transform"]) for arc in topology["arcs"]]
    geometries = topology["objects"]["countries"]["geometries"]
    countries = tuple(
        Country(geometry["properties"]["name"], tuple(_rings(geometry, arcs)))
        for geometry in geometries
    )
    uses = Counter(
        number if number >= 0 else ~number
        for geometry in geometries
        for ring in _arc_lists(geometry)
        for number in ring
    )
    lines = {number: Line(_continuous(arcs[number])) for number in uses}
    visible = {number: line for number, line in lines.items() if line.north > -POLE_CAP_DEG}
    return Shapes(
        countries,
        coasts=tuple(line for number, line in visible.items() if uses[number] == 1),
        borders=tuple(line for number, line in visible.items() if uses[number] > 1),
    )


def _dequantised(arc: Iterable[Sequence[int]], transform: Mapping[str, Any]) -> list[Point]:
    (scale_x, scale_y), (shift_x, shift_y) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.append((y * scale_y + shift_y, x * scale_x + shift_x))
    return points


def _arc_lists(geometry: Mapping[str, Any]) -> Iterator[list[int]]:
    """Yield each ring's arc numbers; even-odd needs no polygon to hold its holes together."""
    if geometry["type"] == "MultiPolygon":
        for polygon in geometry["arcs"]:
            yield from polygon
    elif geometry["type"] == "Polygon":
        yield from geometry["arcs"]


def _rings(geometry: Mapping[str, Any], arcs: Sequence[Sequence[Point]]) -> Iterator[Line]:
    for numbers in _arc_lists(geometry):
        points: list[Point] = []
        for number in numbers:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            points += arc[1:] if points else arc
        ring = Line(_closed(_continuous(points)))
        if ring.north > -POLE_CAP_DEG:
            yield ring


def _continuous(points: Iterable[Point]) -> tuple[Point, ...]:
    """Let no step be longer than half a turn, nor than `MAX_STEP_DEG`."""
    steps = iter(points)
    lat, lon = next(steps)
    result = [(lat, lon)]
    for next_lat, next_lon in steps:
        north, east = next_lat - lat, math.remainder(next_lon - lon, 360)
        count = max(1, math.ceil(max(abs(north), abs(east)) / MAX_STEP_DEG))
        result += [(lat + north * i / count, lon + east * i / count) for i in range(1, count)]
        lat, lon = next_lat, lon + east
        result.append((lat, lon))
    return tuple(result)


def _closed(ring: tuple[Point, ...]) -> tuple[Point, ...]:
    """Close a ring that went once around the earth through the pole on its side."""
    (first_lat, first_lon), (_, last_lon) = ring[0], ring[-1]
    if abs(last_lon - first_lon) < 180:  # noqa: PLR2004 - half a turn: it came back
        return ring
    pole = math.copysign(90, first_lat)
    along = ((pole, last_lon + (first_lon - last_lon) * i / 360) for i in range(361))
    return _continuous((*ring, *along, (first_lat, first_lon)))
