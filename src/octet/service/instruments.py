"""What watches the service at work: its metrics, and the spans of a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import field, frozen
from prometheus_client import CollectorRegistry

from octet.service.metrics import ServiceMetrics, counted, timed
from octet.service.tracing import NO_TRACING, Tracing


@frozen(kw_only=True)
class Instruments:
    """Given to whatever does the work; by default nobody looks."""

    metrics: ServiceMetrics = field(factory=lambda: ServiceMetrics(CollectorRegistry()))
    tracing: Tracing = NO_TRACING

    @contextmanager
    def storing(self, operation: str, **numbers: int) -> Iterator[None]:
        """Watch the store do *operation*, one of `metrics.STORE_OPERATIONS`."""
        with (
            self.tracing.span(f"store.{operation}", **numbers),
            timed(self.metrics.store_seconds, operation),
        ):
            yield

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Watch a long poll wait."""
        with self.tracing.span("store.wait"), counted(self.metrics.long_polls):
            yield

    @contextmanager
    def posting(self) -> Iterator[None]:
        """Watch a post, from its header to its answer."""
        with counted(self.metrics.posts), timed(self.metrics.post_seconds):
            yield
