"""Where in the country: a point, and the circle about it that holds 90 % of the probability.

Every country is its representative points; a point's mass is

    P(point | z) ∝ P(c | z) · share of the country's people near it · f

where f is 1 in the browser's time zone and 0.1 elsewhere.

The answer is the point of the best country with the least mean distance to all mass, and the
smallest radius that holds 90 % of it, at least 25 km, because a point stands for its surroundings.

No delay enters: with one or two landmarks a finer circle would give the measurement away, for which
reason there is no feasible region either. Source: ours.
"""

import numpy as np
from attrs import frozen

from octet.schema.verdict import Location
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.atlas.sphere import distance_km

HELD = 0.90
LEAST_KM = 25.0
OTHER_ZONE = 0.1
COUNTRIES = 6
"""Only the likeliest countries' points are weighed; the rest cannot move 90 % of the mass."""
DIGITS = 2
"""Of the coordinates in the answer: about a kilometre, finer than what is known."""


@frozen
class Circle:
    """A point and the radius about it."""

    centre: Location
    radius_km: float


def circle(atlas: Atlas, country: Array, best: int, zone: int | None) -> Circle:
    """Return where the browser probably is.

    Args:
        atlas: the places.
        country: (C,) P(c | z).
        best: row of the country that the verdict names.
        zone: row of the browser's time zone, None for unknown.
    """
    rows = np.unique(np.append(np.argsort(-country)[: COUNTRIES - 1], best))
    share = atlas.point_weight[rows]
    if zone is not None:
        share = share * np.where(atlas.point_zone[rows] == zone, 1.0, OTHER_ZONE)
        share = share / share.sum(axis=1, keepdims=True)
    mass = (share * country[rows, None]).ravel()
    lat, lon = atlas.point_lat[rows].ravel(), atlas.point_lon[rows].ravel()
    inside = np.flatnonzero(np.repeat(rows == best, share.shape[1]) & (mass > 0))
    away = distance_km(lat=lat[inside, None], lon=lon[inside, None], to_lat=lat, to_lon=lon)
    chosen = int(np.argmin(away @ mass))
    centre = int(inside[chosen])
    order = np.argsort(away[chosen], kind="stable")
    held = np.cumsum(mass[order]) / mass.sum()
    radius = away[chosen][order][int(np.searchsorted(held, HELD))]
    return Circle(
        Location(round(float(lat[centre]), DIGITS), round(float(lon[centre]), DIGITS)),
        float(np.ceil(max(radius, LEAST_KM))),
    )
