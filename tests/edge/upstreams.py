"""A batch for the service, and services that decide on every byte."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from octet.edge.config import EdgeConfig
from octet.edge.outcome import Outcome
from octet.edge.relay import Forward
from octet.edge.upstream import Upstream, open_upstream, read_trust
from octet.schema import Accepted
from tests.edge.conftest import environment
from tests.edge.fakes import NOW_MS, accepted, answer
from tests.serving.wire import Reader

BATCH = [Forward("a", b'{"id":"a"}'), Forward("b", b'{"id":"b"}')]
OK = [Accepted(id="a"), Accepted(id="b")]


def opened(url: str, **more: str) -> AbstractAsyncContextManager[Upstream]:
    config = EdgeConfig.from_environment(environment(url, **more))
    return open_upstream(config, read_trust(config), lambda: NOW_MS)


async def post(url: str, **more: str) -> list[Outcome]:
    async with opened(url, **more) as upstream:
        return await upstream.post(BATCH)


# --- a service that decides on every byte ----------------------------------------------------

Talk = Callable[[Reader, trio.SocketStream, int], Awaitable[None]]
"""Is handed each connection with its number, from 0."""


@asynccontextmanager
async def speaking(talk: Talk) -> AsyncIterator[str]:
    """Serve by *talk* on a free port of loopback; yield the URL."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    count = 0

    async def handle(stream: trio.SocketStream) -> None:
        nonlocal count
        number, count = count, count + 1
        async with stream:
            await talk(Reader(stream), stream, number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, handle, [listener])
        yield f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


RESULTS = answer(200, {"results": accepted([{"id": "a"}, {"id": "b"}])}).text
