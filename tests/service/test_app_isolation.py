"""Unknown, pending, expired and foreign references cannot be told apart."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.stores import Stores
from octet.service.verdicts import MemoryStore, VerdictStore
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge, batch, raw_envelope

TTL_S = 5
HELD, EXPIRED, UNKNOWN = "sess_of-a-session", "sess_expired-some", "sess_never-heard-"


class Recording(MemoryStore):
    """A store that notes what it is asked."""

    def __init__(self) -> None:
        super().__init__(ttl_s=TTL_S)
        self.asked: list[str] = []

    async def get(self, *arguments: Any) -> Any:
        self.asked.append("get")
        return await super().get(*arguments)

    async def wait(self, *arguments: Any) -> Any:
        self.asked.append("wait")
        return await super().wait(*arguments)


class House:
    """A service with two partners, of which one has had sessions."""

    def __init__(self, path: Path) -> None:
        cupboard = Cupboard(path)
        self.licences = {
            (partner, live): cupboard.issue(partner=partner, live=live)
            for partner in ("acme", "other")
            for live in (True, False)
        }
        self.keys = {
            (partner, live): cupboard.issue(Kind.PARTNER, partner=partner, live=live)
            for partner, live in self.licences
        }
        self.store = Recording()
        stores: Stores = Stores(verdicts=_typed(self.store))
        self.client = create_app(
            ServiceConfig(keyring=path, verdict_ttl_s=TTL_S),
            ScriptedJudge(),
            stores=stores,
            epoch_ms=lambda: NOW_MS,
        ).test_client()

    async def post(self, ref: str, partner: str = "acme", *, live: bool = True) -> None:
        headers = {
            "x-octet-license": self.licences[partner, live],
            "content-type": "application/json",
        }
        raw = raw_envelope(f"{ref}-{partner}-{live}", ref=ref)
        posted = await self.client.post("/v1/signals", data=batch(raw), headers=headers)
        assert posted.status_code == 200

    async def read(
        self, ref: str, query: str = "", partner: str = "acme", *, live: bool = True
    ) -> Any:
        headers = {"x-octet-partner-key": self.keys[partner, live], "x-request-id": "one-and-same"}
        return await self.client.get(f"/v1/verdict/{ref}{query}", headers=headers)


def _typed(store: VerdictStore) -> VerdictStore:
    return store


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "keyring.json")


async def seen(response: Any, ref: str) -> tuple[int, Mapping[str, str], str]:
    """Return all that a reader sees, with the reference that it asked for blanked."""
    body = await response.get_data(as_text=True)
    assert body.count(ref) == 1
    return response.status_code, dict(response.headers), body.replace(ref, "")


@pytest.mark.parametrize("query", ["", "?waitMs=0", "?waitMs=700"])
async def test_one_answer(house: House, autojump_clock: MockClock, query: str) -> None:
    """What is unknown, expired, another partner's or the other world's reads alike to the byte."""
    await house.post(EXPIRED)
    await trio.sleep(TTL_S + 1)
    await house.post(HELD)
    assert (await house.read(HELD)).status_code == 200
    house.store.asked.clear()
    answers, took_s = [], []
    for ref, reader in (
        (UNKNOWN, ("acme", True)),
        (EXPIRED, ("acme", True)),
        (HELD, ("other", True)),
        (HELD, ("acme", False)),
        (HELD, ("other", False)),
    ):
        begun_s = autojump_clock.current_time()
        response = await house.read(ref, query, reader[0], live=reader[1])
        answers.append(await seen(response, ref))
        took_s.append(round(autojump_clock.current_time() - begun_s, 6))
    assert answers == [answers[0]] * 5
    assert answers[0][0] == 404
    assert took_s == [took_s[0]] * 5
    asked = house.store.asked
    assert asked == asked[: len(asked) // 5] * 5


async def test_foreign_posts_wake_nobody(house: House, autojump_clock: MockClock) -> None:
    """A long poll for a reference does not end when another partner posts under it."""
    answers: list[Any] = []

    async def read() -> None:
        answers.append(await house.read(HELD, "?waitMs=2000"))

    begun_s = autojump_clock.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await trio.sleep(0.5)
        await house.post(HELD, "other")
        await house.post(HELD, live=False)
    assert answers[0].status_code == 404
    assert autojump_clock.current_time() - begun_s >= 2


async def test_names_of_partners_do_not_run_together(house: House) -> None:
    """Who reads with a licence's own reference and the wrong key is told what a stranger is."""
    await house.post(HELD)
    stranger = await house.read(HELD, partner="other")
    assert (await stranger.get_json()) == {"status": "pending", "ref": HELD}
