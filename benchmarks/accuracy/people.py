"""Where visitors are, where they are at home, and what they speak."""

import numpy as np

from benchmarks.accuracy.paths import Point
from benchmarks.accuracy.space import Kind, Space
from benchmarks.accuracy.world import World
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array

DEFAULT_LANGUAGE = "en-US"


class People:
    """Draws the people of one world; the generator is passed in."""

    def __init__(self, atlas: Atlas, space: Space, world: World, rng: np.random.Generator) -> None:
        self._atlas, self._world, self._rng = atlas, world, rng
        weights = atlas.population**world.audience_power
        self._audience = {kind: weights * space.countries(kind) for kind in Kind}
        self._ends = {kind: np.cumsum(weights) for kind, weights in self._audience.items()}
        self._point_ends = np.cumsum(atlas.point_weight, axis=1)
        self._language_ends = np.cumsum(atlas.language_share, axis=1)

    def country(self, kind: Kind) -> int:
        """Return the country of somebody with an address of the kind."""
        return self._pick(self._ends[kind])

    def any_of(self, kind: Kind, country: int) -> bool:
        """Tell whether there are addresses of the kind in the country."""
        return bool(self._audience[kind][country])

    def other(self, here: int, kind: Kind) -> int:
        """Return another country with addresses of the kind."""
        while (there := self.country(kind)) == here:
            pass
        return there

    def journey(self, here: int, kind: Kind = Kind.HOME) -> int:
        """Return the home of somebody who visits *here*."""
        near = self._world.nearness(self._atlas.distance_km[here])
        weights = self._audience[kind] * near
        weights[here] = 0.0
        return self._pick(np.cumsum(weights))

    def place(self, country: int) -> tuple[Point, int]:
        """Return where in the country somebody is, and the row of the time zone there."""
        atlas = self._atlas
        at = self._pick(self._point_ends[country])
        zone = int(atlas.point_zone[country, at])
        if zone < 0:
            zone = int(np.argmax(atlas.zone_share[country]))
        return (float(atlas.point_lat[country, at]), float(atlas.point_lon[country, at])), zone

    def languages(self, country: int) -> tuple[str, ...]:
        """Return what a browser asks for whose owner is at home in the country."""
        if self._rng.random() < self._world.plain_english:
            return (DEFAULT_LANGUAGE, "en")
        key = self._atlas.languages[self._pick(self._language_ends[country])]
        return (f"{key.replace('_', '-')}-{self._atlas.countries[country]}",)

    def _pick(self, ends: Array) -> int:
        """Return one of those whose cumulative weights are given."""
        return int(np.searchsorted(ends, self._rng.random() * ends[-1], side="right"))
