"""Which trace a request belongs to: ``traceparent`` as W3C Trace Context, level 1, defines it.

What is malformed is ignored, as that says; so is a header that comes twice.
"""

import re
from collections.abc import Sequence
from typing import Final, Self

from attrs import frozen

TRACEPARENT: Final = "traceparent"

_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_VERSION: Final = "ff"
_VERSION: Final = "00"
_SAMPLED: Final = 1


@frozen
class TraceContext:
    """The trace that a caller has begun, and its place in it."""

    trace_id: str
    """32 hex digits."""
    parent_id: str
    """Of the caller's span, 16 hex digits."""
    sampled: bool
    """Whether the caller may have recorded it."""

    @classmethod
    def read(cls, values: Sequence[str]) -> Self | None:
        """Read all *values* of the header; None when they name no trace."""
        match = _FORM.fullmatch(values[0].strip(" \t")) if len(values) == 1 else None
        if match is None:
            return None
        version, trace_id, parent_id, flags, more = match.groups()
        malformed = version == _NO_VERSION or (version == _VERSION and more is not None)
        if malformed or not int(trace_id, 16) or not int(parent_id, 16):
            return None
        return cls(trace_id, parent_id, bool(int(flags, 16) & _SAMPLED))

    def __str__(self) -> str:
        """Write it as the header's value."""
        return f"{_VERSION}-{self.trace_id}-{self.parent_id}-{int(self.sampled):02x}"
