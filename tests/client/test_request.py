from random import Random, SystemRandom
from typing import Any

import pytest

from octet.client._request import Options, is_live
from octet.client._sync_client import OctetSyncClient


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout_s", 0),
        ("timeout_s", float("inf")),
        ("retries", -1),
        ("max_connections", 0),
    ],
)
def test_options_that_cannot_work_are_refused(name: str, value: Any) -> None:
    """A client that would never answer is a mistake in the configuration, and named."""
    with pytest.raises(ValueError, match=name):
        Options(**{name: value})
    with pytest.raises(ValueError, match=name):
        OctetSyncClient("https://octet.example", partner_key="octet_test_x", **{name: value})


def test_connections_are_limited() -> None:
    """No more are kept open than there may be."""
    limits = Options(max_connections=7).http("https://o.example", "octet_test_x")["limits"]
    assert (limits.max_connections, limits.max_keepalive_connections) == (7, 7)


def test_only_a_client_with_a_key_sends_one() -> None:
    """Public keys are fetched without credentials."""
    headers = Options().http("https://o.example", None)["headers"]
    assert "x-octet-partner-key" not in headers


def test_forked_processes_share_no_random_state() -> None:
    """By default retries are spread by the system's generator; a given one is used as it is."""
    assert isinstance(Options().plans(lambda: 0.0).patience.rng, SystemRandom)
    rng = Random(1)  # noqa: S311 - spreads retries, guards nothing
    assert Options(rng=rng).plans(lambda: 0.0).patience.rng is rng


def test_a_test_key_is_told_from_a_live_one() -> None:
    """By its prefix."""
    assert is_live("octet_live_v4.public.x")
    assert not is_live("octet_test_v4.public.x")
