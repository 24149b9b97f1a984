"""What an operator may count: Prometheus metrics, on an address of their own.

prometheus-client writes them, but does not hold them: its numbers live in one process, and its
multiprocess mode is chosen by a variable of the environment, for all of a process, when it is
imported. Here every series is known beforehand, so all numbers are one array in memory that forked
workers share, a row a worker, which only that worker writes. Any worker can answer for all of them,
and a counter goes on where a worker that ended has left it.

Every label has a fixed list of values, and what is not in it counts as ``other``: a peer cannot
make series, and nothing about a person can become a label.
"""

import logging
import mmap
import socket
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, product
from typing import Final, Protocol

import trio
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from octet.schema import CODES, AbsenceReason
from octet.serving import ConfigError, listen
from octet.serving.failure import describe
from octet.serving.listener import url_of

logger = logging.getLogger(__name__)

OTHER: Final = "other"

CONNECTION_OUTCOMES: Final = ("served", "silent", "tls-failed", "timed-out", "failed")
"""How a connection ended: it asked something; it asked nothing; TLS did not come about; it was too
slow; its task failed."""
CONNECTION_REFUSALS: Final = ("capacity", "too-many", "too-fast", "too-many-channels")
"""Why one was not served: the edge is full; its address is, at once, a second, or in channels."""
ROUTES: Final = ("signals", "channel")
REQUEST_CODES: Final = ("ok", *CODES)
OBSERVATIONS: Final = ("http", "headerOrder", "h2", "tcp", "syn", "tls", "clientHello", "latency")
REASONS: Final = tuple(reason.value for reason in AbsenceReason)
BATCH_BOUNDS: Final = (1, 2, 4, 8, 16, 32, 64)
"""Envelopes."""
UPSTREAM_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

SCRAPE_S: Final = 5.0
"""From accept to the last byte of the answer."""
MAX_SCRAPES: Final = 8
"""At once; one more is closed."""
MAX_HEAD_BYTES: Final = 8192
PATH: Final = b"/metrics"

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


class EdgeMetrics(Collector):
    """All that the edge counts. Make it before workers are forked.

    Args:
        registry: is asked for the metrics; it learns of these here.
        workers: how many processes will count.
    """

    def __init__(self, registry: CollectorRegistry, *, workers: int = 1) -> None:
        cells = self._cells = _Cells()
        self.connections_open = Gauge(cells, "octet_edge_connections_open", "Connections now.")
        self.connections = Counter(
            cells,
            "octet_edge_connections",
            "Connections that ended, by how.",
            {"outcome": CONNECTION_OUTCOMES},
        )
        self.connections_refused = Counter(
            cells,
            "octet_edge_connections_refused",
            "Connections, channels and requests of an address past a bound, by which.",
            {"reason": CONNECTION_REFUSALS},
        )
        self.requests = Counter(
            cells,
            "octet_edge_requests",
            "Requests answered, by route and problem code, or ok.",
            {"route": ROUTES, "code": REQUEST_CODES},
        )
        self.relay_pending = Gauge(
            cells, "octet_edge_relay_pending", "Reports that wait for the service's answer."
        )
        self.batch_envelopes = Histogram(
            cells, "octet_edge_batch_envelopes", "Envelopes in a forward.", BATCH_BOUNDS
        )
        self.upstream_seconds = Histogram(
            cells, "octet_edge_upstream_seconds", "Time the service took.", UPSTREAM_BOUNDS_S
        )
        self.volleys = Counter(cells, "octet_edge_volleys", "Volleys timed.", {})
        self.missing = Counter(
            cells,
            "octet_edge_missing",
            "Observations that were not to be had, by name and reason.",
            {"name": OBSERVATIONS, "reason": REASONS},
        )
        self.receipts_refused = Counter(
            cells,
            "octet_edge_receipts_refused",
            "Receipts left out, by reason.",
            {"reason": REASONS},
        )
        cells.lay_out(workers)
        self._gauges = (self.connections_open, self.relay_pending)
        registry.register(self)

    def join(self, worker: int) -> None:
        """Count as *worker* from now on; called once in each, after the fork."""
        self._cells.join(worker)

    def forget(self, worker: int) -> None:
        """Drop what *worker*, which has ended, was holding; what it counted stays."""
        for gauge in self._gauges:
            gauge.forget(worker)

    def collect(self) -> Iterable[Metric]:
        """Return all metrics, each the total over all workers."""
        families: tuple[_Family, ...] = (
            *self._gauges,
            self.connections,
            self.connections_refused,
            self.requests,
            self.batch_envelopes,
            self.upstream_seconds,
            self.volleys,
            self.missing,
            self.receipts_refused,
        )
        return _collected(families)


def _collected(families: Iterable[_Family]) -> Iterator[Metric]:
    return (family.collect() for family in families)


def listen_metrics(host: str, port: int, *, needed: bool) -> socket.socket | None:
    """Listen for scrapes; before workers are forked, so that all of them answer.

    Args:
        host: where.
        port: 0 takes a free one; the log says which.
        needed: the operator asked for this address, so that to fail is a fault. The default one
            may be taken, by another edge of this machine: then this edge serves without metrics.

    Raises:
        ConfigError: the address is *needed* and not to be had.
    """
    try:
        listener = listen(host, port)
    except OSError as exc:
        reason = f"cannot be listened on: {exc.strerror}"
        if needed:
            raise ConfigError([f"EDGE_METRICS_BIND {reason}"]) from exc
        logger.warning("no metrics: the default EDGE_METRICS_BIND %s", reason)
        return None
    logger.info("metrics on %s%s", url_of(listener, tls=False), PATH.decode())
    return listener


async def serve_metrics(
    listener: socket.socket,
    registry: CollectorRegistry,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer scrapes for ever; whatever goes wrong here is logged, and hurts no visitor.

    Cancellation: scrapes are cut, the listener closes. Timeout: `SCRAPE_S` for each.
    """
    places = trio.CapacityLimiter(MAX_SCRAPES)
    acceptor = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
    handle = partial(_handle, registry, places)
    async with acceptor:
        task_status.started()
        try:
            await trio.serve_listeners(handle, [acceptor])
        except* Exception as group:  # noqa: BLE001 - the boundary: metrics end, the edge does not
            logger.error("metrics are no longer served: %s", describe(group))


async def _handle(
    registry: CollectorRegistry, places: trio.CapacityLimiter, stream: trio.SocketStream
) -> None:
    try:
        places.acquire_nowait()
    except trio.WouldBlock:
        await trio.aclose_forcefully(stream)
        return
    try:
        with trio.move_on_after(SCRAPE_S):
            async with stream:
                head = await _read_head(stream)
                if head:
                    await stream.send_all(_answer(head, registry))
    except trio.BrokenResourceError:
        pass  # the scraper has gone
    except Exception as exc:  # noqa: BLE001 - the boundary: other scrapes go on
        logger.warning("a scrape failed: %s", describe(exc))
    finally:
        places.release()


async def _read_head(stream: trio.SocketStream) -> bytes:
    """Return all up to the blank line; nothing when the peer has left before it."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MAX_HEAD_BYTES:
        chunk = await stream.receive_some(MAX_HEAD_BYTES)
        if not chunk:
            return b""
        head += chunk
    return head


def _answer(head: bytes, registry: CollectorRegistry) -> bytes:
    """Write the response to the request of *head*."""
    match head.partition(b"\r\n")[0].split(b" "):
        case _ if b"\r\n\r\n" not in head:
            return _response("431 Request Header Fields Too Large", b"the header is too large\n")
        case [b"GET", target, b"HTTP/1.1" | b"HTTP/1.0"] if target.split(b"?")[0] == PATH:
            body = generate_latest(registry)
            return _response("200 OK", body, f"content-type: {CONTENT_TYPE_PLAIN_0_0_4}")
        case [_, target, b"HTTP/1.1" | b"HTTP/1.0"] if target.split(b"?")[0] == PATH:
            return _response("405 Method Not Allowed", b"GET alone\n", "allow: GET")
        case [_, _, b"HTTP/1.1" | b"HTTP/1.0"]:
            return _response("404 Not Found", b"the metrics are at /metrics\n")
        case _:
            return _response("400 Bad Request", b"this is no HTTP\n")


def _response(status: str, body: bytes, *fields: str) -> bytes:
    head = (f"HTTP/1.1 {status}", "connection: close", f"content-length: {len(body)}", *fields)
    return "\r\n".join([*head, "", ""]).encode() + body
