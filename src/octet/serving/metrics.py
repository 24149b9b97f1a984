"""Numbers for Prometheus that several processes count together.

prometheus-client writes them, but does not hold them: its numbers live in one process, and its
multiprocess mode is chosen by a variable of the environment, for all of a process, when it is
imported. Here every series is known beforehand, so all numbers are one array in memory that forked
workers share, a row a worker, which only that worker writes. Any worker can answer for all of them,
and a counter goes on where a worker that ended has left it.

Every label has a fixed list of values, and what is not in it counts as ``other``: a peer cannot
make series, and nothing about a person can become a label. Names that only turn up have a counter
with so many places (`NamedCounter`), and no more.
"""

import mmap
from bisect import bisect_left
from collections import Counter as Totals
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, product
from typing import Final, Protocol, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

OTHER: Final = "other"

_CELL_BYTES: Final = 8
_NAME_BYTES: Final = 256
_BETWEEN: Final = "\x1f"


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

    def of(self, worker: int, cell: int) -> float:
        """Return one cell of *worker*."""
        return self._rows[worker][cell]

    def total(self, cell: int) -> float:
        """Sum a cell over all workers."""
        total = 0.0
        for row in self._rows:  # one, mostly: `sum` of a generator takes three times as long
            total += row[cell]
        return total


class _Series:
    """Which cells belong to which label values; a value that is not known counts as ``other``."""

    def __init__(self, cells: _Cells, labels: Mapping[str, Sequence[str]], *, width: int) -> None:
        self.labels = tuple(labels)
        self._known = tuple((*values, OTHER) for values in labels.values())
        combined = list(product(*self._known))
        first = cells.reserve(len(combined) * width)
        self._firsts = {values: first + place * width for place, values in enumerate(combined)}

    def __iter__(self) -> Iterator[tuple[tuple[str, ...], int]]:
        """Iterate over label values and the first of their cells."""
        return iter(self._firsts.items())

    def first(self, values: tuple[str, ...]) -> int:
        """Return the first cell of *values*.

        Raises:
            ValueError: there are more or fewer values than labels.
        """
        cell = self._firsts.get(values)
        if cell is None:
            labelled = zip(values, self._known, strict=True)
            cell = self._firsts[tuple(v if v in known else OTHER for v, known in labelled)]
        return cell


class Counter:
    """Only ever goes up."""

    def __init__(
        self, cells: _Cells, name: str, text: str, labels: Mapping[str, Sequence[str]]
    ) -> None:
        self._cells = cells
        self._name, self._text = name, text
        self._series = _Series(cells, labels, width=1)

    def count(self, *values: str, by: int = 1) -> None:
        """Count *by* more under the label *values*; one that is not known counts as ``other``.

        Raises:
            ValueError: there are more or fewer values than labels.
        """
        self._cells.own[self._series.first(values)] += by

    def collect(self) -> Metric:
        """Return the totals."""
        family = CounterMetricFamily(self._name, self._text, labels=self._series.labels)
        for values, cell in self._series:
            family.add_metric(values, self._cells.total(cell))
        return family


class NamedCounter:
    """Only ever goes up, under names that turn up: the latest so many of each worker.

    The name that was not counted for longest gives its place to a new one, and what it had counted
    goes to ``other``, as does what is counted under a name that is too long to keep.
    """

    def __init__(
        self, cells: _Cells, name: str, text: str, labels: Mapping[str, Sequence[str]], most: int
    ) -> None:
        self._cells = cells
        self._name, self._text, self._most = name, text, most
        self._names = tuple(label for label, values in labels.items() if not values)
        known = {label: values for label, values in labels.items() if values}
        # The first place is for other names.
        self._series = [_Series(cells, known, width=1) for _ in range(most + 1)]
        self._places: OrderedDict[str, int] = OrderedDict()

    def lay_out(self, workers: int) -> None:
        """Make the memory for the names; before the fork."""
        size = (self._most + 1) * _NAME_BYTES
        self._kept = [memoryview(mmap.mmap(-1, size)) for _ in range(workers)]
        self.join(0)

    def join(self, worker: int) -> None:
        """Write the names of *worker* from now on, beside those of the one that it replaces."""
        self._own = self._kept[worker]
        places = range(1, self._most + 1)
        found = {self._read(worker, place): place for place in places}
        self._places = OrderedDict((name, place) for name, place in found.items() if name)

    def count(self, names: Sequence[str], *values: str, by: float = 1.0) -> None:
        """Count *by* more under *names* and the label *values*.

        Raises:
            ValueError: there are more or fewer values than labels.
        """
        place = self._place(_BETWEEN.join(names))
        self._cells.own[self._series[place].first(values)] += by

    def collect(self) -> Metric:
        """Return the totals."""
        other = (OTHER,) * len(self._names)
        totals: Totals[tuple[str, ...]] = Totals()
        for worker in range(len(self._kept)):
            for place, series in enumerate(self._series):
                name = self._read(worker, place)
                if name or not place:
                    names = tuple(name.split(_BETWEEN)) if name else other
                    for values, cell in series:
                        totals[names + values] += self._cells.of(worker, cell)  # type: ignore[assignment]
        labels = (*self._names, *self._series[0].labels)
        family = CounterMetricFamily(self._name, self._text, labels=labels)
        for found, total in totals.items():
            family.add_metric(found, total)
        return family

    def _place(self, name: str) -> int:
        if len(name.encode()) > _NAME_BYTES:
            return 0
        place = self._places.get(name)
        if place is None:
            place = len(self._places) + 1
            if place > self._most:
                _, place = self._places.popitem(last=False)
                self._fold(place)
            self._write(place, name)
            self._places[name] = place
        self._places.move_to_end(name)
        return place

    def _fold(self, place: int) -> None:
        """Add to ``other`` what was counted in a place, and clear it."""
        own = self._cells.own
        for values, cell in self._series[place]:
            own[self._series[0].first(values)] += own[cell]
            own[cell] = 0.0

    def _read(self, worker: int, place: int) -> str:
        kept = self._kept[worker][place * _NAME_BYTES : (place + 1) * _NAME_BYTES]
        return kept.tobytes().rstrip(b"\0").decode(errors="replace")

    def _write(self, place: int, name: str) -> None:
        kept = name.encode().ljust(_NAME_BYTES, b"\0")
        self._own[place * _NAME_BYTES : (place + 1) * _NAME_BYTES] = kept


class Gauge:
    """Goes up and down; what a worker held is gone when it ends."""

    def __init__(
        self, cells: _Cells, name: str, text: str, labels: Mapping[str, Sequence[str]]
    ) -> None:
        self._cells = cells
        self._name, self._text = name, text
        self._series = _Series(cells, labels, width=1)

    def add(self, amount: int, *values: str) -> None:
        """Change this worker's part under the label *values*."""
        self._cells.own[self._series.first(values)] += amount

    def set(self, value: int, *values: str) -> None:
        """Say what this worker's part under the label *values* is."""
        self._cells.own[self._series.first(values)] = value

    def total(self, *values: str) -> float:
        """Return the sum over all workers: what a bound of the deployment is compared with."""
        return self._cells.total(self._series.first(values))

    def forget(self, worker: int) -> None:
        """Drop the part of *worker*."""
        for _, cell in self._series:
            self._cells.clear(worker, cell)

    def collect(self) -> Metric:
        """Return the totals."""
        family = GaugeMetricFamily(self._name, self._text, labels=self._series.labels)
        for values, cell in self._series:
            family.add_metric(values, self._cells.total(cell))
        return family


class Reading:
    """What any worker can read off for the whole deployment when it is asked; nothing is summed."""

    def __init__(self, name: str, text: str, read: Callable[[], float]) -> None:
        self._name, self._text, self._read = name, text, read

    def collect(self) -> Metric:
        """Read."""
        return GaugeMetricFamily(self._name, self._text, value=self._read())


class Histogram:
    """How often a value was at most each of its bounds, and the sum of all values."""

    def __init__(
        self,
        cells: _Cells,
        name: str,
        text: str,
        bounds: Sequence[float],
        labels: Mapping[str, Sequence[str]],
    ) -> None:
        self._cells = cells
        self._name, self._text, self._bounds = name, text, bounds
        self._sum = len(bounds) + 1  # after the buckets, of which one is past the bounds
        self._series = _Series(cells, labels, width=self._sum + 1)

    def observe(self, value: float, *values: str) -> None:
        """Count *value* under the label *values*."""
        first = self._series.first(values)
        self._cells.own[first + bisect_left(self._bounds, value)] += 1
        self._cells.own[first + self._sum] += value

    def collect(self) -> Metric:
        """Return the totals."""
        family = HistogramMetricFamily(self._name, self._text, labels=self._series.labels)
        bounds = [*map(floatToGoString, (*self._bounds, float("inf")))]
        for values, first in self._series:
            counts = accumulate(map(self._cells.total, range(first, first + self._sum)))
            buckets = list(zip(bounds, counts, strict=True))
            family.add_metric(values, buckets, self._cells.total(first + self._sum))
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

    def named_counter(
        self, name: str, text: str, labels: Mapping[str, Sequence[str]], *, most: int
    ) -> NamedCounter:
        """Have a counter under *most* names a worker: those of *labels*, first, without values."""
        return self._kept(NamedCounter(self._cells, name, text, labels, most))

    def gauge(
        self, name: str, text: str, labels: Mapping[str, Sequence[str]] | None = None
    ) -> Gauge:
        """Have a gauge; *labels* as of a counter."""
        return self._kept(Gauge(self._cells, name, text, labels or {}))

    def reading(self, name: str, text: str, read: Callable[[], float]) -> Reading:
        """Have a gauge that is read off by *read*, in whichever worker is asked."""
        return self._kept(Reading(name, text, read))

    def histogram(
        self,
        name: str,
        text: str,
        bounds: Sequence[float],
        labels: Mapping[str, Sequence[str]] | None = None,
    ) -> Histogram:
        """Have a histogram; *bounds* rise; *labels* as of a counter."""
        return self._kept(Histogram(self._cells, name, text, bounds, labels or {}))

    def lay_out(self, registry: CollectorRegistry, *, workers: int) -> None:
        """Make the memory for so many *workers*, and let *registry* ask for the totals.

        Before the fork, and after the last family.
        """
        self._cells.lay_out(workers)
        for family in self._families:
            if isinstance(family, NamedCounter):
                family.lay_out(workers)
        registry.register(self)

    def join(self, worker: int) -> None:
        """Count as *worker* from now on; called once in each, after the fork."""
        self._cells.join(worker)
        for family in self._families:
            if isinstance(family, NamedCounter):
                family.join(worker)

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
