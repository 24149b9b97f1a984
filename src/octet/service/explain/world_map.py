"""The map: land, where the mass is, the landmarks, the estimated point and its region, as SVG.

Longitudes count from the middle of the view, so what is on both sides of the date line lies
together; eastings are shortened by the cosine of the middle's latitude, as far as maps of the whole
world bear it. What is too small to be seen is not drawn.
"""

import math
from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
from attrs import frozen

from octet.schema.verdict import Location
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.atlas.sources.shapes import PER_DEGREE
from octet.service.atlas.sphere import EARTH_RADIUS_KM
from octet.service.explain.explanation import Explanation

WIDTH, HEIGHT = 1000.0, 560.0
"""Of the picture, its own units; the page scales it."""
LEAST_SPAN = 9.0
"""Degrees of latitude that a view shows at least."""
MOST_SPAN = 110.0
"""Where more would have to show, it is the whole world."""
MARGIN = 1.35
COUNTED = 0.02
"""A country that likely belongs into the view, and is labelled."""
SHADED = 0.002
SHADE_POWER = 0.6
"""Below 1, so that a few per cent can be seen beside a hundred."""
LEAST_STEP = 0.8
"""Units of the picture."""
FURTHEST_KM = 9000.0
"""A larger circle is no circle on the map."""
LABEL_WIDTH, LABEL_HEIGHT = 55.0, 22.0
"""A label closer to the estimated point moves above it."""
_BEARINGS = np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False)


@frozen
class View:
    """A part of the earth on the picture."""

    middle: tuple[float, float]
    """Latitude and longitude, degrees."""
    scale: float
    """Units of the picture in a degree of latitude."""
    squeeze: float
    """A degree of longitude in degrees of latitude."""

    def project(self, points: Array) -> Array:
        """Return x and y of (N, 2) latitudes and longitudes; what hangs together stays so."""
        lat, lon = self.middle
        east = points[:, 1] - lon
        turns = np.round(east.mean() / 360.0) * 360.0
        x = WIDTH / 2 + (east - turns) * self.squeeze * self.scale
        return np.stack([x, HEIGHT / 2 - (points[:, 0] - lat) * self.scale], axis=1)

    def at(self, place: Location) -> tuple[float, float]:
        """Return x and y of a place."""
        [[x, y]] = self.project(np.array([[place.lat, place.lon]])).tolist()
        return x, y


WORLD = View((12.0, 11.0), HEIGHT / 150.0, 0.74)
"""All of it but the poles, cut in the Pacific."""


def render_map(told: Explanation, atlas: Atlas) -> str:
    """Return the map as an SVG element that needs nothing from elsewhere."""
    view = view_of(told, atlas)
    layers = (
        _land(told, atlas, view),
        _reaches(told, view),
        _region(told, view),
        _labels(told, atlas, view),
        _landmarks(told, view),
        _point(told, view),
    )
    inner = "\n".join(part for layer in layers for part in layer)
    said = f"Map: where the browser probably is; {told.country} is the likeliest country"
    return (
        f'<svg class="map" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img"'
        f' aria-label="{escape(said)}">\n'
        f'<rect class="sea" width="{WIDTH:.0f}" height="{HEIGHT:.0f}"/>\n{inner}\n</svg>'
    )


def view_of(told: Explanation, atlas: Atlas) -> View:
    """Return the smallest view that shows what matters, with a margin."""
    shown = np.array(list(_interesting(told, atlas)))
    lon = _middle_lon(shown[:, 1])
    east = (shown[:, 1] - lon + 180.0) % 360.0 - 180.0
    lat_span = np.ptp(shown[:, 0])
    lat = (shown[:, 0].min() + shown[:, 0].max()) / 2
    lon += (east.min() + east.max()) / 2
    squeeze = max(math.cos(math.radians(lat)), 0.5)
    span = max(lat_span, np.ptp(east) * squeeze * HEIGHT / WIDTH) * MARGIN
    if span > MOST_SPAN:
        return WORLD
    span = max(float(span), LEAST_SPAN)
    lat = min(max(lat, span / 2 - 80.0), 86.0 - span / 2)
    return View((float(lat), float(lon)), HEIGHT / span, squeeze)


def _middle_lon(lon: Array) -> float:
    """Return the direction in which the longitudes lie together."""
    turned = np.radians(lon)
    return math.degrees(math.atan2(np.sin(turned).sum(), np.cos(turned).sum()))


def _interesting(told: Explanation, atlas: Atlas) -> Iterator[tuple[float, float]]:
    for share in told.countries:
        if share.probability >= COUNTED or share.name == told.country:
            row = atlas.country_row[share.name]
            for point in np.flatnonzero(atlas.point_weight[row] >= COUNTED).tolist():
                yield float(atlas.point_lat[row, point]), float(atlas.point_lon[row, point])
    yield from ((mark.place.lat, mark.place.lon) for mark in told.landmarks)
    place, radius = told.verdict.estimated_location, told.verdict.confidence_radius_km
    if place is not None and radius is not None and radius < FURTHEST_KM:
        yield from map(tuple, _circle(place, radius).tolist())
    yield from ((at.lat, at.lon) for at in told.verdict.feasible_region or ())


# --- layers ------------------------------------------------------------------------------------


def _land(told: Explanation, atlas: Atlas, view: View) -> Iterator[str]:
    mass = {share.name: share.probability for share in told.countries}
    paths: dict[int, list[str]] = {}
    ends = atlas.shape_end.tolist()
    for start, end, row in zip([0, *ends], ends, atlas.shape_country.tolist(), strict=False):
        ring = _unrolled(atlas.shape_point[start:end] / PER_DEGREE)
        paths.setdefault(row, []).extend(_drawn(view, ring))
    for row, drawn in sorted(paths.items()):
        if not drawn:
            continue
        code = atlas.countries[row] if row >= 0 else ""
        share = mass.get(code, 0.0)
        shade, title = "", ""
        if share >= SHADED:
            part = 8.0 + 86.0 * share**SHADE_POWER
            mixed = f"color-mix(in srgb, var(--mass) {part:.0f}%, var(--land))"
            shade, title = f' style="fill:{mixed}"', f"<title>{escape(code)} {share:.2%}</title>"
        yield f'<path class="land"{shade} d="{"".join(drawn)}">{title}</path>'


def _unrolled(ring: Array) -> Array:
    """Count longitudes on over the date line; what goes round a pole is closed beyond it."""
    ring = np.column_stack([ring[:, 0], np.unwrap(ring[:, 1], period=360.0)])
    if abs(ring[-1, 1] - ring[0, 1]) < 180.0:  # noqa: PLR2004 - degrees
        return ring
    pole = math.copysign(90.0, ring[0, 0])
    return np.concatenate([ring, [[pole, ring[-1, 1]], [pole, ring[0, 1]]]])


def _drawn(view: View, ring: Array) -> Iterator[str]:
    """Return a ring as it shows in the view; one that is cut at the date line may show twice."""
    base = view.project(ring)
    turn = 360.0 * view.squeeze * view.scale
    for shift in (-turn, 0.0, turn):
        xy = base + np.array([shift, 0.0])
        low, high = xy.min(axis=0), xy.max(axis=0)
        outside = high[0] < 0 or low[0] > WIDTH or high[1] < 0 or low[1] > HEIGHT
        if not outside and (high - low).max() >= 1.0:
            yield path_of(_cropped(xy))


def _cropped(xy: Array) -> Array:
    """Pull in what is far outside of the picture; the border shows the same."""
    return np.clip(xy, [-WIDTH, -HEIGHT], [2 * WIDTH, 2 * HEIGHT])


def path_of(xy: Array) -> str:
    """Return a closed path through the points, leaving out steps that nobody sees."""
    kept = [xy[0]]
    for at in xy[1:]:
        if abs(at[0] - kept[-1][0]) + abs(at[1] - kept[-1][1]) >= LEAST_STEP:
            kept.append(at)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept) + "Z"


def _reaches(told: Explanation, view: View) -> Iterator[str]:
    """Return the circle about each landmark that no answer comes from beyond."""
    for mark in told.landmarks:
        if 0 < mark.reach_km < FURTHEST_KM:
            ring = view.project(_circle(mark.place, mark.reach_km))
            yield f'<path class="reach" d="{path_of(_cropped(ring))}"/>'


def _region(told: Explanation, view: View) -> Iterator[str]:
    verdict = told.verdict
    if verdict.feasible_region:
        ring = np.array([(at.lat, at.lon) for at in verdict.feasible_region])
        yield f'<path class="region" d="{path_of(view.project(ring))}"/>'
    place, radius = verdict.estimated_location, verdict.confidence_radius_km
    if place is not None and radius is not None and radius < FURTHEST_KM:
        ring = view.project(_circle(place, radius))
        yield f'<path class="radius" d="{path_of(_cropped(ring))}"/>'


def _labels(told: Explanation, atlas: Atlas, view: View) -> Iterator[str]:
    place = told.verdict.estimated_location
    px, py = (-WIDTH, -HEIGHT) if place is None else view.at(place)
    for share in told.countries:
        if share.probability < COUNTED:
            continue
        row = atlas.country_row[share.name]
        weight = atlas.point_weight[row]
        x, y = view.at(
            Location(
                float(atlas.point_lat[row] @ weight),
                _mean_lon(atlas.point_lon[row], weight),
            )
        )
        if abs(x - px) < LABEL_WIDTH and abs(y - py) < LABEL_HEIGHT:
            x, y = px, py - LABEL_HEIGHT
        said = f"{escape(share.name)} {share.probability:.1%}"
        yield f'<text class="label" x="{x:.1f}" y="{y:.1f}">{said}</text>'


def _mean_lon(lon: Array, weight: Array) -> float:
    turned = np.radians(lon)
    return math.degrees(math.atan2(np.sin(turned) @ weight, np.cos(turned) @ weight))


def _landmarks(told: Explanation, view: View) -> Iterator[str]:
    for mark in told.landmarks:
        x, y = view.at(mark.place)
        ms = mark.kernel_ms if mark.kernel_ms is not None else mark.app_ms
        said = "" if ms is None else f"{ms:.1f} ms"
        yield f'<rect class="edge" x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10"/>'
        yield f'<text class="small" x="{x + 10:.1f}" y="{y + 4:.1f}">{said}</text>'


def _point(told: Explanation, view: View) -> Iterator[str]:
    place = told.verdict.estimated_location
    if place is not None:
        x, y = view.at(place)
        yield f'<circle class="halo" cx="{x:.1f}" cy="{y:.1f}" r="11"/>'
        yield f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'


def _circle(place: Location, radius_km: float) -> Array:
    """Return (N, 2) points so far from a place, longitudes counted on from its own."""
    lat, away = math.radians(place.lat), radius_km / EARTH_RADIUS_KM
    height = math.sin(lat) * math.cos(away) + math.cos(lat) * math.sin(away) * np.cos(_BEARINGS)
    east = np.arctan2(
        np.sin(_BEARINGS) * math.sin(away) * math.cos(lat),
        math.cos(away) - math.sin(lat) * height,
    )
    return np.stack([np.degrees(np.arcsin(height)), place.lon + np.degrees(east)], axis=1)


def legend(told: Explanation) -> Sequence[tuple[str, str]]:
    """Return the marks that the map shows: class and meaning."""
    marks = [("mass", "probability of the country")]
    if told.verdict.estimated_location is not None:
        marks += [("point", "estimated point"), ("radius", "circle that holds 90 %")]
    if told.landmarks:
        marks += [("edge", "landmark, kernel round trip"), ("reach", "as far as it can reach")]
    if told.verdict.feasible_region:
        marks.append(("region", "feasible region"))
    return marks
