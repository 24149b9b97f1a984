"""Channels as an edge might have seen them."""

from typing import Any

from octet.edge.check.sighting import Sighting
from octet.edge.sight import Sight
from octet.schema import AbsenceReason, ChannelTiming, TcpTiming
from tests.edge.fakes import NOW_MS

SIZE = 1001
HERE, THERE = "192.168.1.5", "203.0.113.9"
BEHIND, ERROR = AbsenceReason.BEHIND_PROXY, AbsenceReason.ERROR
HTTP_PROXY = {"syn": BEHIND, "tls": BEHIND, "headerOrder": BEHIND}
BALANCER = {"tcp": BEHIND, "syn": BEHIND}


def seen(
    source_ip: str = HERE,
    *,
    tcp: TcpTiming | None = None,
    mss: int | None = None,
    size: int | None = SIZE,
    remote_ip: str = THERE,
    **sight: Any,
) -> Sighting:
    """Return a channel that came, as the edge believes, from *source_ip*."""
    timing = tcp or (TcpTiming(rtt_us=20_000, snd_mss=mss) if mss is not None else None)
    channel = ChannelTiming(
        edge="fra-1", source_ip=source_ip, rtt_us=(20_000,), tcp=timing, at=NOW_MS
    )
    return Sighting(channel, Sight(**{"via": "direct"} | sight), size, HERE, remote_ip)


def hinted(source_ip: str = HERE, **more: Any) -> Sighting:
    """Return one whose timing a trusted proxy told."""
    told: dict[str, Any] = {
        "tcp": TcpTiming(rtt_us=20_000),
        "via": "trusted-proxy",
        "missing": HTTP_PROXY,
    }
    return seen(source_ip, **told | more)
