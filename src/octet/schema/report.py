"""What the browser posts: one report of signals, and the receipts of its latency channels."""

from enum import StrEnum
from typing import Annotated

from attrs import frozen

from octet.schema.constraints import (
    Identifier,
    Length,
    Members,
    Pattern,
    SessionRef,
    Version1,
)
from octet.schema.signal import Signals

MAX_REPORT_BYTES = 64 * 1024
MAX_RECEIPTS = 8
MAX_SIGNALS = 64
"""Signals of a report, unknown ones too: some times what any collector sends."""

Receipt = Annotated[str, Pattern(r"v4\.local\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?")]


class Mode(StrEnum):
    """How much the collector does."""

    FULL = "full"
    """All signals, 24 volleys."""
    LITE = "lite"
    """No rendering signals, 8 volleys."""
    PASSIVE = "passive"
    """No active network measurement."""


@frozen(kw_only=True)
class _Common:
    """What the edge and the service both read of a report."""

    v: Version1
    """Version of the report."""
    id: Identifier
    """Idempotency key: of several posts with the same id the first content wins."""
    session_ref: SessionRef | None = None
    """The backend's opaque reference; without it nobody can read a verdict."""
    mode: Mode
    collector: Identifier
    """Version of the collector."""
    receipts: Annotated[tuple[Receipt, ...], Length(0, MAX_RECEIPTS)] = ()
    """Sealed by edges, carried by the page, opened by the edge."""


@frozen
class Unread:
    """An object that is there; of its members nothing is known but how many they may be."""


@frozen(kw_only=True)
class ReportHead(_Common):
    """All of a report but its signals: what the edge has to understand of it."""

    signals: Annotated[Unread, Members(MAX_SIGNALS)]
    """Forwarded as they came."""


@frozen(kw_only=True)
class Report(_Common):
    """A browser's report."""

    signals: Annotated[Signals, Members(MAX_SIGNALS)]
    """By wire name."""
