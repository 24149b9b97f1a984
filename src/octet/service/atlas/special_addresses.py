"""Addresses that no visitor on the Internet can have.

The tables are ours because the standard library remembers the last addresses that it was asked
about, and nothing of a visitor may be remembered.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), what is not globally
reachable; multicast (RFC 5771); of IPv6 all but global unicast, 2000::/3 (RFC 4291, 2.5.4).
"""

from bisect import bisect_right
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

_V4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/3",
)  # fmt: skip
_V6 = ("::/3", "2001::/23", "2001:db8::/32", "3fff::/20", "4000::/2", "8000::/1")


def public_address(text: str) -> Address | None:
    """Return an address that can be a visitor's on the Internet, None for any other.

    An IPv4 address in IPv6 form is the IPv4 address.

    Raises:
        ValueError: *text* is no address.
    """
    parsed = ip_address(text)
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    address = mapped or parsed
    first, last = _SPECIAL[address.version]
    number = int(address)
    return None if number <= last[bisect_right(first, number) - 1] else address


def _ranges(networks: tuple[str, ...]) -> tuple[list[int], list[int]]:
    """Return the first and the last address of each, rising as they are; the lowest begins at 0."""
    ranges = [ip_network(network) for network in networks]
    return [int(one[0]) for one in ranges], [int(one[-1]) for one in ranges]


_SPECIAL = {4: _ranges(_V4), 6: _ranges(_V6)}
