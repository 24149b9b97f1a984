"""What a customer's test can make the fake do, over a socket and without one."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import trio
from attrs import frozen
from trio.testing import MockClock

from octet.client import (
    Alarm,
    CredentialError,
    OctetClient,
    OctetError,
    OctetSyncClient,
    Pending,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
    Verdict,
)
from octet.client.testing import FakeOctet
from tests.client.conftest import Run

REF = "sess_0123456789abcdefABCDEF"
Ask = Callable[..., Any]


@frozen
class Reached:
    """A fake, and how a client gets to it."""

    fake: FakeOctet
    options: dict[str, Any]


@pytest.fixture(params=["socket", "in process"])
def reached(request: pytest.FixtureRequest) -> Iterator[Reached]:
    fake = FakeOctet()
    options: dict[str, Any] = {"partner_key": fake.partner_key, "retries": 0}
    if request.param == "socket":
        with fake:
            yield Reached(fake, {"base_url": fake.url, **options})
    else:
        yield Reached(
            fake, {"base_url": "http://fake.example", "transport": fake.transport, **options}
        )


@pytest.fixture
def fake(reached: Reached) -> FakeOctet:
    return reached.fake


@pytest.fixture
def ask(reached: Reached, run: Run) -> Ask:
    """Ask once, with each of the clients; nothing is tried again."""

    def once(ref: str = REF, wait_ms: int = 0, **options: Any) -> Any:
        async def scenario() -> Verdict | Pending:
            async with run.kind(**{**reached.options, **options}) as octet:
                return await octet.verdict(ref, wait_ms)

        return run(scenario)

    return once


def test_what_no_test_has_told_is_pending(ask: Ask) -> None:
    """As with the real service."""
    assert ask() == Pending(REF)


def test_a_scripted_verdict(fake: FakeOctet, ask: Ask) -> None:
    """Members come by name; another one replaces it; withheld, it is gone."""
    fake.answer(REF, country="DE", confidence=0.4, alarm="medium")
    assert ask() == Verdict(country="DE", confidence=0.4, alarm=Alarm.MEDIUM)
    fake.answer(REF, confidence=0.1)
    assert ask() == Verdict(confidence=0.1, alarm=Alarm.NONE)
    fake.withhold(REF)
    assert ask() == Pending(REF)


def test_a_default(fake: FakeOctet, ask: Ask) -> None:
    """For applications whose tests do not see the references that they mint."""
    fake.default = Verdict(country="FR", confidence=0.8, alarm=Alarm.LOW)
    assert ask() == ask("sess_another1") == fake.default
    fake.withhold(REF)
    assert ask() == Pending(REF)


def test_a_verdict_that_comes_later(fake: FakeOctet, ask: Ask) -> None:
    """Who waits for it gets it when it comes, who does not wait is told that it is pending."""
    fake.answer(REF, country="DE", after_s=0.3)
    assert ask() == Pending(REF)
    assert ask(wait_ms=10_000) == Verdict(country="DE", confidence=0.9, alarm=Alarm.NONE)


def test_fixture_references(fake: FakeOctet, ask: Ask) -> None:
    """They need no script, and no live key reads them."""
    ref = "sess_fixture_DE_0.91_none"
    assert ask(ref) == Verdict(country="DE", confidence=0.91, alarm=Alarm.NONE)
    slow = "sess_fixture_pending300_US_0.88_medium"
    assert ask(slow) == Pending(slow)
    assert ask(slow, 10_000) == Verdict(country="US", confidence=0.88, alarm=Alarm.MEDIUM)
    with pytest.raises(RateLimitedError):
        ask("sess_fixture_error_429")
    ref = "sess_fixture_FR_0.91_none"
    assert ask(ref, partner_key=fake.live_key) == Pending(ref)


def test_refusals(fake: FakeOctet, ask: Ask) -> None:
    """Problems come in the order in which they were planned, and then no more."""
    fake.refuse("rate_limited", retry_after_s=7)
    fake.refuse("partner_key_revoked")
    fake.refuse("overloaded", times=2)
    with pytest.raises(RateLimitedError) as limited:
        ask()
    assert (limited.value.code, limited.value.retry_after_s) == ("rate_limited", 7.0)
    with pytest.raises(CredentialError, match="403 partner_key_revoked"):
        ask()
    for _ in range(2):
        with pytest.raises(ServiceUnavailableError, match="503 overloaded"):
            ask()
    assert ask() == Pending(REF)


def test_until_it_recovers(fake: FakeOctet, ask: Ask) -> None:
    """A failure without an end ends when the test says so."""
    fake.refuse("internal", times=None)
    for _ in range(3):
        with pytest.raises(ServiceUnavailableError):
            ask()
    fake.recover()
    assert ask() == Pending(REF)


def test_other_failures(fake: FakeOctet, ask: Ask) -> None:
    """Nonsense, a cut connection, and an answer that takes too long."""
    fake.garble()
    fake.garble(b'{"confidence":2,"alarm":"low"}', content_type="application/json")
    fake.garble(b"moved", status=301)
    for _ in range(3):
        with pytest.raises(ProtocolError):
            ask()
    fake.hang_up()
    with pytest.raises(ServiceUnavailableError, match="no reply"):
        ask()
    fake.stall(0.05)
    assert ask() == Pending(REF)


def test_what_passes_is_not_the_callers_business(fake: FakeOctet, ask: Ask) -> None:
    """A client that may try again gets over a cut connection and a busy service."""
    fake.answer(REF, country="DE")
    fake.hang_up()
    fake.refuse("overloaded", retry_after_s=0)
    assert ask(retries=2).country == "DE"
    assert len(fake.requests) == 3


def test_a_stall_outlasts_a_time_out(reached: Reached, loop: Run) -> None:
    """The client gives up, and the fake does not hold up the end of the test."""
    reached.fake.stall(60.0)

    async def scenario() -> None:
        async with OctetClient(**reached.options, timeout_s=0.1) as octet:
            with pytest.raises(ServiceUnavailableError, match="within"):
                await octet.verdict(REF)

    loop(scenario)


def test_a_code_that_the_contract_does_not_know(fake: FakeOctet) -> None:
    """A test that expects such a code would pass for nothing."""
    with pytest.raises(ValueError, match="no problem code: tired"):
        fake.refuse("tired")
    with pytest.raises(ValueError, match="extreme"):
        fake.answer(REF, alarm="extreme")


def test_requests_are_recorded(fake: FakeOctet, ask: Ask) -> None:
    """What the application asked, in order, and without its key in any repr."""
    ask(wait_ms=20)
    ask("sess_another1")
    first, second = fake.requests
    assert (first.method, first.ref, first.wait_ms) == ("GET", REF, 20)
    assert (second.ref, second.wait_ms) == ("sess_another1", 0)
    assert first.headers["x-octet-partner-key"] == fake.partner_key
    assert fake.partner_key not in repr(fake.requests)


def test_it_listens_only_inside_with() -> None:
    """A URL that nobody serves is not given away."""
    fake = FakeOctet()
    with pytest.raises(RuntimeError, match="inside"):
        _ = fake.url
    with fake:
        url = fake.url
        assert url in repr(fake)
        assert httpx.get(f"{url}/health", trust_env=False).json()["ok"]
    with pytest.raises(RuntimeError, match="inside"):
        _ = fake.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health", trust_env=False)


def test_its_end_cuts_who_still_waits() -> None:
    """A test ends at once, whatever its application is still waiting for."""
    errors: list[OctetError] = []
    with FakeOctet() as fake:
        octet = OctetSyncClient(fake.url, partner_key=fake.partner_key, retries=0)

        def wait() -> None:
            try:
                octet.verdict(REF, wait_ms=10_000)
            except OctetError as error:
                errors.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not fake.requests:
            assert waiting.is_alive(), errors  # it ends by itself, in ten seconds at most
            time.sleep(0.001)
    waiting.join(5.0)
    assert not waiting.is_alive()
    octet.close()
    assert [type(error) for error in errors] == [ServiceUnavailableError]


async def test_in_virtual_time(autojump_clock: MockClock) -> None:
    """Within the process the fake keeps whatever time it is given."""
    fake = FakeOctet(now=trio.current_time)
    fake.answer(REF, country="DE", after_s=30.0)
    async with OctetClient(
        "https://o.example", partner_key=fake.partner_key, transport=fake.transport
    ) as octet:
        assert await octet.wait_for_verdict(REF, timeout_s=10.0) == Pending(REF)
        assert isinstance(await octet.wait_for_verdict(REF, timeout_s=30.0), Verdict)
    assert trio.current_time() == pytest.approx(30.0, abs=0.5)
