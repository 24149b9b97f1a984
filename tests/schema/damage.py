"""JSON values with one thing wrong: a valid document, and somewhere in it another value."""

from typing import Any

from hypothesis import strategies as st

from tests.schema.strategies import documents

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2, 0.5, -0.5, 181, 1441.5, 2**53 + 1, -(2**60), 1e300,
    "", "x", "DE", "direct", "full", "none", "error", "AA==", "sess_abcdefgh", "::1", "1.2.3.4",
    "é x", "v4.local.x",
    [], [1], [[]], [None] * 3, ["x"] * 70, {}, {"value": 1}, {"missing": "error"},
    {"value": {}, "missing": "error"}, {"ok": True}, {"lat": 1, "lon": 2},
]  # fmt: skip
"""Values of every JSON type and on both sides of most bounds; no integral float, which JSON Schema
takes for an integer, and no string that ends with a line break, which Python's ``$`` overlooks."""


@st.composite
def damaged(draw: st.DrawFn, kind: type) -> Any:
    """Return a document of *kind* in which one place holds something else, or nothing."""
    document = draw(documents(kind))
    holder, key = draw(st.sampled_from(_places(document)))
    if isinstance(holder, dict) and draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = draw(st.sampled_from(ODD))
    return document


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return (container, key) of everything inside *value*."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    places = []
    for key, inner in pairs:
        places.append((value, key))
        if isinstance(inner, dict | list):
            places += _places(inner)
    return places
