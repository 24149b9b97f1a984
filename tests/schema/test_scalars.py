from enum import StrEnum
from typing import Any, Literal

import pytest

from octet.schema.scalars import Hook, exactly, literal, read_enum, read_float


class Level(StrEnum):
    LOW = "low"
    HIGH = "high"


INTEGER = exactly(int, name="an integer")


@pytest.mark.parametrize(
    ("hook", "value", "kind"),
    [
        (INTEGER, 3, int),
        (read_float, 3, float),
        (read_float, 0.5, float),
        (literal(Literal["a", "b"]), "b", Literal["a", "b"]),
        (read_enum, "high", Level),
    ],
)
def test_a_value_of_its_kind_is_itself(hook: Hook, value: Any, kind: Any) -> None:
    """An integer may stand for a number; nothing else changes."""
    assert hook(value, kind) == value


@pytest.mark.parametrize(
    ("hook", "value", "kind", "told"),
    [
        (INTEGER, True, int, "must be an integer"),
        (INTEGER, 3.0, int, "must be an integer"),
        (read_float, "3", float, "must be a number"),
        (read_float, 10**400, float, "must fit a double"),
        (literal(Literal["a", "b"]), "c", Literal["a", "b"], "must be one of a, b"),
        (read_enum, "LOW", Level, "must be one of low, high"),
        (read_enum, 1, Level, "must be one of low, high"),
    ],
)
def test_nothing_is_coerced(hook: Hook, value: Any, kind: Any, told: str) -> None:
    """What is not of the kind is refused with what it must be."""
    with pytest.raises(ValueError, match=told):
        hook(value, kind)


def test_an_enum_is_read_as_its_member() -> None:
    """The text becomes the member, which is the text."""
    assert read_enum("low", Level) is Level.LOW
