"""The worlds that the engine is fitted in: of other families than those that it is tested in.

`benchmarks.accuracy` tests; it draws a gamma detour, a Weibull last mile, exponential travel, a
browser's noise as it was measured, and uniform stalls. Here detours, last miles, noise and stalls
are lognormal and travel is a power law, with other shares: a fit that only suits its own families
shows in the test.
"""

import math
from typing import Self

import numpy as np
from attrs import frozen

from benchmarks.accuracy.paths import LIGHT_MS_PER_KM, Paths, Point, apart_km
from benchmarks.accuracy.world import World
from octet.service.atlas.container import Array

TRAVEL_POWER = 1.5
DETOUR_SPREAD = 0.6
LAST_MILE_SPREAD = (0.5, 1.0)
NOISE_MS, NOISE_SPREAD = 0.8, 0.75
"""Of Chromium and Firefox over all lines of the channel's noise: median and spread of ln Δ."""
STALL_MS, STALL_SPREAD = 18.0, 0.7
SPLIT_MS, SPLIT_SPREAD = 150.0, 0.8
ROUTERS_MS, ROUTERS_SPREAD = 1.2, 0.6


@frozen
class FitWorld(World):
    """Parameters of one world; `last_mile_shape` is the spread of its logarithm."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Return any world. Judgement."""
        return cls(
            audience_power=rng.triangular(0.3, 0.55, 0.9),
            travel_km=rng.lognormal(np.log(1600.0), 0.6),
            stale_zone=rng.beta(4.0, 12.0),
            foreign_clock=rng.beta(1.0, 200.0),
            plain_english=rng.beta(2.0, 18.0),
            spoofed_languages=rng.beta(3.0, 2.0),
            detour=rng.lognormal(np.log(0.6), 0.3),
            last_mile_ms=rng.lognormal(np.log(11.0), 0.4),
            last_mile_shape=rng.uniform(*LAST_MILE_SPREAD),
            slow_pages=rng.beta(1.5, 98.5),
            split_tcp=rng.beta(1.0, 400.0),
            near_edge=rng.beta(2.0, 1.0),
            office_in_hosting=rng.beta(3.0, 6.0),
            gateway_ends_tcp=rng.beta(2.0, 5.0),
            satellite_ends_tcp=rng.beta(6.0, 3.0),
            mangled_syn=rng.beta(2.0, 60.0),
        )

    def nearness(self, distance_km: Array) -> Array:
        """Return how likely a journey is: a power of its distance."""
        return np.asarray((1.0 + distance_km / self.travel_km) ** -TRAVEL_POWER)


class FitPaths(Paths):
    """Draws round trips of one world; milliseconds."""

    def between(self, here: Point, there: Point) -> float:
        """Return a round trip between two routers, never faster than light in glass."""
        km = apart_km(here, there)
        detour = self._lognormal(self.world.detour, DETOUR_SPREAD)
        routers_ms = self._lognormal(ROUTERS_MS, ROUTERS_SPREAD)
        return km * LIGHT_MS_PER_KM * (1.0 + detour) + routers_ms

    def last_mile(self) -> float:
        """Return what the access line adds."""
        return self._lognormal(self.world.last_mile_ms, self.world.last_mile_shape)

    def noise(self) -> float:
        """Return a browser's own delay, or that of a busy page."""
        if self.rng.random() < self.world.slow_pages:
            return self._lognormal(STALL_MS, STALL_SPREAD)
        return self._lognormal(NOISE_MS, NOISE_SPREAD)

    def split(self) -> float:
        """Return what a carrier that ends TCP hides from the kernel, mostly nothing."""
        split = self.rng.random() < self.world.split_tcp
        return self._lognormal(SPLIT_MS, SPLIT_SPREAD) if split else 0.0

    def _lognormal(self, median: float, spread: float) -> float:
        return self.rng.lognormal(math.log(median), spread)
