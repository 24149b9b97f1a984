"""Addresses as the contract writes them."""

import ipaddress


def plain_address(text: str) -> str:
    """Return *text* without a zone, an IPv4-mapped address as IPv4."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
