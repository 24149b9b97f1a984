"""Numbers for Prometheus that several processes count together.

prometheus-client writes them, but does not hold them: its numbers live in one process, and its
multiprocess mode is chosen by a variable of the environment, for all of a process, when it is
imported. Here every series is known beforehand, so all numbers are one array in memory that forked
workers share, a row a worker, which only that worker writes. Any worker can answer for all of them,
and a counter goes on where a worker that ended has left it.

Every label has a fixed list of values, and what is not in it counts as ``other``: a peer cannot
make series, and nothing about a person can become a label.
"""

import mmap
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, product
from typing import Final, Protocol, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

OTHER: Final = "other"

_CELL_BYTES: Final = 8


class _Cells:
    """Numbers in shared memory: reserved one after another, then laid out, a row a worker."""

    def __init__(self) -> None:
        self.width = 0

    def reserve(self, count: int) -> int:
        """Return the first of *count* new cells."""
        first = self.width
        self.width += count
        return first

    def lay_out(self, workers: int) -> None:
        """Make the memory; before the fork."""
        memory = memoryview(mmap.mmap(-1, workers * self.width * _CELL_BYTES)).cast("d")
        self._rows = [memory[w * self.width : (w + 1) * self.width] for w in range(workers)]
        self.join(0)

    def join(self, worker: int) -> None:
        """Write the row of *worker* from now on."""
        self.own = self._rows[worker]

    def clear(self, worker: int, cell: int) -> None:
        """Set one cell of *worker* to zero."""
        self._rows[worker][cell] = 0.0

    def total(self, cell: int) -> float:
        """Sum a cell over all workers."""
        return sum(row[cell] for row in self._rows)


class Counter:
    """Only ever goes up."""

    def __init__(
        self, cells: _Cells, name: str, text: str, labels: Mapping[str, Sequence[str]]
    ) -> None:
        self._cells = cells
        self._name, self._text = name, text
        self._labels = {label: (*values, OTHER) for label, values in labels.items()}
        series = list(product(*self._labels.values()))
        first = cells.reserve(len(series))
        self._series = {values: first + place for place, values in enumerate(series)}

    def count(self, *values: str, by: int = 1) -> None:
        """Count *by* more under the label *values*; one that is not known counts as ``other``.

        Raises:
            ValueError: there are more or fewer values than labels.
        """
        cell = self._series.get(values)
        if cell is None:
            labelled = zip(values, self._labels.values(), strict=True)
            cell = self._series[tuple(v if v in known else OTHER for v, known in labelled)]
        self._cells.own[cell] += by

    def collect(self) -> Metric:
        """Return the totals."""
        family = CounterMetricFamily(self._name, self._text, labels=list(self._labels))
        for values, cell in self._series.items():
            family.add_metric(values, self._cells.total(cell))
        return family


class Gauge:
    """Goes up and down; what a worker held is gone when it ends."""

    def __init__(self, cells: _Cells, name: str, text: str) -> None:
        self._cells = cells
        self._name, self._text = name, text
        self._cell = cells.reserve(1)

    def add(self, amount: int) -> None:
        """Change this worker's part."""
        self._cells.own[self._cell] += amount

    def set(self, value: int) -> None:
        """Say what this worker's part is."""
        self._cells.own[self._cell] = value

    def total(self) -> float:
        """Return the sum over all workers: what a bound of the deployment is compared with."""
        return self._cells.total(self._cell)

    def forget(self, worker: int) -> None:
        """Drop the part of *worker*."""
        self._cells.clear(worker, self._cell)

    def collect(self) -> Metric:
        """Return the total."""
        return GaugeMetricFamily(self._name, self._text, value=self.total())


class Histogram:
    """How often a value was at most each of its bounds, and the sum of all values."""

    def __init__(self, cells: _Cells, name: str, text: str, bounds: Sequence[float]) -> None:
        self._cells = cells
        self._name, self._text, self._bounds = name, text, bounds
        self._first = cells.reserve(len(bounds) + 2)  # one past the bounds, and the sum
        self._sum = self._first + len(bounds) + 1

    def observe(self, value: float) -> None:
        """Count *value*."""
        self._cells.own[self._first + bisect_left(self._bounds, value)] += 1
        self._cells.own[self._sum] += value

    def collect(self) -> Metric:
        """Return the totals."""
        counts = accumulate(map(self._cells.total, range(self._first, self._sum)))
        bounds = map(floatToGoString, (*self._bounds, float("inf")))
        family = HistogramMetricFamily(self._name, self._text)
        buckets = list(zip(bounds, counts, strict=True))
        family.add_metric([], buckets, self._cells.total(self._sum))
        return family


class _Family(Protocol):
    def collect(self) -> Metric: ...


F = TypeVar("F", bound=_Family)


class Metrics(Collector):
    """All that a program counts: a subclass makes its families, then calls `lay_out`, once."""

    def __init__(self) -> None:
        self._cells = _Cells()
        self._families: list[_Family] = []

    def counter(
        self, name: str, text: str, labels: Mapping[str, Sequence[str]] | None = None
    ) -> Counter:
        """Have a counter; each of *labels* with all the values that it can have."""
        return self._kept(Counter(self._cells, name, text, labels or {}))

    def gauge(self, name: str, text: str) -> Gauge:
        """Have a gauge."""
        return self._kept(Gauge(self._cells, name, text))

    def histogram(self, name: str, text: str, bounds: Sequence[float]) -> Histogram:
        """Have a histogram; *bounds* rise."""
        return self._kept(Histogram(self._cells, name, text, bounds))

    def lay_out(self, registry: CollectorRegistry, *, workers: int) -> None:
        """Make the memory for so many *workers*, and let *registry* ask for the totals.

        Before the fork, and after the last family.
        """
        self._cells.lay_out(workers)
        registry.register(self)

    def join(self, worker: int) -> None:
        """Count as *worker* from now on; called once in each, after the fork."""
        self._cells.join(worker)

    def forget(self, worker: int) -> None:
        """Drop what *worker*, which has ended, was holding; what it counted stays."""
        for family in self._families:
            if isinstance(family, Gauge):
                family.forget(worker)

    def collect(self) -> Iterable[Metric]:
        """Return all metrics, each the total over all workers."""
        return (family.collect() for family in self._families)

    def _kept(self, family: F) -> F:
        self._families.append(family)
        return family
