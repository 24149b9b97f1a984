"""Where an attacker stands: his country, the one he claims, addresses there, and paths between.

Paths are drawn as for the simulated sessions, never faster than light in glass. An attacker may add
to them and cannot take away.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from attrs import frozen

from benchmarks.accuracy.exits import Known
from benchmarks.accuracy.paths import LIGHT_MS_PER_KM, Paths, Point
from benchmarks.accuracy.sessions import EDGES
from benchmarks.accuracy.space import Kind, Space
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.atlas.sphere import distance_km

LANDMARKS: Final = 3
FEWEST_PEOPLE: Final = 1e6
"""Of the countries that attackers live in or claim."""
HELPER_ADDRESS: Final = "198.18.0.9"
"""Of whoever answers pongs beside the edge: any address but the post's."""
HELPER_MS: Final = 1.0


@frozen
class Settings:
    """What a browser of a country says of itself."""

    zone: str
    offsets_min: tuple[int, int]
    languages: tuple[str, ...]
    hour_cycle: str
    calendar: str


@frozen
class Ground:
    """One attacker's situation; points in degrees, round trips in ms."""

    country: int
    """Row of the country he is in."""
    claimed: int
    """Row of the country that he wants to be believed in."""
    here: Point
    exit: Point
    edges: tuple[Point, ...]
    home: str
    """His own address."""
    exits: Mapping[Kind, str]
    """Addresses in the claimed country, of each kind that there is."""
    own: Settings
    wanted: Settings
    zones: tuple[str, ...]
    """Of the claimed country, most people first."""
    to_edge_ms: tuple[float, ...]
    """From his machine to each edge."""
    to_exit_ms: float
    """From his machine to the exit."""
    exit_to_edge_ms: tuple[float, ...]
    exit_line_ms: float
    """What the line of an exit in a home adds."""
    noise_ms: float
    """His browser's own delay, measured."""


class Grounds:
    """Draws situations; the generator is that of *paths*."""

    def __init__(self, atlas: Atlas, space: Space, known: Known, paths: Paths) -> None:
        self._atlas, self._space, self._known, self._paths = atlas, space, known, paths
        self._rng = paths.rng
        homes = space.countries(Kind.HOME) & (atlas.population > FEWEST_PEOPLE)
        self._lived_in = np.flatnonzero(homes)
        self._claimed = np.flatnonzero(homes & space.countries(Kind.HOST))

    def draw(self) -> Ground:
        """Return any situation: two countries, three edges of which the first takes the post."""
        country = int(self._rng.choice(self._lived_in, p=self._audience(self._lived_in)))
        others = self._claimed[self._claimed != country]
        claimed = int(self._rng.choice(others, p=self._audience(others)))
        here, own_zone = self._place(country)
        exit_, there_zone = self._place(claimed)
        order = self._rng.permutation(len(EDGES))[:LANDMARKS]
        edges = tuple(EDGES[at] for at in order)
        line_ms = self._paths.last_mile()
        return Ground(
            country=country,
            claimed=claimed,
            here=here,
            exit=exit_,
            edges=edges,
            home=self._space.address(Kind.HOME, country, self._rng),
            exits=self._addresses(claimed),
            own=self._settings(country, own_zone),
            wanted=self._settings(claimed, there_zone),
            zones=self._zones(claimed),
            to_edge_ms=tuple(line_ms + self._paths.between(here, edge) for edge in edges),
            to_exit_ms=line_ms + self._paths.between(here, exit_),
            exit_to_edge_ms=tuple(self._paths.between(exit_, edge) for edge in edges),
            exit_line_ms=self._paths.last_mile(),
            noise_ms=float(self._rng.choice(self._paths.noise_ms)),
        )

    def _audience(self, rows: Array) -> Array:
        weights = self._atlas.population[rows] ** self._paths.world.audience_power
        return np.asarray(weights / weights.sum())

    def _addresses(self, claimed: int) -> Mapping[Kind, str]:
        there = {
            kind: self._space.address(kind, claimed, self._rng)
            for kind in Kind
            if self._space.countries(kind)[claimed]
        }
        code = self._atlas.countries[claimed]
        real = [e.address for e in self._known.exits if code == e.country == e.advertised]
        if real:
            there[Kind.HOST] = real[int(self._rng.integers(len(real)))]
        return there

    def _place(self, country: int) -> tuple[Point, int]:
        atlas, share = self._atlas, self._atlas.point_weight[country].astype(np.float64)
        at = int(self._rng.choice(len(share), p=share / share.sum()))
        zone = int(atlas.point_zone[country, at])
        if zone < 0:
            zone = int(np.argmax(atlas.zone_share[country]))
        return (float(atlas.point_lat[country, at]), float(atlas.point_lon[country, at])), zone

    def _zones(self, country: int) -> tuple[str, ...]:
        share = self._atlas.zone_share[country]
        return tuple(self._atlas.zones[z] for z in np.argsort(-share)[:LANDMARKS] if share[z] > 0)

    def _settings(self, country: int, zone: int) -> Settings:
        atlas, code = self._atlas, self._atlas.countries[country]
        key = atlas.languages[int(np.argmax(atlas.language_share[country]))]
        january, july = atlas.zone_offset_min[zone].tolist()
        return Settings(
            zone=atlas.zones[zone],
            offsets_min=(january, july),
            languages=(f"{key.replace('_', '-')}-{code}", key.partition("_")[0]),
            hour_cycle=atlas.hour_cycle.get(code, "h23"),
            calendar=atlas.calendar.get(code, "gregory"),
        )


def light_ms(*stops: Point) -> float:
    """Return the round trip of light in glass along *stops*: what nothing is faster than."""
    return sum(map(_leg_ms, stops, stops[1:]))


def _leg_ms(here: Point, there: Point) -> float:
    km = distance_km(lat=here[0], lon=here[1], to_lat=there[0], to_lon=there[1])
    return float(km) * LIGHT_MS_PER_KM


def offsets_of(atlas: Atlas, zone: str) -> tuple[int, int]:
    """Return minutes east of UTC in January and July; of a zone that is no place's, 0 and 0."""
    row = atlas.zone_row.get(zone)
    if row is None:
        return (0, 0)
    january, july = atlas.zone_offset_min[row].tolist()
    return january, july
