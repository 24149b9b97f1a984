"""Where in the country: a point, and the circle about it that holds 90 % of the probability.

Every country is its representative points; a point's mass is

    P(point | z) ∝ P(c | z) · share of the country's people near it · f

where f is 1 in the browser's time zone and 0.1 elsewhere.

The answer is the point of the best country with the least mean distance to all mass, and the
smallest radius that holds 90 % of it, at least 25 km, because a point stands for its surroundings.

From three landmarks on f is also 0 outside of the region that they leave open (`feasible`). With
fewer no delay enters: a finer circle would give the measurement away. Source: ours.
"""

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


@frozen
class Circle:
    """A point and the radius about it."""

    centre: Location
    radius_km: float


def circle(
    places: Places, country: Array, best: int, zone: int | None, found: Reach | None = None
) -> Circle:
    """Return where the browser probably is.

    Args:
        places: the points.
        country: (C,) P(c | z).
        best: row of the country that the verdict names.
        zone: row of the browser's time zone, None for unknown.
        found: what the landmarks leave open.
    """
    likely = country > LEAST_MASS
    likely[best] = True
    points = places.of_countries(np.flatnonzero(likely).tolist())
    of = places.country[points]
    mass, mine = country[of] * _share(places, points, of, zone), of == best
    if found is not None:
        open_to = found.holds(places.unit[points])
        # Where the country that the rest names has no such place, the landmarks are not believed.
        if (open_to & mine).any():
            points, mass, mine = points[open_to], mass[open_to], mine[open_to]
    own = points[mine]
    away = places.apart_km(own, points)
    centre = int(np.argmin(away @ mass))
    order = np.argsort(away[centre])
    held = np.cumsum(mass[order])
    radius = away[centre][order][int(np.searchsorted(held, HELD * held[-1]))]
    point = own[centre]
    return Circle(
        Location(round(float(places.lat[point]), DIGITS), round(float(places.lon[point]), DIGITS)),
        float(np.ceil(max(radius, LEAST_KM))),
    )


def _share(places: Places, points: Array, country: Array, zone: int | None) -> Array:
    """Return how the probability of each country falls on its points, all of which are there."""
    share = places.weight[points]
    if zone is None:
        return share
    share = share * np.where(places.zone[points] == zone, 1.0, OTHER_ZONE)
    return np.asarray(share / np.bincount(country, share)[country])
