"""What the machine was doing."""

import pytest

from benchmarks.speed.machine import Machine


def test_stolen_share() -> None:
    """What was stolen is told as a share of all that passed."""
    assert Machine(300, 15).stolen_since(Machine(100, 5)) == pytest.approx(0.05)
    now = Machine.now()
    assert 0 <= now.stolen <= now.all
    assert 0 <= Machine.now().stolen_since(now) <= 1
