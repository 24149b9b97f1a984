"""The service over HTTP, in-process and on virtual time: reads and long polls."""

from pathlib import Path

import pytest
import trio
from quart.wrappers import Response
from trio.testing import MockClock

from octet.service.credentials import Kind
from tests.redis_server import RedisServer
from tests.service.fakes import GERMANY, raw_envelope
from tests.service.house import REF, URL, House, Peer, problem_of
from tests.service.stores import waiting

# --- reads


async def test_pending_is_one_body_for_all(
    house: House, server: RedisServer | None, mock_clock: MockClock
) -> None:
    """Never collected, expired, foreign and of the other world: nobody can tell them apart."""
    answers = [await house.read()]
    await house.post(raw_envelope("a"))
    for changes in ({"partner": "other"}, {"live": False}):
        key = house.cupboard.issue(Kind.PARTNER, **changes)
        answers.append(await house.read(URL, **{"x-octet-partner-key": key}))
    if server is None:
        mock_clock.jump(600)
    else:
        server.cli("PEXPIRE", f"octet:v1:ref:live:acme:{REF}", "0")
    answers.append(await house.read())
    for answer in answers:
        assert answer.status_code == 404
        assert await answer.get_json() == {"status": "pending", "ref": REF}
        names = {name.lower() for name, _ in answer.headers}
        assert names == {"content-type", "content-length", "cache-control", "x-request-id"}


async def test_long_poll_is_woken(house: House, mock_clock: MockClock) -> None:
    """A long poll is answered when the verdict comes, without a moment of waiting."""
    answers: list[Response] = []

    async def read() -> None:
        answers.append(await house.read(f"{URL}?waitMs=10000"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await waiting(house.store, 1)
        await house.post(raw_envelope("a"))
    assert (await answers[0].get_json())["country"] == GERMANY.country
    assert mock_clock.current_time() == 0


@pytest.mark.parametrize(
    ("text", "waited_s"),
    [
        ("", 0),
        ("?waitMs=0", 0),
        ("?waitMs=1500", 1.5),
        ("?waitMs=10001", 10),
        (f"?waitMs={'9' * 5000}", 10),
    ],
)
async def test_long_poll_ends(
    tmp_path: Path, autojump_clock: MockClock, text: str, waited_s: float
) -> None:
    """A long poll waits as long as asked, ten seconds at most, and then is pending."""
    house = House(tmp_path / "keyring.json")
    assert (await house.read(URL + text)).status_code == 404
    assert autojump_clock.current_time() == waited_s


@pytest.mark.parametrize("text", ["-1", "1.5", "1e3", "", "soon", "%D9%A3", "+1", " 1"])
async def test_wait_must_be_an_integer(house: House, text: str) -> None:
    """A wait that is no integer from 0 is malformed."""
    await problem_of(await house.read(f"{URL}?waitMs={text}"), "malformed")


async def test_cancelled_long_poll(house: House) -> None:
    """A backend that hangs up leaves no waiter behind."""
    peer = Peer(b"")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.call, house.app, "GET", URL, "waitMs=10000", house.key)
        await waiting(house.store, 1)
        peer.hang_up()
    assert len(house.store.waiters) == 0
    assert peer.answer == []


async def test_too_many_long_polls(house: House) -> None:
    """One long poll too many is turned away with Retry-After."""
    async with trio.open_nursery() as nursery:
        for _ in range(2):
            nursery.start_soon(house.read, f"{URL}?waitMs=10000")
        await waiting(house.store, 2)
        response = await house.read(f"{URL}?waitMs=10000")
        await problem_of(response, "overloaded")
        assert response.headers["retry-after"] == "1"
        await house.post(raw_envelope("a"))


@pytest.mark.parametrize("ref", ["short", "x" * 129, "sess_%20%20%20%20", "sess_ä1234567"])
async def test_impossible_reference(house: House, ref: str) -> None:
    """What can be no reference is malformed."""
    await problem_of(await house.read(f"/v1/verdict/{ref}"), "malformed")


async def test_partner_key(house: House) -> None:
    """A read needs a partner key, and a licence is none."""
    licence = house.license["x-octet-license"]
    for key, code in (
        ("", "partner_key_missing"),
        ("no", "partner_key_invalid"),
        (licence, "partner_key_invalid"),
    ):
        await problem_of(await house.read(URL, **{"x-octet-partner-key": key}), code)


async def test_revoked_partner_key(house: House, mock_clock: MockClock) -> None:
    """A revoked partner key is refused within a minute, with 403."""
    house.cupboard.revoke("jti-2")
    await house.minute(mock_clock)
    response = await house.read()
    assert response.status_code == 403
    await problem_of(response, "partner_key_revoked")
