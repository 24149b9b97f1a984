"""Edges to be checked: of today, and ready."""

from typing import Any

import pytest
import trio

from octet.edge.app import EdgeApp
from octet.edge.clock import epoch_ms
from tests.edge.conftest import RunningEdge, StartEdge

ORIGIN = "https://yourapp.test"
BEHIND = {"EDGE_TRUSTED_PROXIES": "127.0.0.1", "EDGE_BASE_PATH": "/octet"}
PATIENCE_S = 20


@pytest.fixture
async def start(start_edge: StartEdge) -> StartEdge:
    """Start edges that live today, for pages of one origin."""
    apps: list[EdgeApp] = []

    async def started(**more: Any) -> RunningEdge:
        variables = {"now_ms": epoch_ms, "ALLOWED_ORIGIN": ORIGIN} | more
        edge = await start_edge(prepare=apps.append, **variables)
        with trio.fail_after(PATIENCE_S):
            while apps[-1].workings.readiness.reasons():
                await trio.lowlevel.checkpoint()
        return edge

    return started


@pytest.fixture
async def trusting(start: StartEdge) -> RunningEdge:
    """An edge below a path that believes a proxy on loopback."""
    return await start(**BEHIND)
