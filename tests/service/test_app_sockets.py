"""The service over real sockets, under the project's own server."""

import json
import ssl
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from octet.schema import MAX_BATCH_BYTES
from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.serving import ServerSettings, listen, serve
from tests.redis_server import RedisServer
from tests.service.fakes import (
    NOW_MS,
    Cupboard,
    ScriptedJudge,
    batch,
    raw_envelope,
    self_signed,
    untold,
)
from tests.service.stores import stores, waiting

URL = "/v1/verdict/sess_12345678"
UPGRADE = (
    b"GET /v1/signals HTTP/1.1\r\nHost: octet\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class House:
    """A service on a free port."""

    def __init__(self, directory: Path, server: RedisServer | None) -> None:
        cupboard = Cupboard(directory / "keyring.json")
        self.license = {"x-octet-license": cupboard.issue(), "content-type": "application/json"}
        self.key = {"x-octet-partner-key": cupboard.issue(Kind.PARTNER)}
        self.config = ServiceConfig(
            keyring=cupboard.file.path, port=0, tls=self_signed(directory), dev=True
        )
        self.stores, self.store = stores(server, max_waiters=10)
        self.judge = ScriptedJudge()
        self.url = ""
        self.end = trio.Event()

    async def serve(
        self, *, tls: bool, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED
    ) -> None:
        app = create_app(self.config, self.judge, stores=self.stores, epoch_ms=lambda: NOW_MS)
        await serve(
            app,
            listen(self.config.host, self.config.port),
            ServerSettings(tls=self.config.tls_context() if tls else None),
            shutdown=self.end.wait,
            task_status=task_status,
        )

    def client(self) -> httpx.AsyncClient:
        assert self.config.tls is not None
        trust = ssl.create_default_context(cafile=self.config.tls[0])
        return httpx.AsyncClient(base_url=self.url, verify=trust, timeout=20, trust_env=False)


@pytest.fixture(params=[False, True], ids=["http", "https"])
async def house(
    request: pytest.FixtureRequest, tmp_path: Path, server: RedisServer | None
) -> AsyncIterator[House]:
    """Serve, and end in order."""
    house = House(tmp_path, server)
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            house.url = await nursery.start(partial(house.serve, tls=request.param))
            yield house
            house.end.set()
    assert len(house.store.waiters) == 0


async def test_session(house: House) -> None:
    """A long poll on one connection has the verdict that another one posts."""
    answers: list[httpx.Response] = []

    async def read() -> None:
        async with house.client() as client:
            answers.append(await client.get(f"{URL}?waitMs=10000", headers=house.key))

    async with house.client() as client, trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await waiting(house.store, 1)
        posted = await client.post(
            "/v1/signals", content=batch(raw_envelope("a")), headers=house.license
        )
        assert posted.json() == {"results": [{"id": "a", "ok": True}]}
    assert untold(answers[0].json()) == {"country": "DE", "confidence": 0.91, "alarm": "none"}


async def test_hung_up_long_poll(house: House) -> None:
    """A backend that closes its connection leaves no waiter behind."""
    async with house.client() as client, trio.open_nursery() as nursery:
        nursery.start_soon(partial(client.get, f"{URL}?waitMs=10000", headers=house.key))
        await waiting(house.store, 1)
        nursery.cancel_scope.cancel()
    await waiting(house.store, 0)


async def test_large_batch(house: House) -> None:
    """A full batch of large reports is taken."""
    raws = [raw_envelope(f"e{number}") for number in range(64)]
    for raw in raws:
        raw["report"]["signals"]["padding"] = {"value": "x" * 60_000}
    async with house.client() as client:
        posted = await client.post("/v1/signals", content=batch(*raws), headers=house.license)
    assert [result["ok"] for result in posted.json()["results"]] == [True] * 64


async def test_too_large(house: House) -> None:
    """A body that announces too much is refused at once, and others are served on."""
    host, port = house.url.split("//")[1].split(":")
    head = "".join(f"{name}: {value}\r\n" for name, value in house.license.items())
    length = MAX_BATCH_BYTES + 1
    request = f"POST /v1/signals HTTP/1.1\r\nhost: octet\r\n{head}content-length: {length}\r\n\r\n"
    if house.url.startswith("http:"):
        async with await trio.open_tcp_stream(host, int(port)) as stream:
            await stream.send_all(request.encode())
            assert b" 413 " in (await stream.receive_some())
    async with house.client() as client:
        assert (await client.get("/health")).status_code == 200


async def test_websocket_with_trailing_byte(house: House) -> None:
    """A WebSocket upgrade, with or without a byte too many, harms nobody."""
    host, port = house.url.split("//")[1].split(":")
    async with house.client() as client:
        for trailing in (b"", b"x", b"\x81\x00", b"GET / HTTP/1.1\r\n\r\n"):
            stream: trio.abc.Stream = await trio.open_tcp_stream(host, int(port))
            if house.url.startswith("https"):
                trust = ssl.create_default_context(cafile=house.config.tls[0])  # type: ignore[index]
                stream = trio.SSLStream(stream, trust, server_hostname=host)
            async with stream:
                await stream.send_all(UPGRADE + trailing)
                answer = await stream.receive_some()
                assert not answer or answer.startswith(b"HTTP/1.1 4")
            assert (await client.get("/health")).status_code == 200


async def test_drain(house: House) -> None:
    """At the end a long poll in flight gets its answer, and nobody new gets in."""
    answers: list[httpx.Response] = []

    async def read(client: httpx.AsyncClient) -> None:
        answers.append(await client.get(f"{URL}?waitMs=500", headers=house.key))

    async with house.client() as client, trio.open_nursery() as nursery:
        nursery.start_soon(read, client)
        await waiting(house.store, 1)
        house.end.set()
        await wait_all_tasks_blocked(0.01)
        with pytest.raises(httpx.ConnectError):
            async with house.client() as late:
                await late.get("/health")
    assert answers[0].status_code == 404
    assert json.loads(answers[0].content)["status"] == "pending"


async def test_port_is_taken(house: House) -> None:
    """A second service on the same port is refused by the system."""
    port = int(house.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", port)
    async with house.client() as client:
        assert (await client.get("/ready")).status_code == 200
