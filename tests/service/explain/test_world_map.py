"""The map's view and its land, where the earth is awkward."""

import re

import numpy as np
import pytest

from octet.schema.verdict import Location
from octet.service.engine import Engine
from octet.service.explain.reasons import explain
from octet.service.explain.world_map import HEIGHT, WIDTH, WORLD, render_map, view_of
from tests.service.engine import sessions
from tests.service.engine.sessions import session
from tests.service.explain.test_reasons import GOLDEN


@pytest.mark.parametrize("name", GOLDEN)
def test_what_matters_is_in_the_picture(engine: Engine, name: str) -> None:
    """The estimated point, its region and the landmarks are inside of the view."""
    told = explain(engine, GOLDEN[name])
    view = view_of(told, engine.atlas)
    places = [mark.place for mark in told.landmarks] + list(told.verdict.feasible_region or ())
    places += [told.verdict.estimated_location] if told.verdict.estimated_location else []
    for place in places:
        x, y = view.at(place)
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_the_unknown_is_the_whole_world(engine: Engine) -> None:
    """Where anything is possible all of the world shows."""
    assert view_of(explain(engine, GOLDEN["nothing"]), engine.atlas) == WORLD
    for lon in (-165.0, 185.0):
        x, _ = WORLD.at(Location(0.0, (lon + 180.0) % 360.0 - 180.0))
        assert 0 <= x <= WIDTH


def test_the_date_line_is_no_border(engine: Engine) -> None:
    """Fiji lies on both sides of it, and no coast runs across the picture."""
    told = explain(engine, session(sessions.PRIVATE, zone="Pacific/Fiji", languages=["en"]))
    view = view_of(told, engine.atlas)
    (west, _), (east, _) = view.at(Location(-17.0, 179.0)), view.at(Location(-17.0, -179.0))
    assert east - west == pytest.approx(2.0 * view.squeeze * view.scale)
    assert told.country == "FJ"
    for path in re.findall(r'class="land"[^>]* d="([^"]*)"', render_map(told, engine.atlas)):
        for ring in path.strip("MZ").split("ZM"):
            xy = np.array([pair.split() for pair in ring.split("L")], np.float64)
            assert np.ptp(xy[:, 0]) < WIDTH / 2
