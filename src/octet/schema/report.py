"""What the browser posts: one report of signals, and the receipts of its latency channels."""

from enum import StrEnum
from typing import Annotated

from attrs import field, frozen

from octet.schema.constraints import Identifier, Length, Pattern, SessionRef, Version1
from octet.schema.signal import Signals

MAX_REPORT_BYTES = 64 * 1024
MAX_RECEIPTS = 8

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
class ReportHead:
    """All of a report but its signals: what the edge has to understand of it."""

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


@frozen(kw_only=True)
class Report(ReportHead):
    """A browser's report."""

    signals: Signals = field()
    """By wire name."""
