"""Numbers from rounds."""

import pytest

from benchmarks.speed.loading import Histogram, Outcome
from benchmarks.speed.ratios import cost_us, estimate, ratio


def window(program: str, number: int, processor_s: float, **failed: int) -> Outcome:
    return Outcome(
        program=program,
        round=number,
        mode="posts",
        seconds=1.0,
        done=1000,
        failed=failed,
        processor_seconds=processor_s,
    )


def test_cost() -> None:
    """The cost of an exchange is the server's processor time divided by the exchanges."""
    assert cost_us(window("a", 0, 0.5)) == pytest.approx(500)


def test_estimate_covers_its_median() -> None:
    """The interval holds the median, and is no wider than the values."""
    got = estimate([3.0, 1.0, 2.0, 10.0, 2.5])
    assert got.middle == 2.5
    assert 1.0 <= got.low <= got.middle <= got.high <= 10.0


def test_estimate_of_nothing() -> None:
    """No round gives no number."""
    with pytest.raises(ValueError, match="no round"):
        estimate([])


def test_ratio_pairs_rounds() -> None:
    """Rounds are compared pair by pair; a failed window takes its pair along."""
    outcomes = [
        window("a", 0, 0.2),
        window("b", 0, 0.1),
        window("a", 1, 4.0),
        window("b", 1, 2.0),
        window("a", 2, 9.0, dial=1),
        window("b", 2, 1.0),
    ]
    got = ratio(outcomes, "a", "b")
    assert got is not None
    assert got.middle == pytest.approx(2.0)
    assert got.rounds == 2
    assert ratio(outcomes, "a", "nobody") is None


def test_histogram() -> None:
    """A quantile is off by no more than the width of a bucket."""
    times_us = [*range(1, 1001)]
    histogram = Histogram.of(times_us)
    assert histogram.total == 1000
    for share in (0.5, 0.95, 0.99):
        assert histogram.quantile_us(share) == pytest.approx(1000 * share, rel=0.03)
