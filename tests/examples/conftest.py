"""The world for the examples' tests, and a way to draw small worlds of one's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest

from examples.customer_app.topology import Shapes, decode, read_shapes

SHAPES_FILE = Path(__file__).parents[2] / "node_modules/world-atlas/countries-110m.json"

Corner = tuple[float, float]
"""Latitude and longitude in whole degrees."""


class MakeShapes(Protocol):
    """Makes shapes of countries with one closed ring each."""

    def __call__(self, **countries: Sequence[Corner]) -> Shapes:
        """Name the countries, and give the corners of each."""


@pytest.fixture(scope="session")
def shapes_file() -> Path:
    """Return where the coarse world lies, which is quick to draw."""
    return SHAPES_FILE


@pytest.fixture(scope="session")
def world(shapes_file: Path) -> Shapes:
    """Return the real world."""
    return read_shapes(shapes_file)


@pytest.fixture(scope="session")
def make_shapes() -> MakeShapes:
    """Return a maker of small worlds."""

    def make(**countries: Sequence[Corner]) -> Shapes:
        geometries: list[dict[str, Any]] = [
            {"type": "Polygon", "arcs": [[number]], "properties": {"name": name}}
            for number, name in enumerate(countries)
        ]
        return decode(
            {
                "transform": {"scale": [0.5, 0.5], "translate": [-180, -90]},
                "arcs": [_quantised(corners) for corners in countries.values()],
                "objects": {"countries": {"geometries": geometries}},
            }
        )

    return make


def _quantised(corners: Sequence[Corner]) -> list[list[int]]:
    steps, x, y = [], 0, 0
    for lat, lon in [*corners, corners[0]]:
        to_x, to_y = round((lon + 180) * 2), round((lat + 90) * 2)
        steps.append([to_x - x, to_y - y])
        x, y = to_x, to_y
    return steps
