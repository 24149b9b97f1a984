"""The representative points of all countries in a row, as the engine reckons with them."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from attrs import define

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.atlas.sphere import EARTH_RADIUS_KM


def unit_vectors(lat: Array, lon: Array) -> Array:
    """Return (N, 3) of degrees north and east: towards 0° 0°, 0° 90° E, and the north pole."""
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


@define(slots=False, eq=False)
class Places:
    """N points of C countries, those of one country together and in the order of the countries."""

    lat: Array
    """(N,) degrees north."""
    lon: Array
    """(N,) degrees east."""
    weight: Array
    """(N,) share of the country's people near the point."""
    zone: Array
    """(N,) row of the point's time zone, or -1."""
    first: Array
    """(C + 1,) where each country's points begin, and N."""

    @classmethod
    def of(cls, atlas: Atlas) -> "Places":
        """Return the places of *atlas*; every country has at least one."""
        country, point = np.nonzero(atlas.point_weight > 0)
        return cls(
            lat=atlas.point_lat[country, point],
            lon=atlas.point_lon[country, point],
            weight=atlas.point_weight[country, point],
            zone=atlas.point_zone[country, point],
            first=np.searchsorted(country, np.arange(len(atlas.countries) + 1)),
        )

    @cached_property
    def country(self) -> Array:
        """(N,) row of the point's country."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    @cached_property
    def unit(self) -> Array:
        """(N, 3) the points as unit vectors."""
        return unit_vectors(self.lat, self.lon)

    @cached_property
    def _of_country(self) -> list[Array]:
        """Numbers of each country's points."""
        return np.split(np.arange(len(self.country)), self.first[1:-1])

    def of_countries(self, rows: Iterable[int]) -> Array:
        """Return the numbers of all points of some countries, in the order of these."""
        return np.concatenate([self._of_country[row] for row in rows])

    def by_country(self, at_point: Array) -> Array:
        """Return the mean over each country's people of a value at the points, (…, N) to (…, C)."""
        return np.add.reduceat(at_point * self._single, self.first[:-1], axis=-1)

    def apart_km(self, some: Array, others: Array) -> Array:
        """Return the distances between points, by their numbers."""
        cosine = self.unit[some] @ self.unit[others].T
        return np.asarray(EARTH_RADIUS_KM * np.arccos(np.maximum(np.minimum(cosine, 1.0), -1.0)))

    @cached_property
    def _single(self) -> Array:
        return self.weight.astype(np.float32)
