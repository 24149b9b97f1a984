"""The fake and the real service give the same answers to the same questions.

What a customer's tests pass against is then what runs in production.
"""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import httpx
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from octet.client import (
    CredentialError,
    InvalidRequestError,
    OctetClient,
    OctetSyncClient,
    Pending,
    PublicKeys,
    TokenError,
    Verdict,
    verify_token,
)
from octet.schema import CODES, PROBLEM_TYPE, unstructure
from octet.schema.verdict import Alarm, Location
from tests.client.testing.conftest import House

REF = "sess_0123456789abcdefABCDEF"
GERMANY = Verdict(
    country="DE",
    confidence=0.91,
    alarm=Alarm.LOW,
    estimated_location=Location(52.5, 13.4),
    confidence_radius_km=35.0,
)


@pytest.fixture
async def backend(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Asks by raw HTTP, with the test key."""
    headers = {"x-octet-partner-key": house.test_key}
    async with httpx.AsyncClient(
        base_url=house.url, headers=headers, trust_env=False, timeout=20
    ) as client:
        yield client


def check_problem(reply: httpx.Response, code: str) -> None:
    status, title = CODES[code]
    assert reply.status_code == status
    assert reply.headers["content-type"] == PROBLEM_TYPE
    problem = reply.json()
    assert problem["type"] == f"urn:octet:problem:{code}"
    assert (problem["code"], problem["status"], problem["title"]) == (code, status, title)
    assert problem["detail"]
    assert problem["requestId"] == reply.headers["x-request-id"]


async def test_pending(backend: httpx.AsyncClient) -> None:
    """What is not there is pending, by the one body for all such cases."""
    reply = await backend.get(f"/v1/verdict/{REF}")
    assert reply.status_code == 404
    assert reply.json() == {"status": "pending", "ref": REF}
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-request-id"]


async def test_verdict(house: House, backend: httpx.AsyncClient) -> None:
    """A verdict has its members and a token, and nothing else."""
    await house.put(REF, GERMANY)
    reply = await backend.get(f"/v1/verdict/{REF}")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    body = reply.json()
    assert body.pop("token").startswith("v4.public.")
    assert body == unstructure(GERMANY)


async def test_a_given_request_id_is_kept(backend: httpx.AsyncClient) -> None:
    """One id follows a request; what is no id is replaced."""
    for given, kept in (("my-own-request-1", True), ("no id", False)):
        reply = await backend.get(f"/v1/verdict/{REF}", headers={"x-request-id": given})
        assert (reply.headers["x-request-id"] == given) is kept


@pytest.mark.parametrize(
    "ref", ["short", "x" * 129, "sess_with%20space", "sess_%C3%A9%C3%A9%C3%A9"]
)
async def test_a_reference_that_is_none(backend: httpx.AsyncClient, ref: str) -> None:
    """The reference is checked."""
    check_problem(await backend.get(f"/v1/verdict/{ref}"), "malformed")


@pytest.mark.parametrize("wait", ["-1", "1.5", "", "x", "1e3", "+1", "%D9%A3"])
async def test_a_wait_that_is_none(backend: httpx.AsyncClient, wait: str) -> None:
    """``waitMs`` is a whole number from 0."""
    check_problem(await backend.get(f"/v1/verdict/{REF}?waitMs={wait}"), "malformed")


@pytest.mark.parametrize("wait", ["0", "10000", "10001", "9" * 30])
async def test_a_long_wait_is_shortened(
    house: House, backend: httpx.AsyncClient, wait: str
) -> None:
    """More than ten seconds are ten seconds; what is there comes at once."""
    await house.put(REF, GERMANY)
    assert (await backend.get(f"/v1/verdict/{REF}?waitMs={wait}")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "partner_key_missing"),
        ({"x-octet-partner-key": ""}, "partner_key_missing"),
        ({"x-octet-partner-key": "nonsense"}, "partner_key_invalid"),
        ({"x-octet-partner-key": "octet_test_v4.public.forged"}, "partner_key_invalid"),
    ],
)
async def test_a_key_that_opens_nothing(house: House, headers: dict[str, str], code: str) -> None:
    """The key is looked at first, whatever else is wrong."""
    async with httpx.AsyncClient(base_url=house.url, trust_env=False) as stranger:
        for path in (f"/v1/verdict/{REF}", "/v1/verdict/short?waitMs=x"):
            check_problem(await stranger.get(path, headers=headers), code)


@pytest.mark.parametrize(
    "path", ["/", "/v1/verdict", "/v1/verdict/", "/v2/verdict/x", "/v1/nothing"]
)
async def test_nothing_there(backend: httpx.AsyncClient, path: str) -> None:
    """An unknown path is a problem, not pending."""
    check_problem(await backend.get(path), "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_another_method(backend: httpx.AsyncClient, method: str) -> None:
    """Verdicts are read only."""
    reply = await backend.request(method, f"/v1/verdict/{REF}", content=b"{}")
    check_problem(reply, "method_not_allowed")
    assert set(reply.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


async def test_a_long_poll_ends_with_the_verdict(house: House, backend: httpx.AsyncClient) -> None:
    """Who waits has the verdict as soon as there is one."""
    statuses: list[int] = []

    async def poll() -> None:
        reply = await backend.get(f"/v1/verdict/{REF}?waitMs=10000")
        statuses.append(reply.status_code)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(poll)
        await wait_all_tasks_blocked(0.05)  # most likely all wait by now; late ones are told, too
        assert statuses == []
        await house.put(REF, GERMANY)
    assert statuses == [200] * 3


async def test_a_long_poll_ends_in_time(backend: httpx.AsyncClient) -> None:
    """Who waits in vain is told that it is pending."""
    reply = await backend.get(f"/v1/verdict/{REF}?waitMs=50")
    assert reply.json() == {"status": "pending", "ref": REF}


async def test_public_keys(house: House) -> None:
    """The keys need no credential, and may be kept for a while."""
    async with httpx.AsyncClient(base_url=house.url, trust_env=False) as anybody:
        reply = await anybody.get("/v1/keys")
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "public, max-age=60"
    (key,) = reply.json()["keys"]
    assert set(key) == {"kid", "paserk", "state"}
    assert key["kid"].startswith("k4.pid.")
    assert key["paserk"].startswith("k4.public.")
    assert key["state"] == "active"


@pytest.mark.parametrize("live", [False, True])
async def test_a_token_is_its_verdict(house: House, live: bool) -> None:
    """The token of a verdict verifies offline, for its reference, its partner and its kind."""
    await house.put(REF, GERMANY)
    key = house.live_key if live else house.test_key
    async with OctetClient(house.url, partner_key=key) as octet:
        verdict = await octet.verdict(REF)
    assert isinstance(verdict, Verdict)
    check = partial(verify_token, verdict.token or "", partner="acme", epoch_s=house.epoch_s)
    with PublicKeys(house.url) as keys:
        verified = await trio.to_thread.run_sync(partial(check, keys=keys, ref=REF, live=live))
        assert verified.verdict == verdict
        for wrong in ({"live": not live}, {"partner": "rival"}, {"ref": "sess_another1"}):
            options: Any = {"live": live, **wrong}
            with pytest.raises(TokenError):
                check(keys=keys, **options)


async def test_both_clients_read_it(house: House) -> None:
    """Verdict, pending and refusals come as values and errors of the client."""
    await house.put(REF, GERMANY)
    async with OctetClient(house.url, partner_key=house.live_key) as octet:
        assert unstructure(await octet.wait_for_verdict(REF)).keys() > unstructure(GERMANY).keys()
        assert await octet.verdict("sess_another1", wait_ms=20) == Pending("sess_another1")
        with pytest.raises(InvalidRequestError):
            await octet.verdict("short")
    forged = OctetSyncClient(house.url, partner_key="octet_live_forged")
    with forged, pytest.raises(CredentialError) as caught:
        await trio.to_thread.run_sync(forged.verdict, REF)
    assert (caught.value.code, caught.value.status) == ("partner_key_invalid", 401)
    assert caught.value.request_id


FIXTURES = [
    ("sess_fixture_DE_0.91_none", {"country": "DE", "confidence": 0.91, "alarm": "none"}),
    ("sess_fixture_none_0.12_low", {"confidence": 0.12, "alarm": "low"}),
    ("sess_fixture_FR_1_high", {"country": "FR", "confidence": 1.0, "alarm": "high"}),
    (
        "sess_fixture_US_0.123456_medium",
        {"country": "US", "confidence": 0.123456, "alarm": "medium"},
    ),
]
NO_FIXTURES = [
    "sess_fixture_pending",
    "sess_fixture_US_0.1234567_medium",
    "sess_fixture_US_1.1_medium",
    "sess_fixture_us_0.9_medium",
    "sess_fixture_US_0.9_extreme",
    "sess_fixture_error_503",
    "sess_fixture_pending123456_US_0.9_low",
]


@pytest.mark.parametrize(("ref", "members"), FIXTURES)
async def test_fixture_references(
    backend: httpx.AsyncClient, ref: str, members: dict[str, Any]
) -> None:
    """A test key reads them without any report, each with its token."""
    reply = await backend.get(f"/v1/verdict/{ref}")
    assert reply.status_code == 200
    body = reply.json()
    assert body.pop("token").startswith("v4.public.")
    assert body == members


@pytest.mark.parametrize("ref", NO_FIXTURES)
async def test_what_is_no_fixture_is_pending(backend: httpx.AsyncClient, ref: str) -> None:
    """Neither side invents a meaning for what only looks like one."""
    reply = await backend.get(f"/v1/verdict/{ref}?waitMs=20")
    assert (reply.status_code, reply.json()) == (404, {"status": "pending", "ref": ref})


async def test_a_fixture_that_takes_its_time(backend: httpx.AsyncClient) -> None:
    """It is pending from the first read on for as long as it says; who waits gets it then."""
    ref = "sess_fixture_pending300_US_0.88_medium"
    assert (await backend.get(f"/v1/verdict/{ref}")).status_code == 404
    assert (await backend.get(f"/v1/verdict/{ref}?waitMs=20")).status_code == 404
    assert (await backend.get(f"/v1/verdict/{ref}?waitMs=10000")).json()["country"] == "US"


async def test_a_fixture_that_is_a_problem(backend: httpx.AsyncClient) -> None:
    """A customer sees what too many requests look like."""
    reply = await backend.get("/v1/verdict/sess_fixture_error_429")
    check_problem(reply, "rate_limited")
    assert reply.headers["retry-after"] == "1"


@pytest.mark.parametrize("ref", [FIXTURES[0][0], "sess_fixture_error_429"])
async def test_a_fixture_is_nothing_special_to_a_live_key(house: House, ref: str) -> None:
    """Only test keys read fixture references."""
    async with OctetClient(house.url, partner_key=house.live_key) as octet:
        assert await octet.verdict(ref) == Pending(ref)


async def test_health(backend: httpx.AsyncClient) -> None:
    """Liveness names the version."""
    body = (await backend.get("/health")).json()
    assert body["ok"] is True
    assert set(body) == {"ok", "version"}
