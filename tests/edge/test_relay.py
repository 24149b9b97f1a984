"""The relay in process, under a virtual clock."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.edge.outcome import OVERLOADED, UNREACHABLE, Outcome
from octet.edge.relay import BATCH_BYTES, RELAY_TASKS, Forward, Relay
from octet.schema import MAX_ENVELOPES, Accepted


class SlowPost:
    """Takes a second a batch."""

    def __init__(self, *, fails: bool = False) -> None:
        self.batches: list[list[str]] = []
        self._fails = fails

    async def __call__(self, batch: Sequence[Forward]) -> list[Outcome]:
        self.batches.append([forward.id for forward in batch])
        await trio.sleep(1)
        if self._fails:
            raise RuntimeError("top-secret")
        return [Accepted(id=forward.id) for forward in batch]


async def submit_all(relay: Relay, forwards: list[Forward]) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}

    async def submit(forward: Forward) -> None:
        outcomes[forward.id] = await relay.submit(forward)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(relay.run)
        async with trio.open_nursery() as pages:
            for forward in forwards:
                pages.start_soon(submit, forward)
        await relay.drain()
        nursery.cancel_scope.cancel()
    return outcomes


def forwards(count: int, size: int = 2) -> list[Forward]:
    return [Forward(str(number), b"x" * size) for number in range(count)]


async def test_each_gets_its_own(autojump_clock: MockClock) -> None:
    """However many are batched, each page gets the outcome of its own report."""
    post = SlowPost()
    outcomes = await submit_all(Relay(post, max_pending=500), forwards(300))
    assert outcomes == {str(number): Accepted(id=str(number)) for number in range(300)}
    assert len(post.batches) < 300 / 10
    assert max(map(len, post.batches)) == MAX_ENVELOPES


async def test_batches_are_bounded_in_bytes(autojump_clock: MockClock) -> None:
    """A batch that is large enough takes no further report."""
    post = SlowPost()
    await submit_all(Relay(post, max_pending=500), forwards(20, BATCH_BYTES // 2))
    assert max(map(len, post.batches)) == 2


async def test_failure_is_the_batchs_alone(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A defect while posting costs its batch; the relay goes on, and its log tells no content."""
    outcomes = await submit_all(Relay(SlowPost(fails=True), max_pending=500), forwards(300))
    assert set(outcomes.values()) == {UNREACHABLE}
    assert len(outcomes) == 300
    assert "RuntimeError" in caplog.text
    assert "top-secret" not in caplog.text


async def test_bound(autojump_clock: MockClock) -> None:
    """One report more than may wait is turned away at once, and room comes back."""
    relay = Relay(SlowPost(), max_pending=3)
    outcomes = await submit_all(relay, forwards(5))
    assert list(outcomes.values()).count(OVERLOADED) == 2
    assert (relay.pending, relay.saturated) == (0, False)


async def test_cancelled_page_is_delivered(autojump_clock: MockClock) -> None:
    """A page that goes at any moment of its wait leaves its report with the relay."""
    for after_s in (0.0, 0.5, 1.5):
        post = SlowPost()
        relay = Relay(post, max_pending=50)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(relay.run)
            for forward in forwards(RELAY_TASKS):
                nursery.start_soon(relay.submit, forward)
            await wait_all_tasks_blocked()
            with trio.move_on_after(after_s):
                await relay.submit(Forward("gone", b"{}"))
            await relay.drain()
            nursery.cancel_scope.cancel()
        assert ["gone"] in post.batches
        assert relay.pending == 0
