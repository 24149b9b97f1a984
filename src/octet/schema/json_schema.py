"""The wire's bodies as JSON Schema 2020-12, for those who read no Python.

``python -m octet.schema.json_schema DIR`` writes a file for each of `BODIES`. All is taken from
the classes: types, bounds, docstrings, and the text under each field. Four rules of the codec are
not to be said in JSON Schema: no duplicate members, no lone surrogates, the depth, and that ``1.0``
is no integer.
"""

import ast
import inspect
import json
import sys
from collections.abc import Mapping
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import attrs

from octet.schema.envelope import Batch, Envelope
from octet.schema.json_text import Json
from octet.schema.problem import Problem
from octet.schema.report import Report
from octet.schema.results import Accepted, Refused, Results
from octet.schema.signal import Missing, MissingReason, Present, Signals, wire_name
from octet.schema.signals import SIGNAL_TYPES
from octet.schema.verdict import Pending, Verdict

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

BODIES: Final[Mapping[str, type]] = {
    "report": Report,
    "envelope": Envelope,
    "batch": Batch,
    "results": Results,
    "verdict": Verdict,
    "pending": Pending,
    "problem": Problem,
}
"""File name without its ending, to the class of the body."""

_TAGS: Final[Mapping[type, dict[str, Any]]] = {
    Accepted: {"ok": {"const": True}},
    Refused: {"ok": {"const": False}},
    Pending: {"status": {"const": "pending"}},
}
"""Members that tell bodies apart on the wire and are the class itself in Python."""

_SCALARS: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}

Schema = dict[str, Any]


def export(name: str) -> Schema:
    """Return the JSON Schema of the body *name*, one of `BODIES`."""
    defs: dict[str, Schema] = {}
    kind = BODIES[name]
    _of(kind, defs)
    head = {"$schema": DIALECT, "$id": f"urn:octet:schema:1:{name}", "title": kind.__name__}
    return head | defs.pop(kind.__name__) | ({"$defs": defs} if defs else {})


def definitions(*kinds: type) -> dict[str, Schema]:
    """Return the JSON Schemas of *kinds* and of what they refer to, as ``$defs``, by class name."""
    defs: dict[str, Schema] = {}
    for kind in kinds:
        _of(kind, defs)
    return defs


def of_field(kind: Any) -> Schema:
    """Return the JSON Schema of the type of a field that refers to no class."""
    return _of(kind, {})


def render(name: str) -> str:
    """Return the text of the file for the body *name*."""
    return json.dumps(export(name), indent=2, ensure_ascii=False) + "\n"


def main(directory: str) -> None:
    """Write every file into *directory*."""
    target = Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    for name in BODIES:
        (target / f"{name}.json").write_text(render(name), encoding="utf-8")


def _of(kind: Any, defs: dict[str, Schema]) -> Schema:
    """Return the schema of a field's type; classes go to *defs* and are referred to."""
    origin, args = get_origin(kind), get_args(kind)
    if kind == Json or kind is Any:
        schema: Schema = {}
    elif origin is Annotated:
        schema = _of(args[0], defs)
        for constraint in args[1:]:
            schema |= constraint.keywords()
    elif origin is Literal:
        schema = {"enum": list(args)}
    elif origin in (Union, UnionType):
        options = [_of(arg, defs) for arg in args if arg is not NoneType]
        schema = {"oneOf": options} if len(options) > 1 else options[0]
    elif origin is tuple and args[-1] is Ellipsis:
        schema = {"type": "array", "items": _of(args[0], defs)}
    elif origin is tuple:
        items = [_of(arg, defs) for arg in args]
        schema = {"type": "array", "prefixItems": items, "items": False, "minItems": len(args)}
    elif origin in (Mapping, dict):
        schema = {"type": "object", "additionalProperties": _of(args[1], defs)}
    elif kind in _SCALARS:
        schema = {"type": _SCALARS[kind]}
    else:
        schema = _reference(kind, defs)
    return schema


def _reference(kind: type, defs: dict[str, Schema]) -> Schema:
    name = kind.__name__
    if name not in defs:
        defs[name] = {}  # keeps the place: the outer class stands before those inside it
        defs[name] |= {"description": _prose(inspect.getdoc(kind) or "")}
        if issubclass(kind, StrEnum):
            defs[name] |= {"enum": list(map(str, kind))}
        elif kind is Signals:
            defs[name] |= _signals(defs)
        else:
            defs[name] |= _members(kind, defs)
    return {"$ref": f"#/$defs/{name}"}


def _members(kind: type, defs: dict[str, Schema]) -> Schema:
    """Return the schema of an attrs class; a field with a default is optional."""
    tags = _TAGS.get(kind, {})
    required = list(tags)
    properties: Schema = dict(tags)
    texts = _texts(kind)
    for field in attrs.fields(kind):
        name = wire_name(field.name)
        text = {"description": texts[field.name]} if field.name in texts else {}
        properties[name] = _of(field.type, defs) | text
        if field.default is attrs.NOTHING:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required}


def _signals(defs: dict[str, Schema]) -> Schema:
    properties = {name: _signal(_of(kind, defs), defs) for name, kind in SIGNAL_TYPES.items()}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": _signal({}, defs),
    }


def _signal(value: Schema, defs: dict[str, Schema]) -> Schema:
    """Return the schema of ``Present[X] | Missing``."""
    ms = attrs.fields(Missing).ms
    return {
        "type": "object",
        "properties": {
            "value": value,
            "missing": _of(MissingReason, defs),
            "ms": _of(ms.type, defs) | {"description": _texts(Present)["ms"]},
        },
        "oneOf": [{"required": ["value"]}, {"required": ["missing"]}],
    }


def _texts(kind: type) -> dict[str, str]:
    """Return the string that stands under each field in the source, by the field's name."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if attrs.has(base):
            (tree,) = ast.parse(dedent(inspect.getsource(base))).body
            for above, below in pairwise(tree.body if isinstance(tree, ast.ClassDef) else ()):
                match above, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        texts[name] = _prose(text)
    return texts


def _prose(text: str) -> str:
    """Join the lines of *text*; keep its paragraphs."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


if __name__ == "__main__":
    main(*sys.argv[1:])
