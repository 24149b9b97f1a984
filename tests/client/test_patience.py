"""What is tried again, and when."""

from random import Random

import pytest

from octet.client import (
    CredentialError,
    InvalidRequestError,
    OctetError,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
    TokenError,
)
from octet.client._patience import FIRST_PAUSE_S, MAX_PAUSE_S, Patience

MANY = Patience(retries=20, rng=Random(1))  # noqa: S311 - spreads retries, guards nothing


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ServiceUnavailableError("no connection"), True),
        (ServiceUnavailableError("busy", status=503), True),
        (ServiceUnavailableError("late", status=504), True),
        (ServiceUnavailableError("failed", status=500), False),
        (ServiceUnavailableError("bad gateway", status=502), False),
        (RateLimitedError("slow down", status=429, retry_after_s=1.0), True),
        (RateLimitedError("slow down", status=429), False),
        (CredentialError("no", status=401), False),
        (InvalidRequestError("no", status=400), False),
        (ProtocolError("what?", status=302), False),
        (TokenError("no"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: OctetError, again: bool) -> None:
    """Refusals, nonsense and failures that tell nothing of the next try end the matter."""
    assert (MANY.pause_s(error, 0, 100.0) is not None) is again


def test_pauses_double_up_to_a_bound_and_are_spread() -> None:
    """Each pause is half to all of the one that is due."""
    error = ServiceUnavailableError("no connection")
    for failures in range(10):
        due = min(FIRST_PAUSE_S * 2**failures, MAX_PAUSE_S)
        pauses = [MANY.pause_s(error, failures, 100.0) for _ in range(50)]
        assert all(pause is not None and due / 2 <= pause <= due for pause in pauses)
        assert len(set(pauses)) > 1


def test_no_pause_is_shorter_than_the_service_asks() -> None:
    """``Retry-After`` is a lower bound, also beyond our own longest pause."""
    for asked in (0.5, 30.0):
        error = ServiceUnavailableError("busy", status=503, retry_after_s=asked)
        pause = MANY.pause_s(error, 0, 100.0)
        assert pause is not None
        assert pause >= asked


@pytest.mark.parametrize("left_s", [-1.0, 0.0, 0.05])
def test_no_pause_goes_past_the_deadline(left_s: float) -> None:
    """When the next try would come too late there is none."""
    assert MANY.pause_s(ServiceUnavailableError("no connection"), 0, left_s) is None


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_are_counted(retries: int) -> None:
    """After so many failures in a row the last one is the caller's."""
    patience = Patience(retries, Random(1))  # noqa: S311 - as above
    error = ServiceUnavailableError("no connection")
    pauses = [patience.pause_s(error, failures, 100.0) for failures in range(5)]
    assert [pause is not None for pause in pauses] == [n < retries for n in range(5)]
