"""What an operator of the service may count: nothing here tells of one visitor.

Of customers it tells which of their edges seem to be deployed wrongly, since only the operator can.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import nan
from typing import Final, NamedTuple

import trio
from prometheus_client import CollectorRegistry

from octet.schema import CODES, MissingReason
from octet.schema.signals import SIGNAL_TYPES
from octet.schema.verdict import Alarm
from octet.serving.metrics import Gauge, Histogram, Metrics

ROUTES: Final = ("signals", "verdict", "keys", "openapi", "health", "ready")
OK: Final = "ok"
PENDING: Final = "pending"
REQUEST_CODES: Final = (OK, PENDING, *CODES)
ENVELOPE_CODES: Final = (OK, "malformed", "missing_fields", "internal")
"""An envelope that fails alone is answered inside a 200."""
CREDENTIAL_CODES: Final = tuple(code for code, (status, _) in CODES.items() if status in {401, 403})
ALARMS: Final = tuple(map(str, Alarm))
SIGNALS: Final = tuple(SIGNAL_TYPES)
REASONS: Final = tuple(map(str, MissingReason))
STORE_OPERATIONS: Final = ("recall", "put", "read")
PARTS: Final = ("keyring", "store", "bench")
"""What has to be in order for the service to be ready."""
EDGE_FAULTS: Final = ("fronted", "misplaced", "clock")
"""An undeclared proxy in front, a wrong EDGE_LOCATION, a wrong clock."""
MOST_EDGES: Final = 256
"""Edges that a worker counts apart; the rest is ``other``."""
BATCH_BOUNDS: Final = (1, 2, 4, 8, 16, 32, 64)
"""Envelopes."""
ENGINE_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
STORE_BOUNDS_S: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0)
POST_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class EdgeName(NamedTuple):
    """Which edge an envelope came from, by whose licence."""

    partner: str
    edge: str


class ServiceMetrics(Metrics):
    """All that the service counts. Make it before workers are forked.

    Args:
        registry: is asked for the metrics; it learns of these here.
        workers: how many processes will count.
        atlas_age_days: how old the tables are now.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        workers: int = 1,
        atlas_age_days: Callable[[], float] = lambda: nan,
    ) -> None:
        super().__init__()
        self.requests = self.counter(
            "octet_service_requests",
            "Requests answered, by route and problem code, or ok or pending.",
            {"route": ROUTES, "code": REQUEST_CODES},
        )
        self.connections_refused = self.counter(
            "octet_service_connections_refused", "Connections past the bound."
        )
        self.credentials_refused = self.counter(
            "octet_service_credentials_refused",
            "Licences and partner keys that were refused, by problem code.",
            {"code": CREDENTIAL_CODES},
        )
        self.envelopes = self.counter(
            "octet_service_envelopes",
            "Envelopes of posts that were answered, by problem code, or ok.",
            {"code": ENVELOPE_CODES},
        )
        self.verdicts = self.counter(
            "octet_service_verdicts", "Verdicts reached, by alarm.", {"alarm": ALARMS}
        )
        self.abstentions = self.counter(
            "octet_service_abstentions", "Verdicts reached that name no country."
        )
        self.missing = self.counter(
            "octet_service_signals_missing",
            "Signals that a judged report did not have, by name and reason.",
            {"name": SIGNALS, "reason": REASONS},
        )
        edge_labels = {**dict.fromkeys(EdgeName._fields, ()), "fault": EDGE_FAULTS}
        self.edge_envelopes = self.named_counter(
            "octet_service_edge_envelopes",
            "Envelopes that can tell whether the edge that sent them has a fault.",
            edge_labels,
            most=MOST_EDGES,
        )
        self.edge_faults = self.named_counter(
            "octet_service_edge_faults",
            "Sum over these of the probability of the fault.",
            edge_labels,
            most=MOST_EDGES,
        )
        self.posts = self.gauge(
            "octet_service_posts", "Posts that are being received, judged or held."
        )
        self.post_seconds = self.histogram(
            "octet_service_post_seconds", "From a post's header to its answer.", POST_BOUNDS_S
        )
        self.engine_seconds = self.histogram(
            "octet_service_engine_seconds", "Time the engine took for a batch.", ENGINE_BOUNDS_S
        )
        self.batch_envelopes = self.histogram(
            "octet_service_batch_envelopes", "Envelopes judged in one pass.", BATCH_BOUNDS
        )
        self.store_seconds = self.histogram(
            "octet_service_store_seconds",
            "Time the store took for all of one request, by operation.",
            STORE_BOUNDS_S,
            {"operation": STORE_OPERATIONS},
        )
        self.long_polls = self.gauge("octet_service_long_polls", "Long polls that wait.")
        self.faults = self.gauge(
            "octet_service_faults",
            "Processes in which this part is out of order; /ready tells more.",
            {"part": PARTS},
        )
        self.reading(
            "octet_service_atlas_age_days", "Days since the date of the tables.", atlas_age_days
        )
        self.lay_out(registry, workers=workers)


@contextmanager
def counted(gauge: Gauge) -> Iterator[None]:
    """Count one more in *gauge* for as long as the block lasts."""
    gauge.add(1)
    try:
        yield
    finally:
        gauge.add(-1)


@contextmanager
def timed(histogram: Histogram, *values: str) -> Iterator[None]:
    """Observe in *histogram* how long the block took, seconds, also if it fails."""
    began_s = trio.current_time()
    try:
        yield
    finally:
        histogram.observe(trio.current_time() - began_s, *values)
