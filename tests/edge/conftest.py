"""Edges on real sockets, in the test's own process, against a little service."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field

from octet.edge.app import EdgeApp
from octet.edge.config import EdgeConfig
from octet.edge.connection.saved_syn import save_syn
from octet.edge.deployment import server_settings
from octet.edge.metrics import EdgeMetrics
from octet.edge.relay import Relay
from octet.serving import ServerSettings, listen, serve
from octet.serving.server import hand_over
from tests.edge.fakes import LICENSE, NOW_MS, FakeService
from tests.serving.wire import RunningServer

REST_S = 30
"""What has not come about by then will not."""


@define(eq=False)
class RunningEdge(RunningServer):
    """An edge that serves."""

    relays: list[Relay] = field(factory=list)

    async def until_open(self, metrics: EdgeMetrics, count: int) -> None:
        """Wait until so many connections are open."""
        with trio.fail_after(REST_S):
            while metrics.connections_open.total() != count:
                await trio.lowlevel.checkpoint()

    async def until_pending(self, count: int) -> None:
        """Wait until so many reports wait for the service."""
        with trio.fail_after(REST_S):
            while self.relays[0].pending != count:
                await trio.lowlevel.checkpoint()


StartEdge = Callable[..., Awaitable[RunningEdge]]


def environment(service_url: str, **more: str) -> dict[str, str]:
    """Return the variables of an edge on a free port of loopback."""
    at = {"OCTET_URL": service_url, "HOST": "127.0.0.1", "PORT": "0"}
    return at | {"LICENSE": LICENSE, "EDGE_ID": "edge-1"} | more


@pytest.fixture
async def service() -> AsyncIterator[FakeService]:
    little = FakeService()
    async with trio.open_nursery() as nursery:
        await nursery.start(little.serve)
        yield little
        nursery.cancel_scope.cancel()
    little.check()


def _recorded(relays: list[Relay], *arguments: Any, **named: Any) -> Relay:
    relays.append(Relay(*arguments, **named))
    return relays[-1]


@pytest.fixture
async def start_edge(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[StartEdge]:
    """Start edges; variables of the environment go by their names."""
    edges: list[RunningEdge] = []

    async def start(
        settings: Callable[[ServerSettings], ServerSettings] = lambda given: given,
        now_ms: Callable[[], int] = lambda: NOW_MS,
        prepare: Callable[[EdgeApp], None] = lambda _: None,
        own: bool = True,
        **variables: str,
    ) -> RunningEdge:
        config = EdgeConfig.from_environment(environment(service.url, **variables))
        listener = listen(config.host, config.port, prepare=save_syn)
        app = EdgeApp(config, now_ms)
        prepare(app)
        edge = RunningEdge(config.host, listener.getsockname()[1])
        run = partial(
            serve,
            app,
            listener,
            settings(server_settings(config, app.workings.shared)),
            shutdown=edge.stop.wait,
            connect=app.connect if own else hand_over,
        )

        async def run_to_the_end(task_status: trio.TaskStatus[str]) -> None:
            await run(task_status=task_status)
            edge.ended.set()

        monkeypatch.setattr("octet.edge.workings.Relay", partial(_recorded, edge.relays))
        edge.url = await nursery.start(run_to_the_end)
        edges.append(edge)
        return edge

    async with trio.open_nursery() as nursery:
        yield start
        for edge in edges:
            edge.stop.set()


@pytest.fixture
async def edge(start_edge: StartEdge) -> RunningEdge:
    """An edge with all defaults."""
    return await start_edge()


@pytest.fixture
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """See that nothing above INFO was logged: what peers alone bring about fills no log."""
    yield
    assert [r.getMessage() for r in caplog.get_records("call") if r.levelno > logging.INFO] == []


@pytest.fixture
def garbage(tmp_path: Path) -> Path:
    path = tmp_path / "garbage.pem"
    path.write_text("no certificate")
    return path
