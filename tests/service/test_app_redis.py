"""The service over HTTP while its Redis fails."""

from pathlib import Path
from typing import Any

import pytest
import trio
from quart.wrappers import Response

from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.redis import link
from tests.redis_server import RedisServer
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge, batch, raw_envelope

pytestmark = pytest.mark.redis

URL = "/v1/verdict/sess_12345678"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what changes be seen soon."""
    monkeypatch.setattr(link, "PROBE_EVERY_S", 0.05)


class House:
    """A service, a licence and a partner key."""

    def __init__(self, directory: Path, server: RedisServer) -> None:
        cupboard = Cupboard(directory / "keyring.json")
        self.license = {"x-octet-license": cupboard.issue(quota=1000)}
        self.key = {"x-octet-partner-key": cupboard.issue(Kind.PARTNER)}
        config = ServiceConfig(keyring=cupboard.file.path, store=server.address)
        self.app = create_app(config, ScriptedJudge(), epoch_ms=lambda: NOW_MS)

    async def post(self, name: str) -> Response:
        headers = self.license | {"content-type": "application/json"}
        body = batch(raw_envelope(name))
        response = await self.app.test_client().post("/v1/signals", data=body, headers=headers)
        assert isinstance(response, Response)
        return response

    async def read(self, url: str = URL) -> Response:
        response = await self.app.test_client().get(url, headers=self.key)
        assert isinstance(response, Response)
        return response

    async def ready(self, status: int) -> Any:
        """Return what ``/ready`` says once it says *status*."""
        while (response := await self.read("/ready")).status_code != status:  # noqa: ASYNC110
            await trio.sleep(0.005)
        return await response.get_json()


async def check_overloaded(response: Response) -> None:
    problem: Any = await response.get_json()
    assert (response.status_code, problem["code"]) == (503, "overloaded")
    assert problem["detail"] == "the verdict store cannot be reached"
    assert response.headers["retry-after"] == "1"


async def test_away(tmp_path: Path) -> None:
    """While Redis is away nothing is acknowledged and nothing called pending; then all is there.

    ``/ready`` turns and turns back without any traffic.
    """
    with RedisServer(durable=True) as server, trio.fail_after(40):
        house = House(tmp_path, server)
        async with house.app.test_app():
            assert (await house.ready(200))["reasons"] == []
            assert (await house.post("a")).headers["ratelimit-remaining"] == "999"
            server.kill()
            (reason,) = (await house.ready(503))["reasons"]
            assert reason.startswith("verdict store cannot be reached")
            await check_overloaded(await house.post("a"))
            await check_overloaded(await house.post("b"))
            await check_overloaded(await house.read())
            await check_overloaded(await house.read(f"{URL}?waitMs=10000"))
            assert "ratelimit-limit" not in (await house.post("b")).headers
            server.start()
            await house.ready(200)
            assert (await house.read()).status_code == 200
            assert (await house.post("a")).status_code == 200


async def test_not_there_at_the_start(tmp_path: Path) -> None:
    """A service whose Redis is not there yet serves, says so, and is ready when it comes."""
    with RedisServer() as server, trio.fail_after(40):
        server.kill()
        house = House(tmp_path, server)
        async with house.app.test_app():
            await house.ready(503)
            await check_overloaded(await house.post("a"))
            server.start()
            await house.ready(200)
            assert (await house.post("a")).status_code == 200


async def test_full(tmp_path: Path) -> None:
    """A Redis without room takes no post, and is read on."""
    with RedisServer(durable=True) as server, trio.fail_after(40):
        house = House(tmp_path, server)
        async with house.app.test_app():
            await house.post("a")
            server.cli("CONFIG", "SET", "maxmemory", "1")
            refused = await house.post("b")
            assert refused.status_code == 503
            assert (await refused.get_json())["detail"] == "the verdict store is full"
            assert (await house.read()).status_code == 200
            assert (await house.ready(503))["reasons"] == ["verdict store refuses to write: OOM"]
            server.cli("CONFIG", "SET", "maxmemory", "0")
            await house.ready(200)
            assert (await house.post("b")).status_code == 200
