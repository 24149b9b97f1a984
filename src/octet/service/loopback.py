"""Which requests come from this very machine: the only ones that may go without a credential.

The listen address alone does not say it: under a server that is not ours it is not ours to choose.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any


def is_loopback(host: str) -> bool:
    """Return whether *host*, an address or ``localhost``, is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def came_by_loopback(scope: Mapping[str, Any]) -> bool:
    """Return whether both ends of an ASGI request are loopback addresses; unknown ones are not."""
    ends = scope.get("client"), scope.get("server")
    return all(end is not None and is_loopback(str(end[0])) for end in ends)
