"""Quotas over HTTP, counted in memory and in a real Redis."""

from pathlib import Path
from typing import Any

import pytest
from quart.wrappers import Response

from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from tests.redis_server import RedisServer
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge, batch, raw_envelope

URL = "/v1/verdict/sess_12345678"
NAMES = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")


class House:
    """A service, and credentials with a quota of two requests a minute and without one."""

    def __init__(self, directory: Path, server: RedisServer | None) -> None:
        self.cupboard = Cupboard(directory / "keyring.json")
        config = ServiceConfig(
            keyring=self.cupboard.file.path, store=None if server is None else server.address
        )
        self.app = create_app(config, ScriptedJudge(), epoch_ms=lambda: NOW_MS)
        self.license = self.cupboard.issue(quota=2)
        self.key = self.cupboard.issue(Kind.PARTNER, quota=2)

    async def post(self, licence: str, body: bytes | None = None) -> Response:
        headers = {"x-octet-license": licence, "content-type": "application/json"}
        data = batch(raw_envelope("a")) if body is None else body
        response = await self.app.test_client().post("/v1/signals", data=data, headers=headers)
        assert isinstance(response, Response)
        return response

    async def read(self, key: str, url: str = URL) -> Response:
        response = await self.app.test_client().get(url, headers={"x-octet-partner-key": key})
        assert isinstance(response, Response)
        return response


@pytest.fixture
def house(tmp_path: Path, server: RedisServer | None) -> House:
    return House(tmp_path, server)


def told(response: Response) -> list[str | None]:
    return [response.headers.get(name) for name in NAMES[:2]]


async def check_refused(response: Response) -> None:
    problem: Any = await response.get_json()
    assert (response.status_code, problem["code"]) == (429, "rate_limited")
    assert told(response) == ["2", "0"]
    assert response.headers["retry-after"] == response.headers["ratelimit-reset"]
    assert 50 < int(response.headers["retry-after"]) <= 61


async def test_posts(house: House) -> None:
    """A licence's posts are counted, good or bad, each as one; the third of a minute is refused."""
    async with house.app.test_app():
        first = await house.post(house.license)
        assert (first.status_code, told(first)) == (200, ["2", "1"])
        second = await house.post(house.license, b"nonsense")
        assert (second.status_code, told(second)) == (400, ["2", "0"])
        assert "retry-after" not in second.headers
        await check_refused(await house.post(house.license))
        await check_refused(await house.post(house.license))


async def test_reads(house: House) -> None:
    """A partner key's reads are counted, found or pending; the third of a minute is refused."""
    async with house.app.test_app():
        first = await house.read(house.key)
        assert (first.status_code, told(first)) == (404, ["2", "1"])
        second = await house.read(house.key, "/v1/verdict/short")
        assert (second.status_code, told(second)) == (400, ["2", "0"])
        await check_refused(await house.read(house.key))


async def test_pending_is_told_with_headers_only(house: House) -> None:
    """The quota changes nothing of the pending body, which is the same for all."""
    async with house.app.test_app():
        body = await (await house.read(house.key)).get_json()
    assert body == {"status": "pending", "ref": "sess_12345678"}


async def test_each_credential_counts_alone(house: House) -> None:
    """Licence and key of one partner, and two licences of it, have each a quota of their own."""
    other = house.cupboard.issue(quota=1)
    async with house.app.test_app():
        for _ in range(3):
            await house.post(house.license)
        assert (await house.post(other)).status_code == 200
        assert (await house.read(house.key)).status_code == 200


async def test_without_quota(house: House) -> None:
    """A credential without a quota, a refused one, and a route that counts nobody tell no quota."""
    licence, key = house.cupboard.issue(), house.cupboard.issue(Kind.PARTNER)
    async with house.app.test_app():
        answers = [await house.post(licence), await house.read(key), await house.read("no")]
        answers += [await house.read(house.key, url) for url in ("/health", "/ready", "/v1/keys")]
    for answer in answers:
        assert not set(NAMES) & {name.lower() for name, _ in answer.headers}


@pytest.mark.redis
async def test_two_processes(tmp_path: Path, redis: RedisServer) -> None:
    """What one process counted the other one knows, also when it was started later."""
    house = House(tmp_path, redis)
    async with house.app.test_app():
        await house.post(house.license)
        other = create_app(
            ServiceConfig(keyring=house.cupboard.file.path, store=redis.address),
            ScriptedJudge(),
            epoch_ms=lambda: NOW_MS,
        )
        async with other.test_app():
            house.app, first = other, house.app
            assert told(await house.post(house.license)) == ["2", "0"]
            house.app = first
            await check_refused(await house.post(house.license))
