"""The shared ground of edge, service and client: what stands on the wire, as frozen classes.

Pure data: nothing here does I/O, knows an event loop, or imports numpy. The verdict stands apart
in `octet.schema.verdict`, because the edge must not know it: nothing here imports it.
"""

from octet.schema.codec import decode, encode, structure, unstructure
from octet.schema.envelope import (
    MAX_BATCH_BYTES,
    MAX_BATCH_DEPTH,
    MAX_ENVELOPES,
    Batch,
    EdgeIdentity,
    Envelope,
    EnvelopeHead,
)
from octet.schema.errors import Fault, SchemaError
from octet.schema.observation import (
    AbsenceReason,
    ChannelTiming,
    Http,
    Http2,
    Observation,
    TcpTiming,
    Tls,
)
from octet.schema.problem import CODES, PROBLEM_TYPE, Problem, problem
from octet.schema.report import (
    MAX_RECEIPTS,
    MAX_REPORT_BYTES,
    MAX_SIGNALS,
    Mode,
    Report,
    ReportHead,
    Unread,
)
from octet.schema.report_head import read_report_head
from octet.schema.results import Accepted, Refused, Results
from octet.schema.signal import NOT_SENT, Missing, MissingReason, Present, Signals
from octet.schema.signals import (
    SIGNAL_TYPES,
    Brand,
    Channel,
    Clock,
    Connection,
    Hardware,
    Intl,
    Languages,
    Latency,
    Navigation,
    Screen,
    TimeZone,
    UserAgent,
    UtcOffset,
    Voices,
    Webgl,
)

__all__ = [
    "CODES",
    "MAX_BATCH_BYTES",
    "MAX_BATCH_DEPTH",
    "MAX_ENVELOPES",
    "MAX_RECEIPTS",
    "MAX_REPORT_BYTES",
    "MAX_SIGNALS",
    "NOT_SENT",
    "PROBLEM_TYPE",
    "SIGNAL_TYPES",
    "AbsenceReason",
    "Accepted",
    "Batch",
    "Brand",
    "Channel",
    "ChannelTiming",
    "Clock",
    "Connection",
    "EdgeIdentity",
    "Envelope",
    "EnvelopeHead",
    "Fault",
    "Hardware",
    "Http",
    "Http2",
    "Intl",
    "Languages",
    "Latency",
    "Missing",
    "MissingReason",
    "Mode",
    "Navigation",
    "Observation",
    "Present",
    "Problem",
    "Refused",
    "Report",
    "ReportHead",
    "Results",
    "SchemaError",
    "Screen",
    "Signals",
    "TcpTiming",
    "TimeZone",
    "Tls",
    "Unread",
    "UserAgent",
    "UtcOffset",
    "Voices",
    "Webgl",
    "decode",
    "encode",
    "problem",
    "read_report_head",
    "structure",
    "unstructure",
]
