"""Who terminates the browser's TCP connection: known exactly, by no threshold.

This side's SYN announces a maximum segment size that no system would choose. The kernel at the
other end of that very connection sends segments of that size (RFC 9293, 3.7.1), less 12 bytes where
both use timestamps (RFC 7323, 3.2), and shows it as ``snd_mss``. If the edge's receipt has it, the
edge's socket is that other end; another one belongs to a connection that somebody else opened.

A kernel that is flooded with SYNs keeps no state and remembers one of a few sizes instead (SYN
cookies); these say nothing.
"""

import random
from typing import Final

from octet.edge.check.finding import Finding, fail, ok, unknown, warn
from octet.edge.check.sighting import Sighting
from octet.schema import AbsenceReason

NAME: Final = "termination"
SIZES: Final = range(700, 1200)
"""Bytes. Too small for links, tunnels and clamps to change; none that a SYN cookie knows."""
TIMESTAMPS_BYTES: Final = 12
SYN_COOKIE_SIZES: Final = frozenset(
    size - less for size in (536, 1220) for less in (0, TIMESTAMPS_BYTES)
)
"""What Linux remembers of sizes like ours, on IPv4 and IPv6."""

_SEND_HINTS: Final = (
    "have the proxy set x-octet-tcp-rtt-us and x-octet-tcp-rttvar-us (nginx: $tcpinfo_rtt and"
    " $tcpinfo_rttvar; HAProxy: fc_rtt(us) and fc_rttvar(us)), or let the edge terminate it"
)


def unusual_size(rng: random.Random) -> int:
    """Return a size that no other connection has."""
    return rng.choice(SIZES)


def is_own_connection(seen: Sighting) -> bool:
    """Say whether the edge's socket is the other end of this side's."""
    size, given = seen.max_segment, seen.tcp.snd_mss if seen.tcp else None
    return size is not None and given in {size, size - TIMESTAMPS_BYTES}


def is_foreign_connection(seen: Sighting) -> bool:
    """Say whether the edge's socket is the end of a connection that somebody else opened."""
    size, given = seen.max_segment, seen.tcp.snd_mss if seen.tcp else None
    if size is None or given is None or given in SYN_COOKIE_SIZES:
        return False
    return not is_own_connection(seen)


def judge_termination(seen: Sighting) -> Finding:
    """Say who is at the other end."""
    if seen.tcp is None:
        return _unseen(seen)
    if is_own_connection(seen):
        return ok(NAME, "the edge terminates the browser's TCP connection itself")
    if is_foreign_connection(seen):
        text = (
            "a hop that the edge does not know of terminates the browser's TCP connection; the edge"
            f" measures the one from that hop, {seen.source_ip}, and takes it for the browser's"
        )
        return fail(NAME, text, _declare(seen.source_ip))
    if seen.tcp.snd_mss is None:
        return ok(
            NAME, "a trusted proxy terminates the browser's TCP connection; its timing arrives"
        )
    if seen.max_segment is None:
        return unknown(NAME, "this system cannot mark its connections", "run the check on Linux")
    return unknown(NAME, "the edge's kernel answered with a SYN cookie", "try again later")


def _declare(address: str) -> str:
    return (
        f"name it in EDGE_TRUSTED_PROXIES (EDGE_TRUSTED_PROXIES={address}) and have it set"
        " X-Forwarded-For and the hints; for a balancer that passes bytes on, have it send PROXY"
        " protocol v2 and set EDGE_PROXY_PROTOCOL=v2, or let it keep the browser's address"
    )


def _unseen(seen: Sighting) -> Finding:
    match seen.sight.missing.get("tcp"):
        case AbsenceReason.BEHIND_PROXY if "headerOrder" in seen.sight.missing:
            text = "a trusted proxy terminates the browser's TCP connection and tells no timing"
            return warn(NAME, text, _SEND_HINTS)
        case AbsenceReason.BEHIND_PROXY:
            text = (
                "a balancer terminates the browser's TCP connection and names it by PROXY protocol;"
                " its timing is not to be had there"
            )
            return warn(NAME, text, "where timing matters, let the edge terminate the connection")
        case AbsenceReason.ERROR:
            text = "a trusted proxy sends timing that cannot be read"
            return fail(NAME, text, "x-octet-tcp-rtt-us must be there once, in whole microseconds")
        case AbsenceReason.NOT_LINUX:
            return warn(NAME, "the edge's system shows no TCP timing", "run the edge on Linux")
        case _:
            text = "the edge runs under a server that shows no connection"
            return warn(NAME, text, "run it by octet-edge")
