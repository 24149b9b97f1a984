"""What the workers of one deployment share: metrics and the counts behind the limits.

Made once, before any worker is forked; a worker joins with its index and then writes its own part.
"""

from attrs import frozen
from prometheus_client import CollectorRegistry

from octet.edge.limits import LocalTally, SharedTally, Tally
from octet.edge.metrics import EdgeMetrics


@frozen
class Shared:
    """Totals of the deployment."""

    registry: CollectorRegistry
    metrics: EdgeMetrics
    connections: Tally
    channels: Tally

    @classmethod
    def among(cls, workers: int) -> "Shared":
        """Make it for so many workers."""
        registry = CollectorRegistry()
        metrics = EdgeMetrics(registry, workers=workers)
        if workers == 1:
            return cls(registry, metrics, LocalTally(), LocalTally())
        return cls(registry, metrics, SharedTally(workers), SharedTally(workers))

    def join(self, worker: int) -> None:
        """Write the part of *worker* from now on; in the forked process."""
        self.metrics.join(worker)
        for tally in (self.connections, self.channels):
            if isinstance(tally, SharedTally):
                tally.join(worker)

    def forget(self, worker: int) -> None:
        """Drop what an ended *worker* held; in the parent."""
        self.metrics.forget(worker)
        for tally in (self.connections, self.channels):
            if isinstance(tally, SharedTally):
                tally.forget(worker)
