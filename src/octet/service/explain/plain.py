"""An explanation as JSON, for machines: the members of `Explanation` in the contract's spelling."""

import json
from typing import Any

import attrs

from octet.schema import unstructure
from octet.schema.signal import wire_name
from octet.schema.verdict import Location, Verdict
from octet.service.explain.explanation import Explanation


def render_json(told: Explanation) -> str:
    """Return the explanation as indented JSON, with a new line at its end."""
    return json.dumps(_plain(told), ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Verdict | Location):
        return unstructure(value)
    if attrs.has(type(value)):
        fields = attrs.asdict(value, recurse=False)
        return {wire_name(n): _plain(v) for n, v in fields.items() if v is not None}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
