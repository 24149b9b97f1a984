"""Outlines: what the artefact holds, and how arcs become rings."""

import json
from pathlib import Path

import numpy as np
import pytest

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.atlas.sources.shapes import PER_DEGREE, UNCLAIMED, load_shapes

TOPOLOGY = {
    "transform": {"scale": [0.5, 0.25], "translate": [10, 20]},
    "arcs": [[[0, 0], [4, 0], [0, 4]], [[4, 4], [-4, 0], [0, -4]], [[0, 0], [0, 4], [4, 0]]],
    "objects": {
        "countries": {
            "geometries": [
                {"type": "Polygon", "id": "276", "arcs": [[0, 1]]},
                {"type": "MultiPolygon", "arcs": [[[0, ~2]]]},
            ]
        }
    },
}


def rings_of(atlas: Atlas, code: str) -> list[Array]:
    rings = np.split(atlas.shape_point / PER_DEGREE, atlas.shape_end[:-1].astype(int))
    row = atlas.country_row[code]
    return [ring for ring, own in zip(rings, atlas.shape_country, strict=True) if own == row]


def test_arcs_become_rings(tmp_path: Path) -> None:
    """Arcs are joined without their shared ends, also backwards, and latitude comes first."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(TOPOLOGY))
    read = load_shapes(path, {"276": 7})
    assert read["shape_country"].tolist() == [7, UNCLAIMED]
    assert read["shape_end"].tolist() == [4, 8]
    degrees = (read["shape_point"] / PER_DEGREE).tolist()
    assert degrees[:4] == [[20, 10], [20, 12], [21, 12], [21, 10]]
    assert degrees[4:] == degrees[:4]


@pytest.mark.parametrize(
    ("code", "lat", "lon"), [("DE", 51, 10), ("US", 40, -100), ("NZ", -44, 170)]
)
def test_countries_are_where_they_are(atlas: Atlas, code: str, lat: float, lon: float) -> None:
    """A place in the middle of a country is inside exactly one of its rings."""
    inside = 0
    for ring in rings_of(atlas, code):
        after = np.roll(ring, -1, axis=0)
        over = (ring[:, 0] > lat) != (after[:, 0] > lat)
        climb = np.where(over, after[:, 0] - ring[:, 0], 1.0)
        meets = ring[:, 1] + (lat - ring[:, 0]) / climb * (after[:, 1] - ring[:, 1])
        inside += int((over & (meets > lon)).sum()) % 2
    assert inside == 1


def test_most_countries_have_an_outline(atlas: Atlas) -> None:
    """Only specks of land go without."""
    drawn = {int(row) for row in atlas.shape_country} - {UNCLAIMED}
    assert len(drawn) > 230
    assert np.abs(atlas.shape_point / PER_DEGREE).max() <= 180
