from typing import Any

import numpy as np
import pytest

from octet.service.engine import Engine
from octet.service.engine.pattern import DETAILS, NAMES, OUTLINES, outline_of, patterns
from tests.service.engine import sessions
from tests.service.engine.sessions import LONDON, session


def pattern(engine: Engine, *args: Any, **changes: Any) -> str:
    found = engine.reason([session(*args, **changes)])
    [row] = patterns(found.facts, found.votes, engine.atlas)
    return str(NAMES[row])


@pytest.mark.parametrize(
    ("address", "changes", "outline"),
    [
        (sessions.GERMAN_HOME, {}, "access, clock agrees, gap small"),
        (sessions.GERMAN_HOME, {"zone": LONDON}, "access, clock differs, gap small"),
        (sessions.GERMAN_HOME, {"zone": "UTC"}, "access, clock unknown, gap small"),
        (sessions.GERMAN_HOST, {"delta_ms": 80.0}, "hosting, clock agrees, gap large"),
        (sessions.FRENCH_MOBILE, {"delta_ms": None}, "mobile, clock differs, gap unknown"),
        (sessions.PRIVATE, {}, "unknown, clock unknown, gap unknown"),
    ],
)
def test_what_it_looks_like(
    engine: Engine, address: str, changes: dict[str, Any], outline: str
) -> None:
    """Network, clock and gap make the outline."""
    assert pattern(engine, address, **changes).startswith(outline)


def test_details(engine: Engine) -> None:
    """Disagreeing tables and missing signals are told apart."""
    assert "tables differ" in pattern(engine, sessions.SCATTERED_EXIT)
    assert "tables agree" in pattern(engine, sessions.GERMAN_HOME)
    assert pattern(engine, sessions.GERMAN_HOME, languages=None).endswith("some missing")


def test_a_name_each() -> None:
    """Every pattern has a name of its own, which starts with its outline's."""
    assert len(set(NAMES)) == len(OUTLINES) * len(DETAILS)
    for row, outline in enumerate(outline_of(np.arange(len(NAMES))).tolist()):
        assert NAMES[row].startswith(OUTLINES[outline])
