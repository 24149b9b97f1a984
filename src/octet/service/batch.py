"""A batch as it comes from an edge, read once and strictly; one bad envelope fails alone."""

from typing import Any

from octet.schema import (
    MAX_BATCH_DEPTH,
    Batch,
    Envelope,
    Refused,
    SchemaError,
    decode,
    problem,
    structure,
)

MAX_FAULTS = 8
"""Faults that a problem's detail tells; a body can hold millions."""
MAX_FAULT_CHARS = 200
MAX_ID_CHARS = 128


def read_batch(body: bytes, request_id: str) -> list[Envelope | Refused]:
    """Return the envelopes of *body* in order, the unreadable ones as refusals.

    Raises:
        SchemaError: it is no batch at all.
    """
    batch = decode(Batch, body, max_depth=MAX_BATCH_DEPTH)
    return [_read(raw, request_id) for raw in batch.envelopes]


def detail(error: SchemaError) -> str:
    """Return the faults of *error* in words, the first few of them."""
    told = [str(fault)[:MAX_FAULT_CHARS] for fault in error.faults[:MAX_FAULTS]]
    rest = len(error.faults) - len(told)
    return "; ".join(told) + (f"; and {rest} more" if rest else "")


def _read(raw: Any, request_id: str) -> Envelope | Refused:
    try:
        return structure(Envelope, raw)
    except SchemaError as exc:
        return Refused(_id(raw), problem(exc.code, detail(exc), request_id=request_id))


def _id(raw: Any) -> str:
    """Return the id of an unreadable envelope, or an empty one where there is none to be read."""
    given = raw.get("id") if isinstance(raw, dict) else None
    return given if isinstance(given, str) and len(given) <= MAX_ID_CHARS else ""
