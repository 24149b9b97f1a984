"""Numbers that several processes count together: each kind of family."""

import os
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from octet.serving.metrics import Metrics

Samples = dict[tuple[str, ...], float]


class Program(Metrics):
    """One family of each kind."""

    def __init__(self, registry: CollectorRegistry, read: Callable[[], float]) -> None:
        super().__init__()
        self.done = self.counter("done", "Done.", {"how": ("well", "badly")})
        self.held = self.gauge("held", "Held.", {"by": ("a", "b")})
        self.took = self.histogram("took", "Took.", (1, 2), {"what": ("read", "put")})
        self.reading("age", "Age.", read)
        self.seen = self.named_counter("seen", "Seen.", {"by": (), "how": ("well",)}, most=2)
        self.lay_out(registry, workers=3)


def made(read: Callable[[], float] = lambda: 7.5) -> tuple[Program, Callable[[], Samples]]:
    registry = CollectorRegistry()

    def samples() -> Samples:
        families = text_string_to_metric_families(generate_latest(registry).decode())
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
        }

    return Program(registry, read), samples


def in_worker(program: Program, worker: int, work: Callable[[], None]) -> None:
    """Do *work* in a forked process that counts as *worker*, to its end."""
    child = os.fork()
    if not child:
        status = 1
        try:
            program.join(worker)
            work()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_labelled_gauge() -> None:
    """Each label value is summed over the workers by itself, and goes with the worker."""
    program, samples = made()
    in_worker(program, 0, lambda: program.held.set(1, "a"))
    in_worker(program, 1, lambda: program.held.set(1, "a"))
    in_worker(program, 1, lambda: program.held.add(5, "b"))
    assert (samples()["held", "a"], samples()["held", "b"]) == (2, 5)
    assert program.held.total("a") == 2
    program.forget(1)
    assert (samples()["held", "a"], samples()["held", "b"]) == (1, 0)


def test_labelled_histogram() -> None:
    """Each label value has buckets and a sum of its own, over all workers."""
    program, samples = made()
    in_worker(program, 0, lambda: program.took.observe(0.5, "read"))
    in_worker(program, 2, lambda: program.took.observe(3.0, "read"))
    in_worker(program, 2, lambda: program.took.observe(2.0, "put"))
    got = samples()
    buckets = [got["took_bucket", bound, "read"] for bound in ("1.0", "2.0", "+Inf")]
    assert buckets == [1, 1, 2]
    assert (got["took_count", "read"], got["took_sum", "read"]) == (2, 3.5)
    assert (got["took_count", "put"], got["took_sum", "put"]) == (1, 2)


def test_reading_is_not_summed() -> None:
    """However many workers there are, a reading is what the one that is asked reads."""
    program, samples = made()
    for worker in range(3):
        in_worker(program, worker, lambda: None)
    assert samples()["age",] == 7.5


def test_unknown_label_is_other() -> None:
    """What is not in the list of a label makes no series in any kind of family."""
    program, samples = made()
    before = samples().keys()
    program.done.count("2001:db8::1")
    program.held.set(1, "2001:db8::1")
    program.took.observe(1, "2001:db8::1")
    after = samples()
    assert after.keys() == before
    assert after["done_total", "other"] == after["held", "other"] == after["took_sum", "other"] == 1


@pytest.mark.parametrize("values", [(), ("a", "b")])
def test_too_many_or_too_few_labels(values: tuple[str, ...]) -> None:
    """An observation that fits no label is an error of ours."""
    program, _ = made()
    with pytest.raises(ValueError, match="argument"):
        program.held.add(1, *values)


def test_names_that_turn_up() -> None:
    """Names are counted apart up to the bound, then the one not counted for longest is other."""
    program, samples = made()
    assert samples()["seen_total", "other", "well"] == 0
    for name in ("a", "b", "a"):
        program.seen.count([name], "well", by=0.5)
    assert samples()["seen_total", "a", "well"] == 1
    program.seen.count(["c"], "well")
    found = samples()
    assert found["seen_total", "other", "well"] == 0.5
    assert found["seen_total", "a", "well"] == found["seen_total", "c", "well"] == 1
    assert ("seen_total", "b", "well") not in found


def test_a_name_that_is_too_long_is_other() -> None:
    """What cannot be kept is counted, under no name."""
    program, samples = made()
    program.seen.count(["x" * 300], "well")
    program.seen.count(["ü"], "unheard of")
    assert samples()["seen_total", "other", "well"] == 1
    assert samples()["seen_total", "ü", "other"] == 1


def test_names_of_all_workers() -> None:
    """Workers count the same name together, and a new worker goes on with those of the old one."""
    program, samples = made()
    program.seen.count(["a"], "well")
    program.join(1)
    program.seen.count(["a"], "well")
    program.seen.count(["b"], "well")
    program.join(0)
    program.seen.count(["a"], "well")
    found = samples()
    assert found["seen_total", "a", "well"] == 3
    assert found["seen_total", "b", "well"] == 1
