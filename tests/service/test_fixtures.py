"""Fixture references, read by test partner keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from octet.schema.verdict import Alarm, Verdict
from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.errors import OverloadedError
from octet.service.firsts import MemoryFirsts
from octet.service.fixtures import Fixture, Fixtures, fixture_of
from octet.service.realm import Realm
from tests.redis_server import RedisServer
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge, batch, raw_envelope, untold

TEST = Realm("acme", live=False)
DELAYED = "sess_fixture_pending1500_US_0.88_medium"


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        (
            "sess_fixture_DE_0.91_none",
            Fixture(Verdict(country="DE", confidence=0.91, alarm=Alarm.NONE)),
        ),
        ("sess_fixture_none_0.12_low", Fixture(Verdict(confidence=0.12, alarm=Alarm.LOW))),
        ("sess_fixture_pending", Fixture()),
        (DELAYED, Fixture(Verdict(country="US", confidence=0.88, alarm=Alarm.MEDIUM), 1500)),
        ("sess_fixture_error_429", Fixture(refused=True)),
        ("sess_fixture_FR_1_high", Fixture(Verdict(country="FR", confidence=1, alarm=Alarm.HIGH))),
        ("sess_fixture_none_0_none", Fixture(Verdict(confidence=0, alarm=Alarm.NONE))),
    ],
)
def test_fixture(ref: str, expected: Fixture) -> None:
    """All of a fixture stands in its reference."""
    assert fixture_of(ref) == expected


@pytest.mark.parametrize(
    "ref",
    [
        "sess_fixture_DE_1.01_none",
        "sess_fixture_DE_91_none",
        "sess_fixture_de_0.91_none",
        "sess_fixture_DE_0.91_severe",
        "sess_fixture_DE_0.91_none_",
        "sess_fixture_pending_US_0.88_medium",
        "sess_fixture_pending999999_US_0.88_medium",
        "sess_fixture_error_500",
        "sess_fixture_",
        "sess_12345678",
    ],
)
def test_no_fixture(ref: str) -> None:
    """What is not written like one is a reference like any other."""
    assert fixture_of(ref) is None


@given(
    country=st.from_regex("[A-Z]{2}|none", fullmatch=True),
    confidence=st.integers(0, 100),
    alarm=st.sampled_from(Alarm),
    delay_ms=st.none() | st.integers(0, 99_999),
)
def test_any_verdict(country: str, confidence: int, alarm: Alarm, delay_ms: int | None) -> None:
    """Every country, confidence, alarm and delay can be asked for."""
    delay = "" if delay_ms is None else f"pending{delay_ms}_"
    fixture = fixture_of(f"sess_fixture_{delay}{country}_{confidence / 100}_{alarm}")
    assert fixture is not None
    assert fixture.verdict == Verdict(
        country=None if country == "none" else country, confidence=confidence / 100, alarm=alarm
    )
    assert fixture.delay_ms == (delay_ms or 0)


class House:
    """A service whose wall clock goes by the test's."""

    def __init__(self, path: Path, clock: MockClock) -> None:
        self.cupboard = Cupboard(path)
        self.live = {"x-octet-partner-key": self.cupboard.issue(Kind.PARTNER)}
        self.key = {"x-octet-partner-key": self.cupboard.issue(Kind.PARTNER, live=False)}
        self.license = {
            "x-octet-license": self.cupboard.issue(live=False),
            "content-type": "application/json",
        }
        self.client = create_app(
            ServiceConfig(keyring=path), ScriptedJudge(), epoch_ms=wall(clock)
        ).test_client()

    async def read(self, ref: str, query: str = "", **headers: str) -> Any:
        return await self.client.get(f"/v1/verdict/{ref}{query}", headers=headers or self.key)


def wall(clock: MockClock) -> Callable[[], int]:
    return lambda: NOW_MS + int(clock.current_time() * 1000)


@pytest.fixture
def house(tmp_path: Path, autojump_clock: MockClock) -> House:
    return House(tmp_path / "keyring.json", autojump_clock)


async def test_verdict(house: House) -> None:
    """A test key reads the fixed verdict at once, with a token that says that it is a test's."""
    response = await house.read("sess_fixture_DE_0.91_none", "?waitMs=10000")
    assert response.status_code == 200
    verdict = await response.get_json()
    assert untold(verdict) == {"country": "DE", "confidence": 0.91, "alarm": "none"}
    response = await house.read("sess_fixture_none_0.12_low")
    assert untold(await response.get_json()) == {"confidence": 0.12, "alarm": "low"}


async def test_pending(house: House, autojump_clock: MockClock) -> None:
    """What is pending for ever takes as long as a long poll asks, and no post changes it."""
    raw = raw_envelope("a", ref="sess_fixture_pending")
    posted = await house.client.post("/v1/signals", data=batch(raw), headers=house.license)
    assert posted.status_code == 200
    begun_s = trio.current_time()
    response = await house.read("sess_fixture_pending", "?waitMs=2000")
    assert response.status_code == 404
    assert await response.get_json() == {"status": "pending", "ref": "sess_fixture_pending"}
    assert trio.current_time() - begun_s == 2


async def test_pending_for_a_while(house: House, autojump_clock: MockClock) -> None:
    """A delayed fixture is pending until its time after the first read, then there."""
    assert (await house.read(DELAYED)).status_code == 404
    await trio.sleep(1.4)
    assert (await house.read(DELAYED)).status_code == 404
    await trio.sleep(0.2)
    response = await house.read(DELAYED)
    assert untold(await response.get_json()) == {
        "country": "US",
        "confidence": 0.88,
        "alarm": "medium",
    }


@pytest.mark.parametrize(("wait_ms", "status", "took_s"), [(1000, 404, 1), (10_000, 200, 1.5)])
async def test_long_poll(
    house: House, autojump_clock: MockClock, wait_ms: int, status: int, took_s: float
) -> None:
    """A long poll has a delayed fixture as soon as it is there."""
    begun_s = trio.current_time()
    response = await house.read(DELAYED, f"?waitMs={wait_ms}")
    assert response.status_code == status
    assert trio.current_time() - begun_s == pytest.approx(took_s, abs=0.01)


async def test_refused(house: House) -> None:
    """The refused fixture is a problem with Retry-After."""
    response = await house.read("sess_fixture_error_429")
    assert response.status_code == 429
    assert (await response.get_json())["code"] == "rate_limited"
    assert int(response.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "ref", ["sess_fixture_DE_0.91_none", "sess_fixture_error_429", "sess_fixture_pending"]
)
async def test_live_keys_know_no_fixtures(house: House, ref: str) -> None:
    """To a live key a fixture is a reference that nobody reported."""
    response = await house.read(ref, **house.live)
    assert response.status_code == 404
    assert await response.get_json() == {"status": "pending", "ref": ref}


async def test_first_reads_are_shared(autojump_clock: MockClock) -> None:
    """Processes that share first reads agree on when a delayed fixture is there; others do not."""
    firsts = MemoryFirsts()
    one, two = (Fixtures(firsts, epoch_ms=wall(autojump_clock)) for _ in range(2))
    fixture = fixture_of(DELAYED)
    assert fixture is not None
    assert await one.wait(TEST, DELAYED, fixture, 0) is None
    await trio.sleep(1.5)
    other_partner = Realm("other", live=False)
    assert await two.wait(other_partner, DELAYED, fixture, 0) is None
    assert await two.wait(TEST, DELAYED, fixture, 0) == fixture.verdict


@pytest.mark.redis
async def test_two_processes(tmp_path: Path, redis: RedisServer) -> None:
    """A delayed fixture counts from its first read, whichever process was asked first."""
    path = tmp_path / "keyring.json"
    key = {"x-octet-partner-key": Cupboard(path).issue(Kind.PARTNER, live=False)}
    now_ms = NOW_MS
    config = ServiceConfig(keyring=path, store=redis.address)
    one, two = (create_app(config, ScriptedJudge(), epoch_ms=lambda: now_ms) for _ in range(2))
    async with one.test_app() as first, two.test_app() as second:
        for later_ms, app, status in (
            (0, first, 404),
            (1400, second, 404),
            (1500, second, 200),
            (1500, first, 200),
        ):
            now_ms = NOW_MS + later_ms
            answer = await app.test_client().get(f"/v1/verdict/{DELAYED}", headers=key)
            assert answer.status_code == status


async def test_waits_are_bounded(autojump_clock: MockClock) -> None:
    """One wait too many is turned away, and a wait that is given up gives its place back."""
    fixtures = Fixtures(MemoryFirsts(), epoch_ms=lambda: NOW_MS, max_waiting=1)

    async def wait(timeout_s: float) -> None:
        assert await fixtures.wait(TEST, "sess_fixture_pending", Fixture(), timeout_s) is None

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, 9)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(OverloadedError):
            await wait(9)
        await wait(0)
        nursery.cancel_scope.cancel()
    await wait(1)
