"""One envelope out of a file: an envelope by itself, or a batch as edges post it."""

import sys
from pathlib import Path
from typing import Any

from octet.schema import MAX_BATCH_DEPTH, Envelope, SchemaError, structure
from octet.schema.json_text import loads
from octet.service.batch import detail

STANDARD_INPUT = "-"


class EnvelopeFileError(Exception):
    """The file holds no envelope that can be read. The operator's fault."""


def read_bytes(name: str) -> bytes:
    """Return what is in a file, of standard input for ``-``.

    Raises:
        EnvelopeFileError: it cannot be read.
    """
    if name == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as exc:
        raise EnvelopeFileError(f"cannot be read: {exc.strerror}") from exc


def read_envelope(text: bytes, index: int | None) -> Envelope:
    """Return the envelope in *text*, of a batch the one at *index*.

    Raises:
        EnvelopeFileError: there is none, or it cannot be read.
    """
    try:
        value = loads(text, max_depth=MAX_BATCH_DEPTH)
    except SchemaError as exc:
        raise EnvelopeFileError(f"is not strict JSON: {detail(exc)}") from exc
    try:
        return structure(Envelope, _chosen(value, index))
    except SchemaError as exc:
        raise EnvelopeFileError(f"holds no valid envelope: {detail(exc)}") from exc


def _chosen(value: Any, index: int | None) -> Any:
    batch = value.get("envelopes") if isinstance(value, dict) else None
    if not isinstance(batch, list):
        if index:
            raise EnvelopeFileError("holds one envelope: there is nothing for --index to choose")
        return value
    if not batch:
        raise EnvelopeFileError("holds an empty batch")
    if index is None and len(batch) > 1:
        raise EnvelopeFileError(
            f"holds {len(batch)} envelopes: choose one with --index 0 to {len(batch) - 1}"
        )
    at = index or 0
    if at >= len(batch):
        raise EnvelopeFileError(f"holds {len(batch)} envelopes, and none at index {at}")
    return batch[at]
