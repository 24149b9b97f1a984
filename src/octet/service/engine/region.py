"""Where in the country: a point, and the circle about it that holds 90 % of the probability.

Every country is its representative points; a point's mass is

    P(point | z) ∝ P(c | z) · share of the country's people near it · f

where f is 1 in the browser's time zone and 0.1 elsewhere.

The answer is the point of the best country with the least mean distance to all mass, and the
smallest radius that holds 90 % of it, at least 25 km, because a point stands for its surroundings.

From three landmarks on f is also 0 outside of the region that they leave open (`feasible`). With
fewer no delay enters: a finer circle would give the measurement away. Source: ours.
"""

from functools import lru_cache

import numpy as np
from attrs import frozen

from octet.schema.verdict import Location
from octet.service.atlas.container import Array
from octet.service.engine.feasible import Reach
from octet.service.engine.places import Places

HELD = 0.90
LEAST_KM = 25.0
OTHER_ZONE = 0.1
LEAST_MASS = 0.01
"""Only likely countries' points are weighed; the rest cannot move 90 % of the mass."""
DIGITS = 2
"""Of the coordinates in the answer: about a kilometre, finer than what is known."""
CIRCLES_KEPT = 2048
"""Of a country and a time zone; most verdicts leave one country likely."""


@frozen
class Circle:
    """A point and the radius about it."""

    centre: Location
    radius_km: float


class Region:
    """Circles over the points of one atlas; where only one country is likely, they are kept.

    A bounded memory of a pure function: it changes speed, never an answer.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._alone = lru_cache(maxsize=CIRCLES_KEPT)(self._of_one)

    def circle(
        self, country: Array, best: int, zone: int | None, found: Reach | None = None
    ) -> Circle:
        """Return where the browser probably is.

        Args:
            country: (C,) P(c | z).
            best: row of the country that the verdict names.
            zone: row of the browser's time zone, None for unknown.
            found: what the landmarks leave open.
        """
        likely = country > LEAST_MASS
        likely[best] = True
        rows = np.flatnonzero(likely).tolist()
        if found is None and len(rows) == 1:
            return self._alone(best, zone)
        points = self._places.of_countries(rows)
        of = self._places.country[points]
        mass, mine = country[of] * self._share(points, of, zone), of == best
        if found is not None:
            open_to = found.holds(self._places.unit[points])
            # Where the best country has no such place, the landmarks are not believed.
            if (open_to & mine).any():
                points, mass, mine = points[open_to], mass[open_to], mine[open_to]
        return self._holding(points, mass, points[mine])

    def _of_one(self, country: int, zone: int | None) -> Circle:
        points = self._places.of_countries([country])
        return self._holding(
            points, self._share(points, self._places.country[points], zone), points
        )

    def _holding(self, points: Array, mass: Array, own: Array) -> Circle:
        """Return the circle about the *own* point with the least mean distance to all mass."""
        away = self._places.apart_km(own, points)
        centre = int(np.argmin(away @ mass))
        order = np.argsort(away[centre])
        held = np.cumsum(mass[order])
        radius = away[centre][order][int(np.searchsorted(held, HELD * held[-1]))]
        lat, lon = float(self._places.lat[own[centre]]), float(self._places.lon[own[centre]])
        return Circle(
            Location(round(lat, DIGITS), round(lon, DIGITS)),
            float(np.ceil(max(radius, LEAST_KM))),
        )

    def _share(self, points: Array, country: Array, zone: int | None) -> Array:
        """Return how each country's probability falls on its points, all of which are there."""
        share = self._places.weight[points]
        if zone is None:
            return share
        share = share * np.where(self._places.zone[points] == zone, 1.0, OTHER_ZONE)
        return np.asarray(share / np.bincount(country, share)[country])
