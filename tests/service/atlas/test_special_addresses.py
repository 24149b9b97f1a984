from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.service.atlas.special_addresses import public_address


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("0.255.255.255", False),
        ("1.0.0.0", True),
        ("9.255.255.255", True),
        ("10.0.0.0", False),
        ("11.0.0.0", True),
        ("100.63.255.255", True),
        ("100.64.0.0", False),
        ("100.128.0.0", True),
        ("172.15.255.255", True),
        ("172.31.255.255", False),
        ("172.32.0.0", True),
        ("192.0.1.0", True),
        ("192.168.255.255", False),
        ("198.17.255.255", True),
        ("198.19.255.255", False),
        ("203.0.114.0", True),
        ("223.255.255.255", True),
        ("224.0.0.0", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("64:ff9b::808:808", False),
        ("2001:1ff::", False),
        ("2001:200::", True),
        ("2001:db8::1", False),
        ("2003::1", True),
        ("3ffe::1", True),
        ("3fff:fff::1", False),
        ("4000::1", False),
        ("fc00::1", False),
        ("fe80::1%eth0", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_special_addresses(text: str, public: bool) -> None:
    """Both ends of what the registries set apart, and what lies beside it."""
    assert (public_address(text) is not None) == public


def test_a_mapped_address_is_the_other() -> None:
    """A dual-stack socket writes IPv4 in IPv6 form."""
    assert public_address("::ffff:8.8.8.8") == IPv4Address("8.8.8.8")


@given(st.ip_addresses())
def test_nobody_that_the_library_calls_private_is_public(
    address: IPv4Address | IPv6Address,
) -> None:
    """What is public here is so there, whatever else it knows."""
    found = public_address(str(address))
    assert found is None or found.is_global


def test_no_address_is_remembered() -> None:
    """Nothing in the process holds an address after it was asked about."""
    properties = [IPv4Address.is_global, IPv4Address.is_private, IPv6Address.is_private]
    kept = [getattr(one.fget, "cache_info", None) for one in properties]  # type: ignore[attr-defined]
    before = [info() for info in kept if info]
    for text in ("8.8.4.4", "2a00::77", "10.1.2.3", "::ffff:9.9.9.9"):
        public_address(text)
        ip_address(text)
    assert [info() for info in kept if info] == before


@pytest.mark.parametrize("text", ["", "8.8.8", "8.8.8.8.8", "g::1"])
def test_what_is_no_address(text: str) -> None:
    """It has no answer."""
    with pytest.raises(ValueError, match="address"):
        public_address(text)
