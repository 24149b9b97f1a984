"""Where light lets the browser be: the part of the earth that every landmark can reach in time.

    region = ∩_j { distance to edge j ≤ 100 km/ms · r_j + 25 km }

r_j is the application's smallest round trip to edge j, which no transport can shorten, else the
kernel's. The bound is light in glass, there and back, and rejected no true location in two measured
data sets.

A cap smaller than a hemisphere is convex on the sphere, and so is what several share. Seen from a
point inside, its border is therefore one distance a bearing. On the ray p cos t + u sin t from the
point p in the direction u the cap about edge c of radius R ends at

    t = φ + arccos(cos R / A),   A cos φ = p · c,   A sin φ = u · c

and the nearest end counts. Chords of those vertices lie inside. Nobody lives within five degrees of
a pole, so rays end there too; no ray then crosses the meridian opposite of p, and longitudes can be
counted on from that of p. What runs over the date line is cut off there, because a ring of vertices
cannot cross it. Sorted by their angle about p the vertices make a ring that never crosses itself.

Fewer than three landmarks give no region: it would give the measurement away.

Source: ours; `atlas.delay` for the bound.
"""

import math
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.schema.verdict import Location
from octet.service.atlas.container import Array
from octet.service.atlas.delay import REACH_KM_PER_MS
from octet.service.atlas.sphere import EARTH_RADIUS_KM
from octet.service.engine.paths import Landmark
from octet.service.engine.places import unit_vectors

LEAST_LANDMARKS = 3
SLACK_KM = 25.0
"""A place stands for its surroundings, an edge's location for its town."""
WIDEST_KM = 9500.0
"""A cap about as large as a hemisphere, and a larger one, says nothing."""
BEARINGS = 72
POLE_LAT = 85.0
DATE_LINE = 180.0
FLAT_SHARE = 0.01
"""A vertex goes that is so little off the line between its neighbours, by its distance from the
point inside: what is near decides whether the ring still holds that point."""
DIGITS = 2
LEAST_VERTICES = 3

Point = Sequence[float]
"""Latitude and longitude, degrees."""


@frozen(eq=False)
class Reach:
    """The caps that some landmarks leave open."""

    centre: Array
    """(J, 3) unit vectors of the edges."""
    cosine: Array
    """(J,) of the caps' angular radii."""

    def holds(self, unit: Array) -> Array:
        """Say of each point, (N, 3) unit vectors, whether it is in all caps."""
        return np.asarray((unit @ self.centre.T >= self.cosine).all(axis=1))


def reach(landmarks: Sequence[Landmark]) -> Reach | None:
    """Return what the landmarks leave open; None when they are too few, or tell nothing."""
    if len(landmarks) < LEAST_LANDMARKS:
        return None
    ms = np.array([m.kernel_ms if m.app_ms is None else m.app_ms for m in landmarks], np.float64)
    radius_km = REACH_KM_PER_MS * ms + SLACK_KM
    small = radius_km < WIDEST_KM
    if not small.any():
        return None
    lat, lon = (np.array([getattr(m.place, name) for m in landmarks]) for name in ("lat", "lon"))
    return Reach(unit_vectors(lat, lon)[small], np.cos(radius_km[small] / EARTH_RADIUS_KM))


def polygon(found: Reach, inside: Location) -> tuple[Location, ...] | None:
    """Return the region's border about a point, an open ring; None when there is none.

    Args:
        found: the caps.
        inside: a point; where it is not in all caps there is no region that holds it.
    """
    here = unit_vectors(np.array([inside.lat]), np.array([inside.lon]))
    if abs(inside.lat) >= POLE_LAT or not found.holds(here)[0]:
        return None
    centre = np.array([inside.lat, inside.lon])
    border = _clipped(_border(found, here[0], centre), centre)
    away = border - centre
    ring = border[np.argsort(np.arctan2(away[:, 0], away[:, 1]), kind="stable")]
    vertices = dict.fromkeys(
        (round(lat, DIGITS), round(lon, DIGITS))
        for lat, lon in _simplified(ring.tolist(), (inside.lat, inside.lon))
    )
    if len(vertices) < LEAST_VERTICES:
        return None
    return tuple(Location(lat, lon) for lat, lon in vertices)


def _border(found: Reach, here: Array, centre: Array) -> Array:
    """Return (BEARINGS, 2) latitudes, and longitudes counted on from the centre's."""
    lon = np.radians(centre[1])
    east, out = np.array([-np.sin(lon), np.cos(lon), 0.0]), np.array([np.cos(lon), np.sin(lon), 0])
    bearing = np.linspace(0.0, 2.0 * np.pi, BEARINGS, endpoint=False)[:, None]
    towards = np.cos(bearing) * np.cross(here, east) + np.sin(bearing) * east
    along, across = here @ found.centre.T, towards @ found.centre.T
    # The centre is inside, so every quotient is a cosine but for rounding.
    cosine = np.clip(found.cosine / np.hypot(along, across), -1.0, 1.0)
    ends = (np.arctan2(across, along) + np.arccos(cosine)).min(axis=1)
    away = np.minimum(ends, _pole_ends(here[2], towards[:, 2]))[:, None]
    point = here * np.cos(away) + towards * np.sin(away)
    lat = np.degrees(np.arcsin(np.clip(point[:, 2], -1.0, 1.0)))
    return np.stack([lat, centre[1] + np.degrees(np.arctan2(point @ east, point @ out))], axis=1)


def _pole_ends(height: float, climb: Array) -> Array:
    """Return where rays come within five degrees of a pole, radians; π where they do not."""
    limit = np.sin(np.radians(POLE_LAT))
    ends = np.full(len(climb), np.pi)
    for sign in (1.0, -1.0):
        top = np.hypot(height, climb)
        meets = np.arctan2(sign * climb, sign * height) - np.arccos(np.minimum(limit / top, 1.0))
        ends = np.where((top > limit) & (meets > 0), np.minimum(ends, meets), ends)
    return ends


def _clipped(ring: Array, centre: Array) -> Array:
    """Cut off what is beyond the date line."""
    beyond = ring[:, 1] * (1.0 if centre[1] >= 0 else -1.0) - DATE_LINE
    if beyond.max() <= 0:
        return ring
    kept: list[Array] = []
    for here in range(len(ring)):
        there = (here + 1) % len(ring)
        if beyond[here] <= 0:
            kept.append(ring[here])
        if bool(beyond[here] > 0) is not bool(beyond[there] > 0):
            part = beyond[here] / (beyond[here] - beyond[there])
            kept.append(ring[here] + part * (ring[there] - ring[here]))
    return np.array(kept)


def _simplified(ring: list[Point], centre: Point) -> list[Point]:
    """Leave out vertices that lie on the line between their neighbours, all but."""
    kept = list(ring)
    at = 0
    while at < len(kept) and len(kept) > LEAST_VERTICES:
        before, here, after = kept[at - 1], kept[at], kept[(at + 1) % len(kept)]
        chord = max(math.dist(before, after), 1e-9)
        flat = abs(_turn(before, here, after)) < FLAT_SHARE * math.dist(here, centre) * chord
        if flat and _turn(centre, before, after) < 0:
            del kept[at]
        else:
            at += 1
    return kept


def _turn(one: Point, two: Point, three: Point) -> float:
    """Return twice the area of a triangle of (latitude, longitude); turning left is negative."""
    return (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])
