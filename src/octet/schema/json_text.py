"""JSON text (RFC 8259) read strictly, and written compactly.

What a lenient parser lets through is what two parsers disagree about, and the edge forwards the
bytes that it has checked: so duplicate members, NaN, Infinity, numbers that overflow a double,
lone surrogates, invalid UTF-8 and deep nesting are all refused here, once.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from octet.schema.errors import Fault, SchemaError

Json: TypeAlias = Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None

MAX_DEPTH = 16
"""Arrays and objects inside one another, in a browser's report."""

_LARGEST = int(sys.float_info.max)


def loads(text: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse *text*, which must be one JSON value nested at most *max_depth* deep.

    Raises:
        SchemaError: the text is not strict JSON in UTF-8, or is nested too deep.
    """
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except UnicodeDecodeError as exc:
        raise SchemaError(Fault("", "invalid UTF-8")) from exc
    except json.JSONDecodeError as exc:
        raise SchemaError(Fault("", f"not JSON: {exc.msg} at character {exc.pos}")) from exc
    except RecursionError as exc:
        raise SchemaError(_too_deep(max_depth)) from exc
    except ValueError as exc:  # our own hooks, and integers of more digits than Python converts
        raise SchemaError(Fault("", f"not JSON: {str(exc).partition(';')[0]}")) from exc
    _check(value, max_depth, max_depth)
    return value


def dumps(value: Any) -> bytes:
    """Write *value* as compact UTF-8 JSON."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def _too_deep(max_depth: int) -> Fault:
    return Fault("", f"nested deeper than {max_depth}")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _double(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("number out of range")
    return value


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_double, parse_constant=_constant
)


def _check(value: Any, room: int, max_depth: int) -> None:
    """Refuse what only shows in the parsed value.

    That is depth, surrogates that no UTF-8 can carry, and integers that no double can.
    """
    match value:
        case str():
            _check_text(value)
        case int() if abs(value) > _LARGEST:
            raise SchemaError(Fault("", "not JSON: number out of range"))
        case dict():
            if not room:
                raise SchemaError(_too_deep(max_depth))
            for name, member in value.items():
                _check(name, room, max_depth)
                _check(member, room - 1, max_depth)
        case list():
            if not room:
                raise SchemaError(_too_deep(max_depth))
            for item in value:
                _check(item, room - 1, max_depth)


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise SchemaError(Fault("", "lone surrogate in a string")) from exc
