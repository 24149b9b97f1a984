"""The one strict converter between JSON and the classes of this package.

Nothing is coerced: a string is no number, a boolean is no integer, null is no absence. Unknown
members are ignored, so that either side may be newer; unknown signals are kept. Faults are
reported together, each with its path, up to `MAX_FAULTS`.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from itertools import repeat
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import BaseValidationError, IterableValidationError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from octet.schema import json_text
from octet.schema.constraints import Constraint, Length, Members, Pattern, Range
from octet.schema.errors import SchemaError
from octet.schema.faults import faults_of
from octet.schema.json_text import Json
from octet.schema.results import Accepted, Refused
from octet.schema.scalars import Hook, exactly, literal, read_enum, read_float
from octet.schema.signal import Missing, Present, Signals, wire_name
from octet.schema.signals import SIGNAL_TYPES

MAX_FAULTS: Final = 16
"""Reported of one input: a small hostile one must not make a large answer, nor much work."""

T = TypeVar("T")
_Reader = tuple[Hook, Any]
"""The hook of a type, and the type."""


def decode(kind: type[T], text: bytes, *, max_depth: int = json_text.MAX_DEPTH) -> T:
    """Read JSON *text* as a *kind*.

    Raises:
        SchemaError: with the faults and their paths.
    """
    return structure(kind, json_text.loads(text, max_depth=max_depth))


def encode(value: Any) -> bytes:
    """Write *value*, an instance of one of this package's classes, as compact JSON."""
    return json_text.dumps(unstructure(value))


def structure(kind: type[T], value: Json) -> T:
    """Turn a parsed JSON *value* into a *kind*.

    Raises:
        SchemaError: with the faults and their paths.
    """
    try:
        return _converter.structure(value, kind)
    except (BaseValidationError, ValueError) as exc:
        raise SchemaError(*faults_of(exc)[:MAX_FAULTS]) from exc


def unstructure(value: Any) -> Any:
    """Turn an instance of one of this package's classes into plain JSON values."""
    return _converter.unstructure(value)


# --- constrained types --------------------------------------------------------------------------


def _annotated(kind: Any) -> Hook:
    """Make the hook of ``Annotated[inner, constraint…]``: sizes, the inner type, other bounds."""
    inner: Any
    constraints: list[Constraint]
    inner, *constraints = get_args(kind)
    hook = _converter.get_structure_hook(inner)
    sizes = [bound for bound in constraints if isinstance(bound, Length | Members)]
    bounds = [bound for bound in constraints if bound not in sizes]

    def constrained(value: Any, _: Any) -> Any:
        for size in sizes:  # before the items: a million of them must cost nothing
            if type(value) is size.container:
                size.check(value)
        result = hook(value, inner)
        for bound in bounds:
            bound.check(result)
        return result

    if inner is not str or len(constraints) != 1 or not isinstance(constraints[0], Pattern):
        return constrained
    matches = constraints[0].matches

    def matching(value: Any, _: Any) -> Any:
        return value if type(value) is str and matches(value) else constrained(value, _)

    return matching  # most of what is read, by one call instead of three


# --- containers --------------------------------------------------------------------------------


def _reader(kind: Any) -> _Reader:
    return _converter.get_structure_hook(kind), kind


def _each(items: Iterable[tuple[Any, Any]], readers: Iterable[_Reader], owner: Any) -> list[Any]:
    """Structure (index, item) pairs, each by its reader; collect the faults of the first few."""
    results, errors = [], []
    for (index, item), (hook, kind) in zip(items, readers, strict=False):  # readers may go on
        try:
            results.append(hook(item, kind))
        except Exception as exc:  # noqa: BLE001 - gathered and raised as one, with its place
            exc.add_note(IterableValidationNote(f"at {index}", index, kind))
            errors.append(exc)
            if len(errors) == MAX_FAULTS:
                break
    if errors:
        raise IterableValidationError("items", errors, owner)
    return results


def _tuple(kind: Any) -> Hook:
    """Make the hook of ``tuple[item, ...]`` or of a tuple of fixed length; only arrays fit."""
    args = get_args(kind)
    variadic = len(args) == 2 and args[1] is Ellipsis  # noqa: PLR2004 - the item and the dots
    fixed = [_reader(arg) for arg in args if arg is not Ellipsis]
    readers = repeat(*fixed) if variadic else fixed
    fit = _integers(args[0]) if variadic else None

    def hook(value: Any, _: Any) -> Any:
        if type(value) is not list:
            raise ValueError("must be an array")
        if not variadic and len(value) != len(fixed):
            raise ValueError(f"must have {len(fixed)} items")
        if not value or (fit is not None and fit(value)):
            return tuple(value)
        return tuple(_each(enumerate(value), readers, kind))

    return hook


def _integers(kind: Any) -> Callable[[list[Any]], bool] | None:
    """Make a look at a whole array of integers, which saves one at each; None for other kinds.

    Where the least and the greatest are in range, all are.
    """
    inner, *ranges = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    if inner is not int or not all(isinstance(bound, Range) for bound in ranges):
        return None

    def fit(items: list[Any]) -> bool:
        if set(map(type, items)) != {int}:
            return False
        try:
            for bound in ranges:
                bound.check(min(items))
                bound.check(max(items))
        except ValueError:
            return False
        return True

    return fit


def _mapping(kind: Any) -> Hook:
    """Make the hook of ``Mapping[str, item]``; only objects fit."""
    readers = repeat(_reader(get_args(kind)[1]))

    def hook(value: Any, _: Any) -> Any:
        members = _object(value)
        results = _each(members.items(), readers, kind)
        return dict(zip(members, results, strict=True))

    return hook


def _optional(kind: Any) -> Hook:
    """Make the hook of ``X | None``: None is how absence stands in Python, never on the wire."""
    (inner,) = (arg for arg in get_args(kind) if arg is not type(None))
    hook = _converter.get_structure_hook(inner)
    return lambda value, _: hook(value, inner)


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise ValueError("must be an object")
    return value


# --- classes -----------------------------------------------------------------------------------


def _renames(kind: Any) -> dict[str, Any]:
    return {
        field.name: override(rename=wire_name(field.name))
        for field in attrs.fields(get_origin(kind) or kind)
    }


def _read_class(kind: Any) -> Hook:
    read = make_dict_structure_fn(
        kind,
        _converter,
        _cattrs_detailed_validation=True,
        _cattrs_forbid_extra_keys=False,
        **_renames(kind),
    )
    return lambda value, _: read(_object(value), kind)


def _write_class(kind: Any) -> Callable[[Any], Any]:
    overrides: dict[str, Any] = {
        field.name: override(rename=wire_name(field.name), omit_if_default=field.default is None)
        for field in attrs.fields(get_origin(kind) or kind)
    }
    return make_dict_unstructure_fn(kind, _converter, **overrides)


def _write_tuple(kind: Any) -> Callable[[Any], Any]:
    """Make the writer of a tuple; plain values in it are not asked one by one."""
    inner = {_bare(item) for item in get_args(kind) if item is not Ellipsis}
    if inner <= {str, int, float, bool}:
        return list
    if len(inner) == 1 and _is_tuple(item := inner.pop()):
        write = _write_tuple(item)
        return lambda items: [write(item) for item in items]
    return lambda items: [_converter.unstructure(item) for item in items]


def _bare(kind: Any) -> Any:
    """Return *kind* without its constraints."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _read_signals(_: Any) -> Hook:
    """Make the hook of `Signals`: a reader a known signal, and one for all that are unknown."""
    known = {name: _reader(Present[kind] | Missing) for name, kind in SIGNAL_TYPES.items()}  # type: ignore[valid-type]
    unknown = _reader(Present[Json] | Missing)

    def hook(value: Any, _: Any) -> Signals:
        members = _object(value)
        readers = (known.get(name, unknown) for name in members)
        signals = _each(members.items(), readers, Signals)
        return Signals(dict(zip(members, signals, strict=True)))

    return hook


def _read_signal(kind: Any) -> Hook:
    """Make the hook of ``Present[X] | Missing``; the member that is there tells which."""
    present, missing = _reader(get_args(kind)[0]), _reader(Missing)

    def hook(value: Any, _: Any) -> Any:
        members = _object(value)
        if ("value" in members) == ("missing" in members):
            raise ValueError("must have either a value or a reason why it is missing")
        read, choice = present if "value" in members else missing
        return read(value, choice)

    return hook


def _read_result(value: Any, _: Any) -> Accepted | Refused:
    ok = _object(value).get("ok")
    if type(ok) is not bool:
        raise ValueError("must say whether it is ok")
    kind: type[Accepted | Refused] = Accepted if ok else Refused
    return _converter.structure(value, kind)


def _write_result(kind: Any, *, ok: bool) -> Callable[[Any], Any]:
    write = _write_class(kind)
    return lambda value: {"id": value.id, "ok": ok, **write(value)}


# --- the converter -----------------------------------------------------------------------------


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _is_class(kind: Any) -> bool:
    return attrs.has(get_origin(kind) or kind)


def _is_optional(kind: Any) -> bool:
    args = get_args(kind)
    return get_origin(kind) in (Union, UnionType) and len(args) == 2 and type(None) in args  # noqa: PLR2004


def _is_signal(kind: Any) -> bool:
    args = get_args(kind)
    return Missing in args and get_origin(args[0]) is Present


_HOOKS: Final[tuple[tuple[Any, Hook], ...]] = (
    (str, exactly(str, name="a string")),
    (int, exactly(int, name="an integer")),
    (bool, exactly(bool, name="true or false")),
    (float, read_float),
    (StrEnum, read_enum),
    (Accepted | Refused, _read_result),
)


def _make_converter() -> Converter:
    converter = Converter(detailed_validation=True)
    for kind, hook in _HOOKS:
        converter.register_structure_hook(kind, hook)
    factories: tuple[tuple[Callable[[Any], bool], Callable[[Any], Hook]], ...] = (
        (_is_tuple, _tuple),
        (lambda kind: get_origin(kind) is Mapping or get_origin(kind) is dict, _mapping),
        (_is_optional, _optional),
        (lambda kind: get_origin(kind) is Literal, literal),
        (_is_class, _read_class),
        (lambda kind: kind is Signals, _read_signals),
        (_is_signal, _read_signal),
        (lambda kind: kind == Json or kind is Any, lambda _: lambda value, _: value),
        (lambda kind: get_origin(kind) is Annotated, _annotated),
    )
    for fits, factory in factories:
        converter.register_structure_hook_factory(fits, factory)
    converter.register_unstructure_hook(StrEnum, str)
    converter.register_unstructure_hook_factory(_is_tuple, _write_tuple)
    converter.register_unstructure_hook_factory(_is_class, _write_class)
    converter.register_unstructure_hook(
        Signals, lambda signals: {name: unstructure(s) for name, s in signals.by_name.items()}
    )
    converter.register_unstructure_hook_factory(
        lambda kind: kind is Accepted, lambda kind: _write_result(kind, ok=True)
    )
    converter.register_unstructure_hook_factory(
        lambda kind: kind is Refused, lambda kind: _write_result(kind, ok=False)
    )
    return converter


_converter: Final = _make_converter()
