"""From the globe to a plane: x to the east, y to the north."""

import math
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, Self

from attrs import frozen

from examples.customer_app.topology import Line, Point

XY = tuple[float, float]
"""A point of the plane."""

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius, IUGG."""
KM_PER_DEG: Final = EARTH_RADIUS_KM * math.pi / 180
_NUDGE: Final = 1.2345e-6
"""Some metres, as a part of 90 degrees; round in no grid."""
_ARC_STEP: Final = math.radians(10)
"""Along the rim: nobody sees it, but its chords must stay out of the picture."""


class Projection(Protocol):
    """What a map needs to know of a projection."""

    def rings(self, ring: Line) -> Iterator[list[XY]]:
        """Yield the outlines that fill *ring*'s inside by the even-odd rule, where in reach."""

    def lines(self, line: Line) -> Iterator[list[XY]]:
        """Yield those runs of *line* that are in reach."""


@frozen
class Azimuthal:
    """Azimuthal equidistant, in km: distance and direction from the centre are true.

    So the circle of all places at one distance from the centre is a true circle on the map.
    """

    lat: float
    lon: float
    reach_km: float
    """What lies further from the centre is not drawn; less than half way around the earth."""

    @classmethod
    def near(cls, *, lat: float, lon: float, reach_km: float) -> Self:
        """Return the projection about a place some metres away.

        Poles, the antimeridian and quantised borders have round coordinates. A ring that runs
        exactly through the centre has no inside there, and `rings` needs one.
        """
        return cls(lat * (1 - _NUDGE), lon + 100 * _NUDGE, reach_km)

    def polar(self, *, lat: float, lon: float) -> tuple[float, float]:
        """Return distance (km) and azimuth (radians, clockwise from north) from the centre.

        Source: the great-circle formula that is exact at all distances (Vincenty, on a sphere).
        """
        here, there = math.radians(self.lat), math.radians(lat)
        turn = math.radians(lon - self.lon)
        east = math.cos(there) * math.sin(turn)
        north = math.cos(here) * math.sin(there)
        north -= math.sin(here) * math.cos(there) * math.cos(turn)
        up = math.sin(here) * math.sin(there) + math.cos(here) * math.cos(there) * math.cos(turn)
        angle = math.atan2(math.hypot(east, north), up)
        return EARTH_RADIUS_KM * angle, math.atan2(east, north)

    def point(self, *, lat: float, lon: float) -> XY:
        """Return where the point lies on the plane."""
        return _xy(*self.polar(lat=lat, lon=lon))

    def rings(self, ring: Line) -> Iterator[list[XY]]:
        """Yield *ring* with all that is out of reach pulled in to the rim.

        The pulled ring may have lost or gained the whole disc, for instance when the ring holds
        the antipode. The centre tells: it must lie inside the one as it does inside the other.
        """
        inside = ring.encloses(lat=self.lat, lon=self.lon)
        winding = 0.0
        outline: list[XY] = []
        if self._may_reach(ring):
            outline, winding = self._pulled(ring.points)
            yield outline
        if inside != (round(winding / math.tau) % 2 == 1):
            yield [_xy(self.reach_km, azimuth) for azimuth in _arc(0, math.tau)]

    def lines(self, line: Line) -> Iterator[list[XY]]:
        """Yield the runs of *line* in reach, each with the step that leaves it."""
        if not self._may_reach(line):
            return
        run: list[XY] = []
        for lat, lon in line.points:
            distance, azimuth = self.polar(lat=lat, lon=lon)
            if distance < self.reach_km:
                run.append(_xy(distance, azimuth))
            elif run:
                yield run
                run = []
        if run:
            yield run

    def _may_reach(self, line: Line) -> bool:
        """Tell by latitude alone, which spares most lines the trigonometry."""
        reach = self.reach_km / KM_PER_DEG
        return line.south < self.lat + reach and line.north > self.lat - reach

    def _pulled(self, points: Iterable[Point]) -> tuple[list[XY], float]:
        """Return the outline within the rim, and the angle by which it goes about the centre."""
        outline: list[XY] = []
        first = angle = rim_angle = 0.0
        was_out = False
        for lat, lon in points:
            distance, azimuth = self.polar(lat=lat, lon=lon)
            if not outline:
                first = angle = azimuth
            last_angle = angle
            angle += math.remainder(azimuth - angle, math.tau)
            out = distance > self.reach_km
            if out and not was_out:
                rim_angle = angle
                outline.append(_xy(self.reach_km, angle))
            elif out and abs(angle - rim_angle) > _ARC_STEP:
                outline += [_xy(self.reach_km, a) for a in _arc(rim_angle, angle)]
                rim_angle = angle
            elif not out:
                if was_out:
                    outline.append(_xy(self.reach_km, last_angle))
                outline.append(_xy(distance, azimuth))
            was_out = out
        return outline, angle - first


@frozen
class Miller:
    """Miller's cylindrical projection of the whole world: x from -pi to pi.

    y = 1.25 ln tan(pi / 4 + 0.4 lat)
    """

    def rings(self, ring: Line) -> Iterator[list[XY]]:
        """Yield *ring* once on each side of the antimeridian that it touches."""
        return self.lines(ring)

    def lines(self, line: Line) -> Iterator[list[XY]]:
        """Yield *line* once on each side of the antimeridian that it touches."""
        for turn in (-360, 0, 360):
            if line.west + turn < 180 and line.east + turn > -180:  # noqa: PLR2004 - half a turn
                yield [self.point(lat=lat, lon=lon + turn) for lat, lon in line.points]

    def point(self, *, lat: float, lon: float) -> XY:
        """Return where the point lies on the plane."""
        return math.radians(lon), 1.25 * math.log(math.tan(math.pi / 4 + 0.4 * math.radians(lat)))


def _xy(distance: float, azimuth: float) -> XY:
    return distance * math.sin(azimuth), distance * math.cos(azimuth)


def _arc(start: float, end: float) -> list[float]:
    """Return angles from *start* to *end*, close enough for a smooth rim."""
    count = math.ceil(abs(end - start) / _ARC_STEP)
    return [start + (end - start) * i / count for i in range(count)]
