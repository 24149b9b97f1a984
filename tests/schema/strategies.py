"""Hypothesis strategies for the schema's classes, built from their own types and bounds.

``values(Report)`` makes reports; ``documents(Report)`` the JSON values that encode them.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from octet.schema import SIGNAL_TYPES, Missing, Present, Signals, unstructure
from octet.schema.constraints import Address, Constraint, Length, Members, Pattern, Range
from octet.schema.json_text import Json

T = TypeVar("T")

FINITE = st.floats(allow_nan=False, allow_infinity=False)

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FINITE | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
"""Any JSON value, not deep."""


def values(kind: type[T]) -> st.SearchStrategy[T]:
    """Return a strategy for instances of *kind*, as decoding gives them."""
    strategy: st.SearchStrategy[T] = _of(kind)
    return strategy


def documents(kind: type) -> st.SearchStrategy[Any]:
    """Return a strategy for the JSON values that stand for a *kind*."""
    return values(kind).map(unstructure)


def _of(kind: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a table of kinds of types
    origin, args = get_origin(kind), get_args(kind)
    if kind == Json or kind is Any:
        return JSON
    if origin is Annotated:
        (constraint,) = args[1:]
        return _bounded(args[0], constraint)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, UnionType):
        return st.one_of([st.none() if arg is NoneType else _of(arg) for arg in args])
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(_of(args[0]), max_size=4).map(tuple)
    if origin is tuple:
        return st.tuples(*map(_of, args))
    if origin in (Mapping, dict):
        return st.dictionaries(st.text(max_size=8), _of(args[1]), max_size=4)
    return _named(kind)


def _named(kind: Any) -> st.SearchStrategy[Any]:
    if kind is Signals:
        return _signals()
    if attrs.has(kind):
        return _instances(kind)
    if issubclass(kind, StrEnum):
        return st.sampled_from(list(kind))
    scalars = {str: st.text(max_size=20), int: st.integers(), float: FINITE, bool: st.booleans()}
    return scalars[kind]


def _bounded(inner: Any, constraint: Constraint) -> st.SearchStrategy[Any]:
    match constraint:
        case Range(low, high) if inner is int:
            return st.integers(
                None if low is None else int(low), None if high is None else int(high)
            )
        case Range(low, high):
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case Length(low, high):
            return st.lists(_of(get_args(inner)[0]), min_size=low, max_size=min(high, low + 4)).map(
                tuple
            )
        case Members():
            return _of(inner)  # its own strategy draws far fewer
        case Pattern(regex):
            return st.from_regex(regex, fullmatch=True)
        case Address():
            return st.ip_addresses().map(str)
        case _:
            raise NotImplementedError(constraint)


def _instances(kind: type) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{field.name: _of(field.type) for field in attrs.fields(kind)})


def _signals() -> st.SearchStrategy[Signals]:
    known = {name: _signal(kind) for name, kind in SIGNAL_TYPES.items()}
    names = st.text(max_size=8).filter(lambda name: name not in SIGNAL_TYPES)
    unknown = st.dictionaries(names, _signal(Json), max_size=2)
    return st.builds(
        lambda some, others: Signals(some | others),
        st.fixed_dictionaries({}, optional=known),
        unknown,
    )


def _signal(kind: Any) -> st.SearchStrategy[Any]:
    ms = _of(attrs.fields(Missing).ms.type)
    return st.builds(Present, _of(kind), ms) | _instances(Missing)
