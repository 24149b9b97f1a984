"""Which requests come from this very machine."""

from typing import Any

import pytest

from octet.service.loopback import came_by_loopback, is_loopback

HERE = ("127.0.0.1", 8787)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("192.0.2.2", False),
        ("::ffff:192.0.2.2", False),
        ("fd00::2", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_is_loopback(host: str, expected: bool) -> None:
    """Loopback addresses are this machine; any other, and any other name, may be elsewhere."""
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"client": HERE, "server": HERE}, True),
        ({"client": ("::1", 5), "server": ("::1", 8787)}, True),
        ({"client": ("192.0.2.2", 5), "server": HERE}, False),
        ({"client": HERE, "server": ("192.0.2.2", 8787)}, False),
        ({"client": None, "server": HERE}, False),
        ({"client": HERE, "server": ("/run/octet.sock", None)}, False),
        ({}, False),
    ],
)
def test_came_by_loopback(scope: dict[str, Any], expected: bool) -> None:
    """Both ends must be known to be loopback."""
    assert came_by_loopback(scope) is expected
