"""Where the clients get the public keys from, and how seldom they ask for them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import anyio
import httpx
import pytest
from attrs import define, field
from trio.testing import MockClock

from octet.client import (
    OctetClient,
    OctetSyncClient,
    ProtocolError,
    PublicKeys,
    ServiceUnavailableError,
    TokenError,
    Verdict,
    verify_token,
)
from octet.client._keys import AFTER_FAILURE_S, MAX_FRESH_S, MIN_FRESH_S
from octet.client.testing import FakeOctet, Signer
from octet.schema import encode
from octet.schema.verdict import Alarm
from tests.client.conftest import Run

REF = "sess_0123456789abcdefABCDEF"
GERMANY = Verdict(country="DE", confidence=0.91, alarm=Alarm.NONE)
FIRST, SECOND, STRANGER = Signer.generate(), Signer.generate(), Signer.generate()


def token(signer: Signer = FIRST) -> str:
    now = datetime.now(UTC)
    return signer.sign(GERMANY, ref=REF, partner="acme", live=True, issued_at=now)


@define
class Listing:
    """``GET /v1/keys`` of a service whose keys change."""

    signers: list[Signer] = field(factory=lambda: [FIRST])
    failure: httpx.Response | None = None
    asked: int = 0
    time_s: float = 100.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer as told."""
        assert request.url.path == "/v1/keys"
        assert "x-octet-partner-key" not in request.headers
        self.asked += 1
        if self.failure is not None:
            return self.failure
        keys = [{"kid": s.kid, "paserk": s.paserk, "state": "active"} for s in self.signers]
        headers = {"cache-control": "public, max-age=60"}
        return httpx.Response(200, content=encode({"keys": keys}), headers=headers)

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds


@pytest.fixture
def listing() -> Listing:
    return Listing()


@pytest.fixture
def keys(listing: Listing) -> PublicKeys:
    return PublicKeys(
        "https://octet.example",
        transport=httpx.MockTransport(listing),
        monotonic=lambda: listing.time_s,
        sleep=listing.sleep,
    )


def country(keys: PublicKeys, signer: Signer = FIRST) -> str | None:
    return verify_token(token(signer), keys=keys, partner="acme", ref=REF).verdict.country


def refusal(keys: PublicKeys, signer: Signer = STRANGER) -> str | None:
    with pytest.raises(TokenError) as caught:
        country(keys, signer)
    return caught.value.code


def test_keys_are_fetched_once(keys: PublicKeys, listing: Listing) -> None:
    """Verification is offline but for the first token."""
    assert [country(keys) for _ in range(5)] == ["DE"] * 5
    assert listing.asked == 1


def test_made_up_keys_do_not_make_the_service_be_asked(keys: PublicKeys, listing: Listing) -> None:
    """A page that sends forged tokens is no lever against the service."""
    assert country(keys) == "DE"
    for _ in range(20):
        assert refusal(keys) == "token_key_unknown"
    assert listing.asked == 1
    listing.time_s += MIN_FRESH_S
    assert refusal(keys) == refusal(keys) == "token_key_unknown"
    assert listing.asked == 2


def test_a_new_key_is_fetched_when_it_signs(keys: PublicKeys, listing: Listing) -> None:
    """The operator rotates without telling anyone."""
    assert country(keys) == "DE"
    listing.signers = [FIRST, SECOND]
    listing.time_s += MIN_FRESH_S
    assert country(keys, SECOND) == "DE"
    assert listing.asked == 2


def test_a_key_that_was_taken_back_is_believed_no_longer(
    keys: PublicKeys, listing: Listing
) -> None:
    """Once the listing has grown old, a key that has left it is unknown."""
    assert country(keys) == "DE"
    listing.signers = [SECOND]
    listing.time_s += 60.0
    assert refusal(keys, FIRST) == "token_key_unknown"


def test_keys_outlive_a_service_that_is_away(keys: PublicKeys, listing: Listing) -> None:
    """Verification goes on by the keys at hand, though not for ever, and the service has peace."""
    assert country(keys) == "DE"
    listing.failure = httpx.Response(500)
    listing.time_s += 60.0
    assert [country(keys) for _ in range(3)] == ["DE"] * 3
    assert listing.asked == 2
    listing.time_s += AFTER_FAILURE_S
    assert country(keys) == "DE"
    assert listing.asked == 3
    listing.time_s += MAX_FRESH_S
    with pytest.raises(ServiceUnavailableError):
        country(keys)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.Response(500), ServiceUnavailableError),
        (httpx.Response(200, content=b"<html>"), ProtocolError),
        (httpx.Response(404, content=b'{"code":"not_found"}'), ProtocolError),
    ],
)
def test_no_keys_at_all_is_not_the_tokens_fault(
    keys: PublicKeys, listing: Listing, failure: httpx.Response, kind: type[Exception]
) -> None:
    """A listing that cannot be had is an error of its own, and is not asked for at once again."""
    listing.failure = failure
    with pytest.raises(kind):
        country(keys)
    with pytest.raises(ServiceUnavailableError, match="a moment ago"):
        country(keys)
    assert listing.asked == 1
    listing.failure = None
    listing.time_s += AFTER_FAILURE_S
    assert country(keys) == "DE"


def test_a_listing_that_stumbles_is_fetched_again(keys: PublicKeys, listing: Listing) -> None:
    """What may pass is tried again at once."""
    listing.failure = httpx.Response(503)
    with pytest.raises(ServiceUnavailableError):
        country(keys)
    assert listing.asked == 3


def test_threads_wait_for_one_fetch(listing: Listing) -> None:
    """However many tokens come at the start, the keys are fetched once."""
    with (
        PublicKeys("https://octet.example", transport=httpx.MockTransport(listing)) as keys,
        ThreadPoolExecutor(8) as pool,
    ):
        assert list(pool.map(lambda _: country(keys), range(24))) == ["DE"] * 24
    assert listing.asked == 1


async def test_tasks_wait_for_one_fetch(autojump_clock: MockClock) -> None:
    """Of many tasks one fetches, and when that one is cancelled another does."""
    listing = Listing()

    async def slow(request: httpx.Request) -> httpx.Response:
        del request.headers["x-octet-partner-key"]
        await anyio.sleep(2.0)
        return listing(request)

    proven: list[str | None] = []

    async def verify() -> None:
        verified = await octet.verify_token(token(), partner="acme", ref=REF)
        proven.append(verified.verdict.country)

    transport = httpx.MockTransport(slow)
    async with OctetClient("https://o.example", partner_key="k", transport=transport) as octet:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(verify)
        assert listing.asked == 1
        assert autojump_clock.current_time() == pytest.approx(2.0)
    octet = OctetClient("https://o.example", partner_key="k", transport=transport)
    async with octet, anyio.create_task_group() as tasks:
        with anyio.move_on_after(1.0):
            tasks.start_soon(verify)
            await verify()
    assert proven == ["DE"] * 6


def test_a_client_verifies_what_it_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each client takes the token of a verdict to its proof, over a socket, with a test key."""
    with FakeOctet(signed=True) as fake:
        fake.answer(REF, country="DE")

        async def scenario() -> None:
            kind: Callable[..., OctetClient] = run.kind
            async with kind(fake.url, partner_key=fake.partner_key) as octet:
                verdict = await octet.verdict(REF)
                assert isinstance(verdict, Verdict)
                assert verdict.token is not None
                verified = await octet.verify_token(verdict.token, partner="acme", ref=REF)
                assert verified.verdict == verdict
                assert not verified.live
                with pytest.raises(TokenError, match="another partner"):
                    await octet.verify_token(verdict.token, partner="rival", ref=REF)

        run(scenario)
        paths = [request.path for request in fake.requests]
        assert paths == [f"/v1/verdict/{REF}", "/v1/keys"]


def test_a_live_client_takes_no_test_token() -> None:
    """A test key's token says nothing of a live session."""
    with FakeOctet(signed=True) as fake:
        fake.answer(REF, country="DE")
        with OctetSyncClient(fake.url, partner_key=fake.partner_key) as octet:
            verdict = octet.verdict(REF)
        assert isinstance(verdict, Verdict)
        octet = OctetSyncClient(fake.url, partner_key=fake.live_key)
        with octet, pytest.raises(TokenError, match="test"):
            octet.verify_token(verdict.token or "", partner="acme", ref=REF)


def test_public_keys_can_be_closed_twice() -> None:
    """Closing is harmless."""
    keys = PublicKeys("https://octet.example")
    keys.close()
    keys.close()
