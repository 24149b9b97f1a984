"""The fake and the real service, each on a socket, with one set of handles."""

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import httpx
import pytest
import trio
from attrs import frozen

from octet.client.testing import FakeOctet
from octet.schema.verdict import Verdict
from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.serving import ServerSettings, listen, serve
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge, batch, raw_envelope


@frozen(kw_only=True)
class House(ABC):
    """A service of the partner ``acme``."""

    url: str
    test_key: str
    live_key: str
    epoch_s: Callable[[], float]
    """The wall clock by which it signs."""

    @abstractmethod
    async def put(self, ref: str, verdict: Verdict) -> None:
        """Have a verdict on *ref*, for the test key and for the live key."""


@frozen(kw_only=True)
class FakeHouse(House):
    """The fake."""

    fake: FakeOctet
    epoch_s: Callable[[], float] = time.time  # noqa: TID251 - the fake signs by the real clock

    async def put(self, ref: str, verdict: Verdict) -> None:
        self.fake.answer_with(ref, verdict)


@frozen(kw_only=True)
class RealHouse(House):
    """The service: its application, its server, its credentials; only the engine is scripted."""

    judge: ScriptedJudge
    licenses: tuple[str, ...]
    epoch_s: Callable[[], float] = lambda: NOW_MS / 1000

    async def put(self, ref: str, verdict: Verdict) -> None:
        name = f"report-of-{ref}"
        self.judge.script[name] = verdict
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as edge:
            for token in self.licenses:
                headers = {"x-octet-license": token, "content-type": "application/json"}
                body = batch(raw_envelope(name, ref=ref))
                posted = await edge.post("/v1/signals", content=body, headers=headers)
                assert posted.json()["results"][0]["ok"]


@pytest.fixture(params=["fake", "real"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Serve the one or the other."""
    if request.param == "fake":
        with FakeOctet(signed=True) as fake:
            yield FakeHouse(
                url=fake.url, test_key=fake.partner_key, live_key=fake.live_key, fake=fake
            )
        return
    cupboard = Cupboard(tmp_path / "keyring.json")
    judge = ScriptedJudge()
    config = ServiceConfig(keyring=cupboard.file.path, port=0)
    licenses = tuple(cupboard.issue(Kind.LICENSE, live=live) for live in (False, True))
    app = create_app(config, judge, epoch_ms=lambda: NOW_MS)
    end = trio.Event()
    async with trio.open_nursery() as nursery:
        run = partial(serve, app, listen("127.0.0.1", 0), ServerSettings(drain_s=1))
        url = await nursery.start(partial(run, shutdown=end.wait))
        yield RealHouse(
            url=url,
            test_key=cupboard.issue(Kind.PARTNER, live=False),
            live_key=cupboard.issue(Kind.PARTNER, live=True),
            judge=judge,
            licenses=licenses,
        )
        end.set()
