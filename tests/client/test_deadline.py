"""What is left of a deadline, on a clock that jumps."""

import httpx

from octet.client._deadline import Left
from tests.client.conftest import Clock


def test_what_is_left_shrinks() -> None:
    """A time-out is what was left when it was made, and knows what is left by now."""
    clock = Clock()
    until = Left(105.0, clock.now)["read"]
    clock.time_s += 3.0
    assert (until, until.left()) == (5.0, 2.0)
    clock.time_s += 3.0
    assert until.left() == -1.0
    assert Left(105.0, clock.now)["read"] == 0.001


def test_every_phase_of_httpx() -> None:
    """A phase that httpx adds would otherwise have no limit at all."""
    assert set(Left(1.0, Clock().now)) == set(httpx.Timeout(1.0).as_dict())
    assert len(Left(1.0, Clock().now)) == 4
