"""Distances on the earth, taken as a sphere (error up to 0.5 %, far below what delays resolve)."""

from typing import Any

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius, IUGG."""

Numbers = float | npt.NDArray[Any]


def distance_km(
    *, lat: Numbers, lon: Numbers, to_lat: Numbers, to_lon: Numbers
) -> npt.NDArray[np.float64]:
    """Return great-circle distances in kilometres; degrees in, shapes broadcast.

    hav = sin²(Δlat / 2) + cos lat · cos to_lat · sin²(Δlon / 2);  d = 2 R asin √hav

    Source: the haversine formula.
    """
    south, north = np.radians(lat), np.radians(to_lat)
    east = np.radians(np.asarray(to_lon) - lon)
    hav = np.sin((north - south) / 2) ** 2 + np.cos(south) * np.cos(north) * np.sin(east / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(hav, 0.0, 1.0))))
