"""The representative points of all countries in a row, as the engine reckons with them."""

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

    def by_country(self, at_point: Array) -> Array:
        """Return the mean over each country's people of a value at the points, (…, N) to (…, C)."""
        return np.add.reduceat(at_point * self._single, self.first[:-1], axis=-1)

    def away_km(self, country: int) -> Array:
        """Return the distances from a country's points to all, (its points, N); kept."""
        found = self._away_km[country]
        if found is None:
            mine = self.unit[self.first[country] : self.first[country + 1]]
            cosine = np.maximum(np.minimum(mine @ self.unit.T, 1.0), -1.0)
            found = (EARTH_RADIUS_KM * np.arccos(cosine)).astype(np.float32)
            self._away_km[country] = found
        return found

    @cached_property
    def _away_km(self) -> list[Array | None]:
        return [None] * (len(self.first) - 1)

    @cached_property
    def _single(self) -> Array:
        return self.weight.astype(np.float32)
