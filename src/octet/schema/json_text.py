"""JSON text (RFC 8259) read strictly, and written compactly.

What a lenient parser lets through is what two parsers disagree about, and the edge forwards the
bytes that it has checked: so duplicate members, NaN, Infinity, numbers that overflow a double,
lone surrogates, invalid UTF-8 and deep nesting are all refused here, once.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

from octet.schema.errors import Fault, SchemaError

Json: TypeAlias = Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None

MAX_DEPTH = 16
"""Arrays and objects inside one another, in a browser's report."""

_LARGEST: Final = int(sys.float_info.max)
_SURROGATE: Final = "\\ud"
"""How an escape of one begins, in lower case; UTF-8 itself holds none."""


def loads(text: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse *text*, which must be one JSON value nested at most *max_depth* deep.

    Raises:
        SchemaError: the text is not strict JSON in UTF-8, or is nested too deep.
    """
    try:
        decoded = text.decode("utf-8")
        value = _DECODER.decode(decoded)
    except UnicodeDecodeError as exc:
        raise SchemaError(Fault("", "invalid UTF-8")) from exc
    except json.JSONDecodeError as exc:
        raise SchemaError(Fault("", f"not JSON: {exc.msg} at character {exc.pos}")) from exc
    except RecursionError as exc:
        raise SchemaError(_too_deep(max_depth)) from exc
    except ValueError as exc:  # our own hooks, and integers of more digits than Python converts
        raise SchemaError(Fault("", f"not JSON: {str(exc).partition(';')[0]}")) from exc
    _check(value, max_depth, escapes=_SURROGATE in decoded.lower())
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


def _check(value: Any, max_depth: int, *, escapes: bool) -> None:
    """Refuse what only shows in the parsed value, one level of nesting after the other.

    That is depth, integers that no double can carry, and (looked for only where the text *escapes*
    any) surrogates that no UTF-8 can. A loop over levels, since a call a value costs more than to
    parse it.
    """
    level: list[Any] = [value]
    for _ in range(max_depth + 1):
        if not all(-_LARGEST <= item <= _LARGEST for item in level if type(item) is int):
            raise SchemaError(Fault("", "not JSON: number out of range"))
        if escapes:
            _check_text(item for item in level if type(item) is str)
        outer = [item for item in level if type(item) is dict or type(item) is list]
        if not outer:
            return
        if escapes:
            _check_text(chain.from_iterable(item for item in outer if type(item) is dict))
        level = list(
            chain.from_iterable(item.values() if type(item) is dict else item for item in outer)
        )
    raise SchemaError(_too_deep(max_depth))


def _check_text(texts: Iterable[str]) -> None:
    try:
        "".join(texts).encode("utf-8")
    except UnicodeEncodeError as exc:
        raise SchemaError(Fault("", "lone surrogate in a string")) from exc
