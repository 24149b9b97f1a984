"""What carries httpx's requests, against a service that decides on every byte."""

import ssl
from collections.abc import AsyncIterator

import httpx
import pytest
import trio
from trio.testing import MockClock

from octet.edge.kept_connections import IDLE_S, KeptConnections, StaleConnectionError
from octet.edge.link import NoReplyError
from tests.edge.fakes import answer
from tests.edge.upstreams import speaking
from tests.serving.wire import Reader

OK = answer(200, b"{}").text
LATE = answer(408, connection="close").text


@pytest.fixture
async def transport() -> AsyncIterator[KeptConnections]:
    async with KeptConnections(ssl.create_default_context()) as it:
        yield it


class Service:
    """Answers the requests of each connection by its own list, then closes it."""

    def __init__(self, *replies: list[bytes]) -> None:
        self._replies = replies
        self.asked: list[int] = []
        self.open: set[int] = set()
        self.gate = trio.Event()
        """Answers wait for it."""
        self.gate.set()

    async def __call__(self, reader: Reader, stream: trio.SocketStream, number: int) -> None:
        self.open.add(number)
        for reply in self._replies[min(number, len(self._replies) - 1)]:
            if await reader.message() is None:
                break
            self.asked.append(number)
            await self.gate.wait()
            await stream.send_all(reply)
        self.open.discard(number)

    async def until(self, connections: int) -> None:
        """Wait until so many are open."""
        with trio.fail_after(5):
            while len(self.open) != connections:
                await trio.lowlevel.checkpoint()


async def ask(transport: KeptConnections, url: str) -> httpx.Response:
    return await transport.handle_async_request(httpx.Request("GET", url))


async def test_one_connection_for_each_request_under_way(transport: KeptConnections) -> None:
    """Requests at once have a connection each; later ones take that used last."""
    service = Service([OK] * 9)
    async with speaking(service) as url:
        service.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(ask, transport, url)
            await service.until(2)
            service.gate.set()
        for _ in range(3):
            assert (await ask(transport, url)).content == b"{}"
        assert sorted(service.asked[:2]) == [0, 1]
        assert len(set(service.asked[2:])) == 1
        assert transport.idle == 2
        await transport.aclose()
        await service.until(0)


async def test_idle_ones_are_closed(transport: KeptConnections, mock_clock: MockClock) -> None:
    """A connection that was idle for too long is closed at the next request, whoever serves it."""
    service = Service([OK] * 9)
    async with speaking(service) as url:
        service.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(ask, transport, url)
            await service.until(2)
            service.gate.set()
        mock_clock.jump(IDLE_S - 1)
        await ask(transport, url)
        mock_clock.jump(2)
        await ask(transport, url)
        assert transport.idle == 1
        await service.until(1)


@pytest.mark.parametrize("last", [b"", LATE])
async def test_stale(transport: KeptConnections, last: bytes) -> None:
    """A kept connection that says nothing more, or only that it is late, is told apart."""
    async with speaking(Service([OK, last], [OK])) as url:
        await ask(transport, url)
        with pytest.raises(StaleConnectionError):
            await ask(transport, url)
        assert transport.idle == 0
        assert (await ask(transport, url)).status_code == 200


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200"])
async def test_a_new_connection_is_not_stale(transport: KeptConnections, first: bytes) -> None:
    """Who closes a connection that was just opened would close the next one too."""
    async with speaking(Service([first])) as url:
        with pytest.raises(NoReplyError) as caught:
            await ask(transport, url)
        assert not isinstance(caught.value, StaleConnectionError)
        assert transport.idle == 0


async def test_begun_answer_is_not_stale(transport: KeptConnections) -> None:
    """A kept connection that breaks off within an answer has taken the request."""
    async with speaking(Service([OK, b"HTTP/1.1 200"])) as url:
        await ask(transport, url)
        with pytest.raises(NoReplyError):
            await ask(transport, url)


async def test_408_of_a_new_connection_is_an_answer(transport: KeptConnections) -> None:
    """It cannot have been idle."""
    async with speaking(Service([LATE])) as url:
        assert (await ask(transport, url)).status_code == 408
        assert transport.idle == 0


@pytest.mark.parametrize("warm", [False, True])
async def test_cancelled_anywhere(transport: KeptConnections, warm: bool) -> None:
    """A request that is given up at any moment leaves no connection open but idle ones."""
    for moment in range(40):
        service = Service([OK] * 9)
        async with speaking(service) as url:
            if warm:
                await ask(transport, url)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(ask, transport, url)
                for _ in range(moment):
                    await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()
            await transport.aclose()
            await service.until(0)


async def test_refused_connection(transport: KeptConnections) -> None:
    """Nobody there is no reply."""
    with pytest.raises(NoReplyError):
        await ask(transport, "http://127.0.0.1:1")
