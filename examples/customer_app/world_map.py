"""A map of where a visitor may be, as SVG.

It carries classes and no styles: ``static/style.css`` colours it, in light and in dark, and a
Content-Security-Policy without inline styles is content.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import Final

from attrs import frozen

from examples.customer_app.projection import XY, Azimuthal, Miller, Projection
from examples.customer_app.topology import Country, Line, Shapes
from octet.client import Location

Size = tuple[int, int]
"""Width and height, pixels."""

MARGIN: Final = 1.3
"""The view is larger by this than what it has to hold."""
NEAREST_KM: Final = 320.0
"""From the map's centre to its nearer edges, at least: below it borders look coarse."""
FURTHEST_KM: Final = 8500.0
"""And at most: further out nothing has its shape."""
MIN_VERTICES: Final = 3
"""Fewer make no region."""
_THIN_PX: Final = 1.8
"""Points closer together than this are one."""
_WORLD_MIDDLE: Final = 0.3
"""Of the whole-world view, in Miller's y: there is more land in the north."""
_LETTER_PX: Final = 6.8
_ROW_PX: Final = 7
_TOP_PX: Final = 22
_BOTTOM_PX: Final = 50
"""No names there: the scale bar is."""
_POINT_PX: Final = 16
"""Around the estimated point, kept free of names."""


@frozen
class _Canvas:
    """Places the plane of a projection in a picture."""

    size: Size
    projection: Projection
    scale: float
    """Pixels for one unit of the plane."""
    middle_y: float = 0.0

    def place(self, point: XY) -> XY:
        x, y = point
        width, height = self.size
        return width / 2 + x * self.scale, height / 2 - (y - self.middle_y) * self.scale

    def rings(self, rings: Iterable[Line]) -> list[list[XY]]:
        """Return outlines in pixels; specks are left out."""
        outlines = (_thinned(map(self.place, o)) for r in rings for o in self.projection.rings(r))
        return [outline for outline in outlines if len(outline) >= MIN_VERTICES]

    def lines(self, lines: Iterable[Line]) -> list[list[XY]]:
        """Return runs in pixels."""
        runs = (_thinned(map(self.place, r)) for li in lines for r in self.projection.lines(li))
        return [run for run in runs if len(run) > 1]


def draw_map(
    shapes: Shapes,
    location: Location | None,
    radius_km: float | None,
    region: Sequence[Location] | None,
    size: Size,
) -> str:
    """Draw the part of the world that holds the visitor, or all of it when nothing is known.

    Args:
        shapes: the countries.
        location: where the visitor is estimated to be.
        radius_km: of the circle about *location* that holds 90 % of the probability.
        region: ring of vertices that the visitor must be in, if that is known.
        size: of the picture, pixels.

    Returns:
        An ``<svg>`` element.
    """
    if location is None:
        canvas = _Canvas(size, Miller(), size[0] / math.tau, _WORLD_MIDDLE)
        return _svg(size, "World map; no location is known", _ground(canvas, shapes, None))
    radius = radius_km or 0.0
    ring = region if region and len(region) >= MIN_VERTICES else ()
    canvas = _about(location, radius, ring, size)
    here = shapes.country_at(lat=location.lat, lon=location.lon)
    title = f"Map around {location.lat:.1f}, {location.lon:.1f}, 90 % within {radius:.0f} km"
    body = [
        *_ground(canvas, shapes, here),
        *_estimate(canvas, location, radius, ring),
        *_scale_bar(canvas),
    ]
    return _svg(size, title, body)


# --- the view ------------------------------------------------------------------------------------


def _about(location: Location, radius_km: float, region: Sequence[Location], size: Size) -> _Canvas:
    """Zoom so that circle and region fit; what the corners show is in reach, and not much more."""
    flat = Azimuthal(location.lat, location.lon, reach_km=0)
    far = [flat.polar(lat=vertex.lat, lon=vertex.lon)[0] for vertex in region]
    half_km = min(max(MARGIN * max([radius_km, *far]), NEAREST_KM), FURTHEST_KM)
    scale = min(size) / 2 / half_km
    corner_km = math.hypot(*size) / 2 / scale
    reach_km = min(corner_km * 1.05 + 150, math.pi * 6000)
    plane = Azimuthal.near(lat=location.lat, lon=location.lon, reach_km=reach_km)
    return _Canvas(size, plane, scale)


def _thinned(points: Iterable[XY]) -> list[XY]:
    """Leave out what nobody would see."""
    kept: list[XY] = []
    for x, y in points:
        if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= _THIN_PX:
            kept.append((x, y))
    return kept


# --- the layers ----------------------------------------------------------------------------------


def _ground(canvas: _Canvas, shapes: Shapes, here: Country | None) -> list[str]:
    """Return sea, land, lines and, where one can read them, names."""
    land = [(country, canvas.rings(country.rings)) for country in shapes.countries]
    layers = ['<rect class="sea" width="100%" height="100%"/>']
    layers += [_path("land here" if c is here else "land", outlines) for c, outlines in land]
    layers.append(_path("border", canvas.lines(shapes.borders), closed=False))
    layers.append(_path("coast", canvas.lines(shapes.coasts), closed=False))
    if isinstance(canvas.projection, Azimuthal):
        layers += [_name(country.name, outlines, canvas.size) for country, outlines in land]
    return layers


def _estimate(
    canvas: _Canvas, location: Location, radius_km: float, region: Sequence[Location]
) -> list[str]:
    """Return circle, region and point; a region tells more, so the circle steps back."""
    flat = Azimuthal(location.lat, location.lon, reach_km=0)
    x, y = canvas.place((0, 0))
    layers = []
    if radius_km > 0:
        weak = " weak" if region else ""
        layers.append(_circle(f"circle{weak}", x, y, radius_km * canvas.scale))
    if region:
        ring = [canvas.place(flat.point(lat=vertex.lat, lon=vertex.lon)) for vertex in region]
        layers.append(_path("region", [ring]))
    return [*layers, _circle("halo", x, y, 9), _circle("point", x, y, 4.5)]


def _scale_bar(canvas: _Canvas) -> list[str]:
    """Return a bar of a round length, about a sixth of the width."""
    width, height = canvas.size
    wish_km = width / 6 / canvas.scale
    power = 10 ** math.floor(math.log10(wish_km))
    length_km = max(step * power for step in (1, 2, 5) if step * power <= wish_km)
    left, y, length = 24, height - 20, length_km * canvas.scale
    bar = f"M{left} {y - 5}v5h{length:.1f}v-5"
    text = f'<text class="scale-text" x="{left}" y="{y - 9}">{length_km:g} km</text>'
    return [f'<path class="scale" d="{bar}"/>', text]


def _name(name: str, outlines: Sequence[Sequence[XY]], size: Size) -> str:
    """Return the country's name where it has most room, or nothing where it has none."""
    width, height = size
    need = len(name) * _LETTER_PX + 10
    best = need, 0.0, 0.0
    for y in range(_TOP_PX, height - _BOTTOM_PX, _ROW_PX):
        for left, right in _land_on_row(outlines, y, width):
            middle = (left + right) / 2
            if abs(y - height / 2) < _POINT_PX and abs(middle - width / 2) < need / 2 + _POINT_PX:
                continue
            best = max(best, (right - left, middle, float(y)))
    room, x, y_best = best
    if room <= need:
        return ""
    return f'<text class="name" x="{x:.0f}" y="{y_best + 4:.0f}">{escape(name)}</text>'


def _land_on_row(outlines: Iterable[Sequence[XY]], y: float, width: int) -> list[XY]:
    """Return the stretches from x to x that lie inside, on the row at *y*."""
    crossings = sorted(
        x_a + (y - y_a) / (y_b - y_a) * (x_b - x_a)
        for outline in outlines
        for (x_a, y_a), (x_b, y_b) in pairwise([*outline, outline[0]])
        if (y_a > y) != (y_b > y)
    )
    inner = [min(max(x, 0.0), float(width)) for x in crossings]
    return list(zip(inner[::2], inner[1::2], strict=True))


# --- SVG -----------------------------------------------------------------------------------------


def _svg(size: Size, title: str, body: Iterable[str]) -> str:
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="0 0 {width} {height}"'
        f' preserveAspectRatio="xMidYMid slice" role="img" aria-label="{escape(title)}">'
        f"{''.join(body)}</svg>"
    )


def _path(kind: str, runs: Iterable[Sequence[XY]], *, closed: bool = True) -> str:
    data = "".join(_steps(run) + "Z" * closed for run in runs)
    return f'<path class="{kind}" d="{data}"/>' if data else ""


def _steps(run: Iterable[XY]) -> str:
    """Write a run as differences in tenths of a pixel, which halves the page."""
    points = [(round(x * 10), round(y * 10)) for x, y in run]
    (x, y), *_ = points
    steps = (((bx - ax) / 10, (by - ay) / 10) for (ax, ay), (bx, by) in pairwise(points))
    return f"M{x / 10:g} {y / 10:g}l" + " ".join(f"{dx:g} {dy:g}" for dx, dy in steps)


def _circle(kind: str, x: float, y: float, r: float) -> str:
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>'
