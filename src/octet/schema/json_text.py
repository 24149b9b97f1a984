"""JSON text (RFC 8259) read strictly, and written compactly.

What a lenient parser lets through is what two parsers disagree about, and the edge forwards the
bytes that it has checked: so duplicate members, NaN, Infinity, numbers that overflow a double,
lone surrogates, invalid UTF-8 and deep nesting are all refused here, once.

Where orjson is installed, as it is on an edge, what it can vouch for takes a quarter of the time;
the thorough parser decides whatever it is not sure of, and words every refusal.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

from octet.schema.errors import Fault, SchemaError

try:
    import orjson
except ImportError:  # a client does without it
    orjson = None  # type: ignore[assignment]

Json: TypeAlias = Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None

MAX_DEPTH = 16
"""Arrays and objects inside one another, in a browser's report."""

_LARGEST: Final = int(sys.float_info.max)
_SURROGATE: Final = "\\ud"
"""How an escape of one begins, in lower case; UTF-8 itself holds none."""


def loads(text: bytes, *, max_depth: int = MAX_DEPTH, exact: bool = True) -> Any:
    """Parse *text*, which must be one JSON value nested at most *max_depth* deep.

    Args:
        text: in UTF-8.
        max_depth: of arrays and objects inside one another.
        exact: False where no large integer matters: one past 64 bits may come as a float.

    Raises:
        SchemaError: the text is not strict JSON in UTF-8, or is nested too deep.
    """
    value = _UNSURE if orjson is None else _quick(text, max_depth, exact=exact)
    return _thorough(text, max_depth) if value is _UNSURE else value


def dumps(value: Any) -> bytes:
    """Write *value* as compact UTF-8 JSON."""
    if orjson is not None:
        try:
            text = orjson.dumps(value, option=_PLAIN)
        except TypeError:
            pass  # subclasses and large integers, or what is no JSON at all
        else:
            if b"null" not in text:  # as which it writes NaN, too
                return text
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


# --- the quick way -----------------------------------------------------------------------------

_UNSURE: Final = object()
_DIGITS: Final = bytes(0x30 if chr(byte).isdigit() and byte < 0x80 else 0x20 for byte in range(256))  # noqa: PLR2004 - ASCII
_LONG_NUMBER: Final = b"0" * 19
"""So many digits may be more than 64 bits hold."""
_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes({*range(256)} - {*b'[]{}"\\'})
_PLAIN: Final = (
    0
    if orjson is None
    else (
        orjson.OPT_PASSTHROUGH_SUBCLASS
        | orjson.OPT_PASSTHROUGH_DATACLASS
        | orjson.OPT_PASSTHROUGH_DATETIME
    )
)


def _quick(text: bytes, max_depth: int, *, exact: bool = True) -> Any:
    """Return the value of *text* if it is certainly strict JSON, else `_UNSURE`.

    A duplicate member shows by its colon: written again, the value has one less than the text. An
    escaped colon makes it one more, which is not certain either.
    """
    try:
        value = orjson.loads(text)
        colons = orjson.dumps(value).count(b":")
    except (ValueError, TypeError):  # the latter: it reads deeper nesting than it writes
        return _UNSURE
    if (
        text.count(b":") != colons
        or (exact and _LONG_NUMBER in text.translate(_DIGITS))
        or (_may_be_deeper(text, max_depth) and _deeper(value, max_depth))
    ):
        return _UNSURE
    return value


def _may_be_deeper(text: bytes, max_depth: int) -> bool:
    """Return False if the brackets of *text* show that they nest at most *max_depth* deep.

    Of all else only quotation marks and backslashes are kept, so that a string without a bracket or
    an escape is a pair of marks, and goes. Then the innermost brackets go, level by level; where a
    string holds one, its marks stay, and it cannot be told so.
    """
    left = text.translate(_BRACKETS, _NO_BRACKETS).replace(b'""', b"")
    for _ in range(max_depth):
        left = left.replace(b"[]", b"")
        if not left:
            return False
    return bool(left)


def _deeper(value: Any, max_depth: int) -> bool:
    """Return whether arrays and objects nest deeper than *max_depth*."""
    level = [value] if type(value) is dict or type(value) is list else []
    for _ in range(max_depth):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


# --- the thorough way --------------------------------------------------------------------------


def _thorough(text: bytes, max_depth: int) -> Any:
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
