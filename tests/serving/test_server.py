"""The accept loop: bounded, and drained at shutdown."""

import os
import signal
import ssl
from functools import partial
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit

import pytest
import trio
from trio.testing import MockClock

from octet.serving import ServerSettings, listen, serve, shutdown_signal
from octet.serving.lifespan import LifespanError
from octet.serving.server import EXHAUSTED_PAUSE_S
from tests.certificates import Certificate
from tests.serving.app import SmallApp
from tests.serving.conftest import StartServer
from tests.serving.test_connection import elapse
from tests.serving.wire import get


async def test_connections_are_bounded(start_server: StartServer) -> None:
    """One connection too many is told to come back, and there is room again when one has gone."""
    server = await start_server(SmallApp(), max_connections=1)
    first = await server.open()
    async with first.stream:
        assert (await first.ask(get("/"))).status == 200
        refused = await server.ask(get("/"))
        assert (refused.status, refused.json["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await first.ask(get("/"))).status == 200
        await first.ask(get("/", "Connection: close"))
        assert await first.reader.rest() == b""
    await trio.testing.wait_all_tasks_blocked(0.02)
    assert (await server.ask(get("/"))).status == 200


async def test_out_of_descriptors(
    start_server: StartServer, mock_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Newcomers wait until there are descriptors again, and the log has one line about it, however
    often it was tried.
    """
    server = await start_server(SmallApp())
    mock_clock.jump(1000)
    soft, hard = getrlimit(RLIMIT_NOFILE)
    with trio.socket.socket() as newcomer:
        free = os.dup(newcomer.fileno())
        os.close(free)
        setrlimit(RLIMIT_NOFILE, (free, hard))
        try:
            await newcomer.connect((server.host, server.port))
            await newcomer.send(get("/", "Connection: close"))
            for _ in range(5):
                await elapse(mock_clock, EXHAUSTED_PAUSE_S)
        finally:
            setrlimit(RLIMIT_NOFILE, (soft, hard))
        mock_clock.jump(EXHAUSTED_PAUSE_S)
        assert (await newcomer.recv(1000)).startswith(b"HTTP/1.1 200 ")
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert record.getMessage() == "accepting pauses: Too many open files"


async def test_drain(start_server: StartServer) -> None:
    """Idle connections close at once, a request in flight is answered, the lifespan ends last."""
    app = SmallApp()
    server = await start_server(app)
    idle, silent, busy = await server.open(), await server.open(), await server.open()
    async with idle.stream, silent.stream, busy.stream:
        await idle.ask(get("/"))
        await busy.send(get("/slow"))
        await app.arrived.wait()
        server.stop.set()
        assert await idle.reader.rest() == b""
        assert await silent.reader.rest() == b""
        with pytest.raises(OSError, match="failed"):
            await server.open()
        assert app.lives == ["started"]
        app.go.set()
        answer = await busy.reader.message()
        assert answer is not None
        assert answer.body == b"slow"
        assert await busy.reader.rest() == b""
    await server.ended.wait()
    assert app.lives == ["started", "stopping"]


async def test_drain_is_bounded(start_server: StartServer, mock_clock: MockClock) -> None:
    """A request that does not end is cut when its time is up."""
    app = SmallApp()
    server = await start_server(app, drain_s=3)
    page = await server.open()
    async with page.stream:
        await page.send(get("/slow"))
        await app.arrived.wait()
        server.stop.set()
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert not server.ended.is_set()
        mock_clock.jump(3.1)
        assert await page.reader.rest() == b""
        await server.ended.wait()


async def test_ready_file_holds_the_address(start_server: StartServer, tmp_path: Path) -> None:
    """Once requests are served the file holds the address as one line."""
    path = tmp_path / "ready"
    server = await start_server(SmallApp(), ready_file=path)
    assert (
        await trio.Path(path).read_text()
        == f"http://127.0.0.1:{server.port}\n"
        == server.url + "\n"
    )
    assert [file.name for file in await trio.Path(tmp_path).iterdir()] == ["ready"]


async def test_tls(start_server: StartServer, certificate: Certificate) -> None:
    """Over TLS the address says so, and one failed handshake harms nobody."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    server = await start_server(SmallApp(), tls=context)
    assert server.url.startswith("https://")
    page = await server.open()
    async with page.stream:
        await page.send(get("/"))
        await page.reader.rest()
    trust = ssl.create_default_context(cafile=certificate.chain)
    plain = await trio.open_tcp_stream(server.host, server.port)
    async with trio.SSLStream(plain, trust, server_hostname="localhost") as stream:
        await stream.send_all(get("/"))
        assert (await stream.receive_some()).startswith(b"HTTP/1.1 200")


async def test_failed_start_is_raised() -> None:
    """An application that cannot start is never announced as serving."""

    async def app(_scope: object, receive: object, send: object) -> None:
        await receive()  # type: ignore[operator]
        await send({"type": "lifespan.startup.failed", "message": "no"})  # type: ignore[operator]

    with (
        listen("127.0.0.1", 0) as listener,
        pytest.RaisesGroup(LifespanError, flatten_subgroups=True),
    ):
        async with trio.open_nursery() as nursery:
            stop = trio.Event()
            run = partial(serve, app, listener, ServerSettings(), shutdown=stop.wait)
            await nursery.start(run)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_asks_to_end(number: int) -> None:
    """SIGTERM and SIGINT end the wait, not the process."""
    ended = trio.Event()

    async def wait() -> None:
        await shutdown_signal()
        ended.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        os.kill(os.getpid(), number)
        await ended.wait()
