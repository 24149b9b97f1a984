import pickle

import pytest

from octet.client import (
    CredentialError,
    InvalidRequestError,
    OctetError,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
)


@pytest.mark.parametrize(
    "kind",
    [
        CredentialError,
        InvalidRequestError,
        ProtocolError,
        RateLimitedError,
        ServiceUnavailableError,
    ],
)
def test_every_error_is_an_octet_error(kind: type[OctetError]) -> None:
    """Each error is caught as `OctetError`, and knows nothing it was not told."""
    error = kind("no")
    assert isinstance(error, OctetError)
    assert str(error) == "no"
    assert (error.code, error.status, error.request_id, error.retry_after_s) == (None,) * 4


def test_errors_can_be_pickled() -> None:
    """An error that crosses a process border keeps what it knows."""
    error = RateLimitedError(
        "slow down", code="rate_limited", status=429, request_id="r1", retry_after_s=2.0
    )
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is RateLimitedError
    assert str(copy) == "slow down"
    assert vars(copy) == vars(error)
