"""The circuit, by a clock that stands still."""

import pytest

from octet.edge.circuit import FAILURES, MAX_PAUSE_S, Circuit
from octet.edge.outcome import UNREACHABLE, Failed


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> Circuit:
    return Circuit(clock)


def fail(circuit: Circuit, times: int) -> None:
    for _ in range(times):
        circuit.failed()


def test_opens_on_failures_in_a_row(circuit: Circuit) -> None:
    """One failure less than the bound changes nothing, and an answer starts the count anew."""
    fail(circuit, FAILURES - 1)
    assert circuit.refusal() is None
    circuit.answered()
    fail(circuit, FAILURES - 1)
    assert (circuit.is_open, circuit.refusal()) == (False, None)
    circuit.failed()
    assert (circuit.is_open, circuit.refusal()) == (True, UNREACHABLE)


def test_time_alone_does_not_close_it(circuit: Circuit, clock: Clock) -> None:
    """A dead service stays dead until something reaches it."""
    fail(circuit, FAILURES)
    clock.now_s += 1e6
    assert circuit.is_open


def test_probe_puts_it_on_trial(circuit: Circuit) -> None:
    """After a probe, however long the outage was, one batch decides."""
    fail(circuit, 10 * FAILURES)
    circuit.probed()
    assert circuit.refusal() is None
    circuit.failed()
    assert circuit.is_open
    circuit.probed()
    circuit.answered()
    fail(circuit, FAILURES - 1)
    assert not circuit.is_open


def test_probe_forgives_no_batch(circuit: Circuit) -> None:
    """Batches that fail between good probes open it all the same."""
    for _ in range(FAILURES):
        circuit.failed()
        circuit.probed()
    circuit.failed()
    assert circuit.is_open


def test_pause(circuit: Circuit, clock: Clock) -> None:
    """A pause holds for as long as was asked, and pages are told what remains of it."""
    circuit.pause(3)
    assert circuit.refusal() == Failed("upstream_unavailable", "", 3)
    clock.now_s += 2.5
    assert circuit.refusal() == Failed("upstream_unavailable", "", 1)
    clock.now_s += 0.5
    assert circuit.refusal() is None


def test_long_pause_is_bounded(circuit: Circuit, clock: Clock) -> None:
    """Pages hear how long the service asked for, but the edge asks again sooner."""
    circuit.pause(3600)
    assert circuit.refusal() == Failed("upstream_unavailable", "", 3600)
    clock.now_s += MAX_PAUSE_S
    assert circuit.refusal() is None


def test_pause_is_no_death(circuit: Circuit) -> None:
    """A service that asks for a pause lives."""
    circuit.pause(3)
    assert not circuit.is_open
