"""What the machine was doing."""

import pytest

from benchmarks.speed.machine import Machine, loop_ns


def test_stolen_share() -> None:
    """What was stolen is told as a share of all that passed."""
    assert Machine(300, 15).stolen_since(Machine(100, 5)) == pytest.approx(0.05)
    now = Machine.now()
    assert 0 <= now.stolen <= now.all
    assert 0 <= Machine.now().stolen_since(now) <= 1


def test_mood() -> None:
    """An empty loop's turn takes some time, and less than a microsecond."""
    assert 0 < loop_ns() < 1000
