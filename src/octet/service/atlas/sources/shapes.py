"""The outlines of countries, for maps that an operator looks at; the engine knows nothing of them.

TopoJSON keeps every border once, as an arc of steps between whole numbers, and a country's rings
name their arcs, with ~n for arc n backwards.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from octet.service.atlas.container import Array

PER_DEGREE = 100.0
"""Steps of the coordinates that are kept: a kilometre, and 180 degrees fit sixteen bits."""
UNCLAIMED = -1
"""Land of no country that the atlas knows."""


def load_shapes(path: Path, numeric: Mapping[str, int]) -> dict[str, Array]:
    """Read the outlines of Natural Earth's countries as the world-atlas package has them.

    Args:
        path: a TopoJSON file.
        numeric: ISO 3166-1 numeric code, three digits, to the country's row.

    Returns:
        `shape_point` (N, 2) latitude and longitude in steps of 0.01 degrees, int16; `shape_end`
        (R,) where each ring ends; `shape_country` (R,) its country's row, or `UNCLAIMED`.
    """
    topology = json.loads(path.read_text(encoding="utf-8"))
    arcs = _arcs(topology)
    rings: list[Array] = []
    owners: list[int] = []
    for country in topology["objects"]["countries"]["geometries"]:
        for ring in _rings(country):
            rings.append(_joined(arcs, ring))
            owners.append(numeric.get(country.get("id", ""), UNCLAIMED))
    return {
        "shape_point": np.rint(np.concatenate(rings) * PER_DEGREE).astype(np.int16),
        "shape_end": np.cumsum([len(ring) for ring in rings]).astype(np.uint32),
        "shape_country": np.array(owners, np.int16),
    }


def _arcs(topology: Mapping[str, Any]) -> list[Array]:
    scale, origin = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    steps = (np.cumsum(np.array(arc), axis=0) for arc in topology["arcs"])
    # Longitude first on the wire, latitude first here.
    return [(at * scale + origin)[:, ::-1] for at in steps]


def _rings(country: Mapping[str, Any]) -> Iterator[list[int]]:
    polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
    for polygon in polygons:
        yield from polygon


def _joined(arcs: list[Array], ring: list[int]) -> Array:
    """Return a ring, open: each arc begins where the one before it ended."""
    parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in ring]
    return np.concatenate([part[:-1] for part in parts])
