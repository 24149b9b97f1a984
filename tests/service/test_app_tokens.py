"""Verdict tokens over HTTP: what is read verifies by what is published, offline."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyseto
import pytest
from quart.typing import TestClientProtocol as Client
from quart_trio import QuartTrio

from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from tests.redis_server import RedisServer
from tests.service.fakes import FRANCE, NOW_MS, Cupboard, ScriptedJudge, batch, raw_envelope

JSON = {"content-type": "application/json"}
LOCAL = {"client": ("127.0.0.1", 40000), "server": ("127.0.0.1", 8787)}
URL = "/v1/verdict/sess_12345678"


class House:
    """An application with one good credential of each kind."""

    def __init__(self, path: Path, server: RedisServer | None) -> None:
        self.cupboard = Cupboard(path)
        self.server = server
        self.license = {"x-octet-license": self.cupboard.issue(), **JSON}
        self.key = {"x-octet-partner-key": self.cupboard.issue(Kind.PARTNER)}
        self.app = self.make()
        self.client = self.app.test_client()

    def make(self) -> QuartTrio:
        address = None if self.server is None else self.server.address
        config = ServiceConfig(keyring=self.cupboard.file.path, store=address)
        judge = ScriptedJudge({"f": FRANCE})
        return create_app(config, judge, epoch_ms=lambda: NOW_MS)

    def start(self) -> Client:
        """Start one more process, so to speak: it shares the keyring only."""
        return self.make().test_client()

    async def post(self, *raws: Any) -> Any:
        posted = await self.client.post("/v1/signals", data=batch(*raws), headers=self.license)
        return (await posted.get_json())["results"]

    async def read(self) -> Any:
        return await (await self.client.get(URL, headers=self.key)).get_json()


@pytest.fixture
async def house(tmp_path: Path, server: RedisServer | None) -> AsyncIterator[House]:
    house = House(tmp_path / "keyring.json", server)
    async with house.app.test_app():
        yield house


async def opened(client: Client, token: str) -> Any:
    """Verify *token* with nothing but what *client*'s service publishes."""
    keys = (await (await client.get("/v1/keys")).get_json())["keys"]
    kid = json.loads(pyseto.Token.new(token).footer)["kid"]  # type: ignore[arg-type]
    (paserk,) = [key["paserk"] for key in keys if key["kid"] == kid]
    return json.loads(pyseto.decode(pyseto.Key.from_paserk(paserk), token).payload)  # type: ignore[arg-type]


async def test_session(house: House) -> None:
    """The edge's answer and the backend's read carry the same token, which any process verifies."""
    (posted,) = await house.post(raw_envelope("a", want=True))
    read = await house.read()
    assert posted["verdict"] == read
    claims = await opened(house.start(), read.pop("token"))
    assert claims.items() >= read.items()
    assert (claims["sub"], claims["aud"]) == ("sess_12345678", "acme")


async def test_the_token_says_what_stands(house: House) -> None:
    """When several reports make up what stands, so does its token."""
    await house.post(raw_envelope("f"))
    await house.post(raw_envelope("a"))
    read = await house.read()
    assert (read["country"], read["alarm"]) == ("DE", "low")
    claims = await opened(house.client, read["token"])
    assert (claims["country"], claims["alarm"]) == ("DE", "low")


async def test_keys(house: House) -> None:
    """The public keys are for everybody, to be kept a while, and then asked for by their tag."""
    answer = await house.client.get("/v1/keys")
    assert answer.status_code == 200
    (key,) = (await answer.get_json())["keys"]
    assert set(key) == {"kid", "paserk", "state"}
    assert (key["paserk"][:10], key["state"]) == ("k4.public.", "active")
    assert answer.headers["cache-control"] == "public, max-age=60"
    tag = {"if-none-match": answer.headers["etag"]}
    again = await house.client.get("/v1/keys", headers=tag)
    assert (again.status_code, await again.get_data()) == (304, b"")
    assert again.headers["x-request-id"]
    house.cupboard.file.update(lambda keyring: keyring.rotated("2026-09-21T14:00:00+00:00"))
    after = await house.start().get("/v1/keys", headers=tag)
    assert [key["state"] for key in (await after.get_json())["keys"]] == ["retiring", "active"]


async def test_no_secret_is_published(house: House) -> None:
    """Nothing of the keyring but public halves and their ids is published."""
    text = await (await house.client.get("/v1/keys")).get_data(as_text=True)
    keyring = house.cupboard.file.read()
    assert "k4.secret" not in text
    assert keyring.device_secret not in text
    assert keyring.active.kid not in text


async def test_open_service() -> None:
    """Without a keyring a process signs by keys of its own, and publishes them."""
    client = create_app(ServiceConfig(dev=True), ScriptedJudge()).test_client()
    body = batch(raw_envelope("a"))
    await client.post("/v1/signals", data=body, headers=JSON, scope_base=LOCAL)
    read = await (await client.get(URL, scope_base=LOCAL)).get_json()
    assert (await opened(client, read["token"]))["aud"] == "dev"
