"""The ways between browser and edge, each run by the real program."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import frozen

from benchmarks.real_stack.cases import Case, Way
from benchmarks.real_stack.ground import Ground
from benchmarks.real_stack.proxies import dante, haproxy, microsocks, tinyproxy
from benchmarks.real_stack.triangle import EDGE, EXIT
from benchmarks.real_stack.tunnels import openvpn, wireguard

PROXIES = {Way.MICROSOCKS: microsocks, Way.DANTE: dante, Way.TINYPROXY: tinyproxy}
TUNNELS = {Way.OPENVPN: openvpn, Way.WIREGUARD: wireguard}


@frozen
class Entrance:
    """Where the browser of a way goes."""

    proxy: str | None = None
    address: str = EDGE
    """In place of the edge's."""


@asynccontextmanager
async def opened(ground: Ground, case: Case, scratch: Path, *urls: str) -> AsyncIterator[Entrance]:
    """Set the delays of *case* and run what its way needs before *urls*, until the block ends."""
    straight = case.way is Way.DIRECT
    ground.become(
        user_exit_ms=case.user_ms,
        exit_edge_ms=case.exit_ms,
        user_edge_ms=case.user_ms if straight else 0,
    )
    ground.lead_home(case.person)
    if case.way in PROXIES:
        async with PROXIES[case.way](ground, scratch) as proxy:
            yield Entrance(proxy)
    elif case.way in TUNNELS:
        async with TUNNELS[case.way](ground, scratch):
            yield Entrance()
    elif case.way is Way.HAPROXY:
        async with haproxy(ground, scratch, *urls):
            yield Entrance(address=EXIT)
    else:
        yield Entrance()
