"""What an operator of the edge may count."""

from typing import Final

from prometheus_client import CollectorRegistry

from octet.schema import CODES, AbsenceReason
from octet.serving.metrics import Metrics

CONNECTION_OUTCOMES: Final = (
    "served",
    "silent",
    "tls-failed",
    "malformed",
    "flooded",
    "timed-out",
    "failed",
)
"""How a connection ended: it asked something; it asked nothing; TLS did not come about; it spoke no
HTTP; it sent too much of what costs nothing; it was too slow; its task failed."""
CONNECTION_REFUSALS: Final = ("capacity", "too-many", "too-fast", "too-many-channels")
"""Why one was not served: the edge is full; its address is, at once, a second, or in channels."""
ROUTES: Final = ("signals", "channel")
REQUEST_CODES: Final = ("ok", *CODES)
OBSERVATIONS: Final = ("http", "headerOrder", "h2", "tcp", "syn", "tls", "clientHello", "latency")
REASONS: Final = tuple(reason.value for reason in AbsenceReason)
BATCH_BOUNDS: Final = (1, 2, 4, 8, 16, 32, 64)
"""Envelopes."""
UPSTREAM_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class EdgeMetrics(Metrics):
    """All that the edge counts. Make it before workers are forked.

    Args:
        registry: is asked for the metrics; it learns of these here.
        workers: how many processes will count.
    """

    def __init__(self, registry: CollectorRegistry, *, workers: int = 1) -> None:
        super().__init__()
        self.connections_open = self.gauge("octet_edge_connections_open", "Connections now.")
        self.connections = self.counter(
            "octet_edge_connections",
            "Connections that ended, by how.",
            {"outcome": CONNECTION_OUTCOMES},
        )
        self.connections_refused = self.counter(
            "octet_edge_connections_refused",
            "Connections, channels and requests of an address past a bound, by which.",
            {"reason": CONNECTION_REFUSALS},
        )
        self.requests = self.counter(
            "octet_edge_requests",
            "Requests answered, by route and problem code, or ok.",
            {"route": ROUTES, "code": REQUEST_CODES},
        )
        self.relay_pending = self.gauge(
            "octet_edge_relay_pending", "Reports that wait for the service's answer."
        )
        self.batch_envelopes = self.histogram(
            "octet_edge_batch_envelopes", "Envelopes in a forward.", BATCH_BOUNDS
        )
        self.upstream_seconds = self.histogram(
            "octet_edge_upstream_seconds", "Time the service took.", UPSTREAM_BOUNDS_S
        )
        self.volleys = self.counter("octet_edge_volleys", "Volleys timed.")
        self.missing = self.counter(
            "octet_edge_missing",
            "Observations that were not to be had, by name and reason.",
            {"name": OBSERVATIONS, "reason": REASONS},
        )
        self.receipts_refused = self.counter(
            "octet_edge_receipts_refused", "Receipts left out, by reason.", {"reason": REASONS}
        )
        self.lay_out(registry, workers=workers)
