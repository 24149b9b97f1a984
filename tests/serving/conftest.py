"""Servers of small applications on real sockets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import trio

from octet.serving import ServerSettings, listen, serve
from octet.serving.server import Connect, hand_over
from tests.serving.wire import RunningServer

StartServer = Callable[..., Awaitable[RunningServer]]


@pytest.fixture
async def start_server() -> AsyncIterator[StartServer]:
    """Start servers of an ASGI application; settings go by keyword."""
    servers: list[RunningServer] = []

    async def start(app: Any, connect: Connect = hand_over, **settings: Any) -> RunningServer:
        listener = listen("127.0.0.1", 0)
        server = RunningServer("127.0.0.1", listener.getsockname()[1])
        run = partial(
            serve,
            app,
            listener,
            ServerSettings(**settings),
            shutdown=server.stop.wait,
            connect=connect,
        )

        async def run_to_the_end(task_status: trio.TaskStatus[str]) -> None:
            await run(task_status=task_status)
            server.ended.set()

        server.url = await nursery.start(run_to_the_end)
        servers.append(server)
        return server

    async with trio.open_nursery() as nursery:
        yield start
        for server in servers:
            server.stop.set()
