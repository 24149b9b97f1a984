"""How long packets take in a world, and how much later than its kernel a browser answers."""

import itertools
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from attrs import frozen

from benchmarks.accuracy.world import World
from benchmarks.channel_noise.table import deltas_ms
from octet.service.atlas.container import Array
from octet.service.atlas.sphere import EARTH_RADIUS_KM

NOISE: Final = Path(__file__).parents[1] / "results/channel_noise.json"
LIGHT_MS_PER_KM: Final = 0.01
"""There and back in glass."""

DETOUR_SHAPE: Final = 2.0
ROUTERS_MS: Final = 1.5
SLOW_PAGE_MS: Final = (5.0, 40.0)
SPLIT_MS: Final = (30.0, 600.0)
"""What stands between carrier and device where the carrier ends TCP."""

TO_ORBIT_MS: Final = (490.0, 680.0)
"""Up, down, and back again through a satellite 36,000 km above the equator."""
TOR_RELAY_MS: Final = 30.0
"""Mean of what each relay of Tor adds."""

Point = tuple[float, float]
"""Degrees north and east."""


@frozen(eq=False)
class Paths:
    """Draws round trips of one world; milliseconds."""

    world: World
    rng: np.random.Generator
    noise_ms: Array
    """Δ of real browsers without a proxy, measured."""

    def between(self, here: Point, there: Point) -> float:
        """Return a round trip between two routers, never faster than light in glass."""
        km = apart_km(here, there)
        detour = self.rng.gamma(DETOUR_SHAPE, self.world.detour / DETOUR_SHAPE)
        return km * LIGHT_MS_PER_KM * (1.0 + detour) + self.rng.exponential(ROUTERS_MS) + 0.2

    def last_mile(self) -> float:
        """Return what the access line adds."""
        median = np.log(2.0) ** (1.0 / self.world.last_mile_shape)
        drawn = self.rng.weibull(self.world.last_mile_shape)
        return float(self.world.last_mile_ms * drawn / median) + 0.3

    def noise(self) -> float:
        """Return a browser's own delay: one that was measured, or that of a busy page."""
        slow = self.rng.random() < self.world.slow_pages
        if slow:
            return self.rng.uniform(*SLOW_PAGE_MS)
        return float(self.noise_ms[self.rng.integers(len(self.noise_ms))])

    def split(self) -> float:
        """Return what a carrier that ends TCP hides from the kernel, mostly nothing."""
        split = self.rng.random() < self.world.split_tcp
        return float(self.rng.uniform(*SPLIT_MS)) if split else 0.0

    def orbit(self) -> float:
        """Return a round trip through a geostationary satellite."""
        return float(self.rng.uniform(*TO_ORBIT_MS))

    def circuit(self, stations: Sequence[Point]) -> float:
        """Return a round trip along relays, each of which is busy."""
        legs = itertools.pairwise(stations)
        return sum(self.between(*leg) + self.rng.exponential(TOR_RELAY_MS) for leg in legs)


def apart_km(here: Point, there: Point) -> float:
    """Return a distance by haversines; for single points this is much quicker than arrays."""
    lat, to_lat = math.radians(here[0]), math.radians(there[0])
    across = math.sin(math.radians(there[1] - here[1]) / 2.0) ** 2
    half = math.sin((to_lat - lat) / 2.0) ** 2 + math.cos(lat) * math.cos(to_lat) * across
    return 2.0 * EARTH_RADIUS_KM * math.asin(min(math.sqrt(half), 1.0))


def measured_noise_ms(path: Path = NOISE) -> Array:
    """Return Δ of every visit in the table of the channel's noise."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    return np.array([delta for row in kept["rows"] for delta in deltas_ms(row["visits"])])
