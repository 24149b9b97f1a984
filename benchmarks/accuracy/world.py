"""One way the world may be: what the simulated sessions of one round have in common."""

import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array


@frozen
class World:
    """Parameters that the engine does not know; each round draws its own. Judgement."""

    audience_power: float
    """Countries count by this power of their population."""
    travel_km: float
    """Journeys fall off as exp(−d / this); the engine takes a power law."""
    stale_zone: float
    """Share of travellers whose clock still tells the time at home."""
    foreign_clock: float
    """Share of clocks that tell another country's time, for no reason at all."""
    plain_english: float
    """Share of browsers that speak American English wherever they are."""
    spoofed_languages: float
    """Share of those who set the clock to their exit and the languages too."""
    detour: float
    """Mean of what a path is longer than light's own; gamma distributed."""
    last_mile_ms: float
    """Median; Weibull distributed."""
    last_mile_shape: float
    """Of the Weibull distribution: smaller is heavier."""
    slow_pages: float
    """Share of browsers too busy to answer a volley at once."""
    split_tcp: float
    """Share of honest access lines on which the carrier ends TCP."""
    near_edge: float
    """Share of sessions at the nearest edge; the others are at any."""
    office_in_hosting: float = 0.3
    """Share of companies whose visitors come from a hosting network."""
    gateway_ends_tcp: float = 0.3
    """Share of companies whose gateway ends TCP."""
    satellite_ends_tcp: float = 0.7
    """Share of geostationary links whose ground station ends TCP."""
    mangled_syn: float = 0.03
    """Share of SYNs whose options something on the way has changed."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "World":
        """Return any world."""
        return cls(
            audience_power=rng.uniform(0.3, 0.9),
            travel_km=rng.uniform(1500.0, 8000.0),
            stale_zone=rng.uniform(0.1, 0.4),
            foreign_clock=rng.uniform(0.0, 0.01),
            plain_english=rng.uniform(0.03, 0.2),
            spoofed_languages=rng.uniform(0.2, 1.0),
            detour=rng.uniform(0.3, 1.0),
            last_mile_ms=rng.uniform(4.0, 25.0),
            last_mile_shape=rng.uniform(0.7, 1.6),
            slow_pages=rng.uniform(0.0, 0.03),
            split_tcp=rng.uniform(0.0, 0.005),
            near_edge=rng.uniform(0.3, 1.0),
            office_in_hosting=rng.uniform(0.1, 0.6),
            gateway_ends_tcp=rng.uniform(0.0, 0.6),
            satellite_ends_tcp=rng.uniform(0.4, 1.0),
            mangled_syn=rng.uniform(0.0, 0.06),
        )

    def nearness(self, distance_km: Array) -> Array:
        """Return how likely a journey is by its distance, up to a factor."""
        return np.asarray(np.exp(-distance_km / self.travel_km))
