"""What settings of Redis can lose."""

import pytest

from octet.service.redis.durability import doubts

GOOD = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"appendonly": "no"}, ["forgets all at a restart: appendonly is no"]),
        ({"appendfsync": "everysec"}, ["host fails: appendfsync is everysec"]),
        ({"maxmemory-policy": "allkeys-lru"}, ["drops what it acknowledged"]),
        ({"appendonly": "no", "appendfsync": "no"}, ["appendonly is no", "appendfsync is no"]),
    ],
)
def test_settings(changes: dict[str, str], told: list[str]) -> None:
    """Each setting that can lose something is named, with what it loses; good ones are not."""
    found = doubts(GOOD | changes)
    assert len(found) == len(told)
    assert all(expected in doubt for expected, doubt in zip(told, found, strict=True))


def test_unknown() -> None:
    """What Redis does not tell is said to be unknown, not to be good."""
    (doubt,) = doubts({})
    assert doubt.endswith("appendonly, appendfsync, maxmemory-policy unknown")
    (doubt,) = doubts({"appendonly": "yes", "appendfsync": "always"})
    assert doubt.endswith(": maxmemory-policy unknown")
