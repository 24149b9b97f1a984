"""Addresses as the contract writes them."""

import pytest

from octet.edge.connection.address import plain_address


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_plain(text: str, plain: str) -> None:
    """A mapped address is written as IPv4, and a zone is left out."""
    assert plain_address(text) == plain
