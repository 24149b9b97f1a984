"""How single JSON values are read; nothing is coerced."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, get_args

Hook = Callable[[Any, Any], Any]
"""Reads a value as a type, or raises what is wrong: here a ValueError that says what it must be."""


def exactly(*kinds: type, name: str) -> Hook:
    """Make the hook of what is one of *kinds* itself, no subclass: a boolean is no integer."""

    def hook(value: Any, _: Any) -> Any:
        if type(value) not in kinds:
            raise ValueError(f"must be {name}")
        return value

    return hook


def read_float(value: Any, _: Any) -> float:
    """Read a number."""
    if type(value) not in (int, float):
        raise ValueError("must be a number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("must fit a double") from None


def literal(kind: Any) -> Hook:
    """Make the hook of a Literal of strings."""
    return lambda value, _: _one_of(get_args(kind), value)


def _one_of(options: Iterable[str], value: Any) -> str:
    """Return the option that *value* spells."""
    for option in options:
        if type(value) is str and value == option:
            return option
    raise ValueError("must be one of " + ", ".join(options))


@cache
def _spelled(kind: type[StrEnum]) -> Mapping[str, StrEnum]:
    return {str(member): member for member in kind}


def read_enum(value: Any, kind: type[StrEnum]) -> str:
    """Read a StrEnum."""
    member = _spelled(kind).get(value) if type(value) is str else None
    return _one_of(kind, value) if member is None else member
