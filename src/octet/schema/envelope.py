"""What the edge sends the service: reports, each with what the edge observed beside it."""

from typing import Annotated

from attrs import frozen

from octet.schema.constraints import (
    Count,
    Identifier,
    Latitude,
    Length,
    Longitude,
    SessionRef,
    Version1,
)
from octet.schema.json_text import Json
from octet.schema.observation import Observation
from octet.schema.report import Report

MAX_ENVELOPES = 64
MAX_BATCH_BYTES = 8 * 1024 * 1024
MAX_BATCH_DEPTH = 20
"""A report's own depth and the levels around it."""


@frozen(kw_only=True)
class EdgeIdentity:
    """Which edge speaks, and where it stands."""

    id: Identifier
    version: Identifier
    lat: Latitude | None = None
    """Degrees north."""
    lon: Longitude | None = None
    """Degrees east."""


@frozen(kw_only=True)
class EnvelopeHead:
    """All of an envelope but the report: what the edge itself writes."""

    v: Version1
    id: Identifier
    """The report's id."""
    session_ref: SessionRef | None = None
    received_at: Count
    """When the edge had the report, milliseconds since the Unix epoch."""
    want_verdict: bool = False
    """True exactly when the edge runs with ``EDGE_EXPOSE_VERDICT``."""
    edge: EdgeIdentity
    observed: Observation


@frozen(kw_only=True)
class Envelope(EnvelopeHead):
    """A report and what was observed of its connection."""

    report: Report


@frozen
class Batch:
    """The body of ``POST /v1/signals`` on the service, each envelope still unread.

    One bad envelope fails alone, so the batch is read without looking into its envelopes.
    """

    envelopes: Annotated[tuple[Json, ...], Length(1, MAX_ENVELOPES)]
    """Each an envelope, read on its own."""
