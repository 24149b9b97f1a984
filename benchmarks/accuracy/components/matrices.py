"""Round trips that others measured between places that are known."""

import csv
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from attrs import frozen
from matplotlib.path import Path as Outline

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.atlas.sphere import distance_km

SAME_TOWN_KM: Final = 1.0
SHAPE_DEGREES: Final = 0.01


@frozen(eq=False)
class Matrix:
    """N nodes and what a packet takes between them."""

    names: tuple[str, ...]
    country: Array
    """(N,) rows of the atlas."""
    lat: Array
    """(N,) degrees north."""
    lon: Array
    """(N,) degrees east."""
    rtt_ms: Array
    """(N, N) smallest round trip from one node to another; NaN where nobody measured."""

    @property
    def away_km(self) -> Array:
        """(N, N) great-circle distances."""
        return distance_km(
            lat=self.lat[:, None], lon=self.lon[:, None], to_lat=self.lat, to_lon=self.lon
        )

    @property
    def measured(self) -> Array:
        """(N, N) whether there is a round trip between two different places."""
        return np.isfinite(self.rtt_ms) & (self.away_km > SAME_TOWN_KM)


def wondernetwork(directory: Path, atlas: Atlas) -> Matrix | None:
    """Return pings between servers of WonderNetwork (2018), without those of suspect location.

    None where the files are not there. A node stands where its city is.
    """
    nodes, pings = (
        directory / f"wondernetwork_2018_{name}" for name in ("nodes.csv", "pings.csv.gz")
    )
    if not nodes.exists() or not pings.exists():
        return None
    with nodes.open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["location_suspect"] == "0" and row["country_iso2"] in atlas.country_row
        ]
    at = {row["node"]: number for number, row in enumerate(rows)}
    rtt_ms = np.full((len(rows), len(rows)), np.nan)
    with gzip.open(pings, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["src"] in at and row["dst"] in at and row["min_ms"]:
                rtt_ms[at[row["src"]], at[row["dst"]]] = float(row["min_ms"])
    return Matrix(
        names=tuple(at),
        country=np.array([atlas.country_row[row["country_iso2"]] for row in rows]),
        lat=np.array([float(row["lat"]) for row in rows]),
        lon=np.array([float(row["lon"]) for row in rows]),
        rtt_ms=np.where(rtt_ms > 0, rtt_ms, np.nan),
    )


def azure(directory: Path, atlas: Atlas) -> Matrix | None:
    """Return median round trips between regions of Azure, each in the country that it lies in.

    None where the files are not there.
    """
    table = directory / "azure_interregion_median_rtt_ms.csv"
    places = directory / "azure_region_coordinates.json"
    if not table.exists() or not places.exists():
        return None
    where = {
        row["displayName"]: (row["lat"], row["lon"])
        for row in json.loads(places.read_text(encoding="utf-8")).values()
    }
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = tuple(row["Source"] for row in rows if row["Source"] in where)
    rtt_ms = np.array([[_ms(row, to) for to in names] for row in rows if row["Source"] in where])
    lat, lon = np.array([where[name] for name in names]).T
    return Matrix(names, _countries(atlas, lat, lon), lat, lon, rtt_ms)


def _ms(row: Mapping[str, str], to: str) -> float:
    return float(row[to]) if row.get(to) else np.nan


def _countries(atlas: Atlas, lat: Array, lon: Array) -> Array:
    """Return the rows of the countries around the points; at sea, of the nearest town."""
    found = _nearest(atlas, lat, lon)
    points = np.column_stack([lat, lon]) / SHAPE_DEGREES
    for ring, country in zip(
        np.split(atlas.shape_point, atlas.shape_end[:-1]), atlas.shape_country, strict=True
    ):
        if country >= 0:
            found[Outline(ring).contains_points(points)] = country
    return found


def _nearest(atlas: Atlas, lat: Array, lon: Array) -> Array:
    """Return the rows of the countries whose representative points are nearest."""
    country, point = np.nonzero(atlas.point_weight > 0)
    away = distance_km(
        lat=lat[:, None],
        lon=lon[:, None],
        to_lat=atlas.point_lat[country, point],
        to_lon=atlas.point_lon[country, point],
    )
    return np.asarray(country[np.argmin(away, axis=1)])
