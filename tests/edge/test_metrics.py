"""What the edge counts, over how many processes."""

import os
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from octet.edge.metrics import EdgeMetrics
from octet.schema import CODES, AbsenceReason

Samples = dict[tuple[str, ...], float]


def samples_of(text: str) -> Samples:
    """Read an exposition: name, and values in the order of the labels' names, to value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def made(workers: int = 1) -> tuple[EdgeMetrics, Callable[[], Samples]]:
    registry = CollectorRegistry()
    metrics = EdgeMetrics(registry, workers=workers)
    return metrics, lambda: samples_of(generate_latest(registry).decode())


def test_everything_is_there_from_the_start() -> None:
    """Each series is exposed as zero before anything happens, so that a rate sees its first."""
    _, samples = made()
    got = samples()
    assert set(got.values()) == {0.0}
    for key in [
        ("octet_edge_connections_open",),
        ("octet_edge_connections_total", "served"),
        ("octet_edge_connections_refused_total", "too-fast"),
        ("octet_edge_relay_pending",),
        ("octet_edge_batch_envelopes_bucket", "64.0"),
        ("octet_edge_upstream_seconds_bucket", "+Inf"),
        ("octet_edge_volleys_total",),
        *(("octet_edge_requests_total", code, "signals") for code in ("ok", *CODES)),
        *(("octet_edge_missing_total", "syn", reason.value) for reason in AbsenceReason),
        *(("octet_edge_receipts_refused_total", reason.value) for reason in AbsenceReason),
    ]:
        assert key in got


def test_counts() -> None:
    """What is counted is what is exposed."""
    metrics, samples = made()
    metrics.connections_open.add(3)
    metrics.connections_open.add(-1)
    metrics.relay_pending.add(7)
    metrics.connections.count("served")
    metrics.connections_refused.count("capacity")
    metrics.requests.count("signals", "ok")
    metrics.requests.count("signals", "ok")
    metrics.volleys.count(by=24)
    metrics.missing.count("syn", AbsenceReason.NOT_LINUX)
    metrics.receipts_refused.count(AbsenceReason.FOREIGN_RECEIPT)
    assert {key: value for key, value in samples().items() if value} == {
        ("octet_edge_connections_open",): 2,
        ("octet_edge_relay_pending",): 7,
        ("octet_edge_connections_total", "served"): 1,
        ("octet_edge_connections_refused_total", "capacity"): 1,
        ("octet_edge_requests_total", "ok", "signals"): 2,
        ("octet_edge_volleys_total",): 24,
        ("octet_edge_missing_total", "syn", "not-linux"): 1,
        ("octet_edge_receipts_refused_total", "foreign-receipt"): 1,
    }


@given(st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=10)
def test_labels_are_bounded(name: str, reason: str) -> None:
    """A label that nobody foresaw makes no series and is not repeated; it counts as other."""
    metrics, samples = made()
    before = samples().keys()
    metrics.missing.count(f"x{name}", f"x{reason}")
    metrics.missing.count("syn", f"x{reason}")
    metrics.requests.count("signals", f"x{reason}")
    after = samples()
    assert after.keys() == before
    assert after["octet_edge_missing_total", "other", "other"] == 1
    assert after["octet_edge_missing_total", "syn", "other"] == 1
    assert after["octet_edge_requests_total", "other", "signals"] == 1


@pytest.mark.parametrize("values", [(), ("syn",), ("syn", "error", "more")])
def test_too_many_or_too_few_labels(values: tuple[str, ...]) -> None:
    """A count that fits no label is an error of ours."""
    metrics, _ = made()
    with pytest.raises(ValueError, match="argument"):
        metrics.missing.count(*values)


def test_histogram() -> None:
    """A value counts for every bound that it does not exceed, and all of them are summed."""
    metrics, samples = made()
    for size in (1, 2, 3, 64):
        metrics.batch_envelopes.observe(size)
    for seconds in (0.005, 0.2, 9.0):
        metrics.upstream_seconds.observe(seconds)
    got = samples()
    name = "octet_edge_batch_envelopes"
    bounds = ("1.0", "2.0", "4.0", "32.0", "64.0", "+Inf")
    assert [got[f"{name}_bucket", bound] for bound in bounds] == [1, 2, 3, 3, 4, 4]
    assert (got[f"{name}_count",], got[f"{name}_sum",]) == (4, 70)
    name = "octet_edge_upstream_seconds"
    assert [got[f"{name}_bucket", bound] for bound in ("0.005", "0.25", "5.0")] == [1, 2, 2]
    assert got[f"{name}_count",] == 3


def in_child(work: Callable[[], None]) -> None:
    """Do *work* in a forked process, to its end."""
    child = os.fork()
    if not child:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_totals_of_forked_workers() -> None:
    """Any process tells the totals of all; a worker that ended keeps its counts, not its gauges."""
    metrics, samples = made(workers=3)

    def work(worker: int) -> None:
        metrics.join(worker)
        metrics.connections_open.add(10)
        metrics.volleys.count(by=worker + 1)
        metrics.batch_envelopes.observe(2)

    for worker in range(3):
        in_child(partial(work, worker))

    def check() -> None:
        metrics.join(0)
        got = samples()
        assert got["octet_edge_connections_open",] == 30
        assert got["octet_edge_volleys_total",] == 1 + 2 + 3
        assert got["octet_edge_batch_envelopes_count",] == 3

    in_child(check)
    metrics.forget(1)
    in_child(partial(work, 1))  # its successor
    got = samples()
    assert got["octet_edge_connections_open",] == metrics.connections_open.total() == 30
    assert got["octet_edge_volleys_total",] == 1 + 2 + 3 + 2
