"""Pauses grow, end growing, differ, and begin anew."""

from random import Random

from octet.service.redis.backoff import FIRST_S, MAX_S, Backoff


def test_pauses() -> None:
    """Each pause is at most twice the one before, within its half, and none is over the bound."""
    backoff = Backoff(Random(1))  # noqa: S311 - not a secret
    step_s = FIRST_S
    for _ in range(20):
        assert step_s / 2 <= backoff.pause_s() <= step_s
        step_s = min(MAX_S, step_s * 2)
    assert step_s == MAX_S
    backoff.reset()
    assert backoff.pause_s() <= FIRST_S


def test_processes_differ() -> None:
    """Two processes that lost the same Redis do not come back together."""
    one, other = (Backoff(Random(seed)) for seed in (1, 2))  # noqa: S311 - not a secret
    assert all(one.pause_s() != other.pause_s() for _ in range(10))
