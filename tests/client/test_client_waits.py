"""Waiting, in virtual time and in one process: how often the client asks, and when it gives up."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from trio.testing import MockClock

from octet.client import (
    OctetClient,
    OctetError,
    Pending,
    ServiceUnavailableError,
    Verdict,
)
from octet.client._plans import MARGIN_S

KEY = "octet_test_v4.public.x"
REF = "sess_0123456789abcdefABCDEF"
VERDICT = (Path(__file__).parent.parent / "data" / "verdict.json").read_bytes()
PENDING = json.dumps({"status": "pending", "ref": REF}).encode()

Handler = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


def in_process(handler: Handler, **options: Any) -> OctetClient:
    transport = httpx.MockTransport(handler)
    return OctetClient("https://o.example", partner_key=KEY, transport=transport, **options)


class Polls:
    """A service in virtual time: holds each long poll, and has a verdict from *ready_s* on."""

    def __init__(self, ready_s: float, *, holds: bool = True) -> None:
        self.ready_s = ready_s
        self.holds = holds
        self.waits_ms: list[int] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        wait_ms = int(request.url.params["waitMs"])
        self.waits_ms.append(wait_ms)
        if self.holds:
            await trio.sleep(min(wait_ms / 1000, max(0.0, self.ready_s - trio.current_time())))
        status, body = (200, VERDICT) if trio.current_time() >= self.ready_s else (404, PENDING)
        return httpx.Response(status, content=body)


async def test_the_verdict_is_there_as_soon_as_the_service_has_it(
    autojump_clock: MockClock,
) -> None:
    """A held poll ends with the verdict, and waiting ends with it."""
    polls = Polls(ready_s=3.0)
    async with in_process(polls) as octet:
        assert isinstance(await octet.wait_for_verdict(REF), Verdict)
    assert autojump_clock.current_time() == pytest.approx(3.0)
    assert polls.waits_ms == [7750]


async def test_longer_waits_take_several_polls(autojump_clock: MockClock) -> None:
    """No poll asks for more than the service grants, and all of them end within the deadline."""
    polls = Polls(ready_s=float("inf"))
    async with in_process(polls) as octet:
        assert await octet.wait_for_verdict(REF, timeout_s=25.0) == Pending(REF)
    assert autojump_clock.current_time() == pytest.approx(25.0)
    assert polls.waits_ms[:3] == [10_000, 10_000, 4750]
    assert set(polls.waits_ms[3:]) <= {0}


async def test_a_service_that_holds_nothing_is_not_hammered(autojump_clock: MockClock) -> None:
    """Polls that come back at once keep a distance of once to one and a half times the margin."""
    polls = Polls(ready_s=float("inf"), holds=False)
    async with in_process(polls) as octet:
        assert await octet.wait_for_verdict(REF, timeout_s=8.0) == Pending(REF)
    assert autojump_clock.current_time() == pytest.approx(8.0)
    assert 8.0 / MARGIN_S / 1.5 <= len(polls.waits_ms) <= 8.0 / MARGIN_S + 1


async def never(_: httpx.Request) -> httpx.Response:
    await trio.sleep_forever()
    raise AssertionError


@pytest.mark.parametrize(("wait_s", "until_s"), [(8.0, 8.0), (0.0, 0.0), (60.0, 15.0)])
async def test_a_service_that_never_answers_is_unavailable(
    autojump_clock: MockClock, wait_s: float, until_s: float
) -> None:
    """Silence is not taken for pending; it ends by the deadline or the client's own time-out."""
    async with in_process(never) as octet:
        with pytest.raises(ServiceUnavailableError, match="no reply within"):
            await octet.wait_for_verdict(REF, timeout_s=wait_s)
    assert autojump_clock.current_time() == pytest.approx(until_s)


async def test_silence_after_a_pending_answer_is_pending(autojump_clock: MockClock) -> None:
    """What the service said last holds when time is up."""
    polls = Polls(ready_s=float("inf"), holds=False)

    async def once(request: httpx.Request) -> httpx.Response:
        return await (never(request) if polls.waits_ms else polls(request))

    async with in_process(once) as octet:
        assert await octet.wait_for_verdict(REF, timeout_s=4.0) == Pending(REF)
    assert autojump_clock.current_time() == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("status", "headers", "tries", "until_s"),
    [
        (429, {"retry-after": "1"}, 3, 2.0),
        (429, {"retry-after": "5"}, 2, 5.0),
        (429, {"retry-after": "8"}, 1, 0.0),
        (429, {}, 1, 0.0),
        (503, {"retry-after": "3"}, 3, 6.0),
        (500, {"retry-after": "1"}, 1, 0.0),
        (403, {"retry-after": "1"}, 1, 0.0),
    ],
)
async def test_an_error_ends_the_wait_when_another_try_would_not_mend_it(
    autojump_clock: MockClock, status: int, headers: dict[str, str], tries: int, until_s: float
) -> None:
    """What may pass is tried again, as late as the service asks, if that is before the deadline."""
    seen = []

    async def failing(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, headers=headers)

    async with in_process(failing) as octet:
        with pytest.raises(OctetError) as caught:
            await octet.wait_for_verdict(REF, timeout_s=8.0)
    assert caught.value.status == status
    assert len(seen) == tries
    assert autojump_clock.current_time() == pytest.approx(until_s)


async def test_a_service_that_comes_back_is_asked_again(autojump_clock: MockClock) -> None:
    """A failure or two on the way to the verdict are not the caller's business."""
    polls = Polls(ready_s=3.0)
    failures = iter([httpx.ConnectError("refused"), httpx.ReadError("reset")])

    async def stumbling(request: httpx.Request) -> httpx.Response:
        for failure in failures:
            raise failure
        return await polls(request)

    async with in_process(stumbling) as octet:
        assert isinstance(await octet.wait_for_verdict(REF), Verdict)
    assert autojump_clock.current_time() == pytest.approx(3.0)


async def test_a_pause_between_tries_can_be_cancelled(autojump_clock: MockClock) -> None:
    """A caller that gives up while the client waits for its next try is let go at once."""

    async def busy(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, headers={"retry-after": "4"})

    async with in_process(busy) as octet:
        with trio.move_on_after(1.0) as scope:
            await octet.wait_for_verdict(REF)
        assert scope.cancelled_caught
    assert autojump_clock.current_time() == pytest.approx(1.0)


async def test_a_dripping_reply_has_one_deadline(autojump_clock: MockClock) -> None:
    """A byte now and then does not prolong the time-out."""

    async def drip() -> AsyncIterator[bytes]:
        while True:
            await trio.sleep(1.0)
            yield b" "

    async def dripping(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=drip())

    async with in_process(dripping, timeout_s=5.0) as octet:
        with pytest.raises(ServiceUnavailableError):
            await octet.verdict(REF, wait_ms=2000)
    assert autojump_clock.current_time() == pytest.approx(7.0)


async def test_cancelling_the_wait_ends_it(autojump_clock: MockClock) -> None:
    """A caller's own deadline is the caller's: no error replaces its cancellation."""
    async with in_process(never) as octet:
        with trio.move_on_after(1.0) as scope:
            await octet.wait_for_verdict(REF)
        assert scope.cancelled_caught
    assert autojump_clock.current_time() == pytest.approx(1.0)
