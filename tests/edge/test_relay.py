"""The relay in process, under a virtual clock."""

from collections.abc import Sequence

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.edge.circuit import FAILURES, Circuit
from octet.edge.outcome import OVERLOADED, TIMED_OUT, UNREACHABLE, Failed, Outcome
from octet.edge.relay import BATCH_BYTES, FEW, PATIENCE_S, RELAY_TASKS, Forward, Relay
from octet.schema import MAX_ENVELOPES, Accepted
from octet.serving.places import LocalCount, Places


@define(eq=False)
class SlowPost:
    """Takes its time for a batch, whatever its size."""

    takes_s: float = 1.0
    fails: bool = False
    batches: list[list[str]] = field(factory=list)
    most: int = 0
    """Batches at once."""
    _under_way: int = 0

    async def __call__(self, batch: Sequence[Forward]) -> list[Outcome]:
        self.batches.append([forward.id for forward in batch])
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        await trio.sleep(self.takes_s)
        self._under_way -= 1
        if self.fails:
            raise RuntimeError("top-secret")
        return [Accepted(id=forward.id) for forward in batch]


async def submit_all(
    relay: Relay, forwards: list[Forward], every_s: float = 0.0
) -> dict[str, tuple[Outcome, float]]:
    """Submit one after another; return each one's outcome and how long it took, seconds."""
    outcomes: dict[str, tuple[Outcome, float]] = {}

    async def submit(forward: Forward) -> None:
        began_s = trio.current_time()
        outcome = await relay.submit(forward)
        outcomes[forward.id] = outcome, trio.current_time() - began_s

    async with trio.open_nursery() as nursery:
        nursery.start_soon(relay.run)
        async with trio.open_nursery() as pages:
            for forward in forwards:
                pages.start_soon(submit, forward)
                if every_s:
                    await trio.sleep(every_s)
        await relay.drain()
        nursery.cancel_scope.cancel()
    return outcomes


def places(most: int) -> Places:
    return Places(most, LocalCount())


def forwards(count: int, size: int = 2) -> list[Forward]:
    return [Forward(str(number), b"x" * size) for number in range(count)]


async def test_each_gets_its_own(autojump_clock: MockClock) -> None:
    """However many are batched, each page gets the outcome of its own report."""
    post = SlowPost()
    outcomes = await submit_all(Relay(post, places=places(500)), forwards(300))
    assert {name: outcome for name, (outcome, _) in outcomes.items()} == {
        str(number): Accepted(id=str(number)) for number in range(300)
    }
    assert len(post.batches) < 300 / 10
    assert max(map(len, post.batches)) == MAX_ENVELOPES


async def test_batches_are_bounded_in_bytes(autojump_clock: MockClock) -> None:
    """A batch that is large enough takes no further report."""
    post = SlowPost()
    await submit_all(Relay(post, places=places(500)), forwards(20, BATCH_BYTES // 2))
    assert max(map(len, post.batches)) == 2


@pytest.mark.parametrize(
    ("service_s", "most", "wait_s", "size"),
    [
        (0.0005, FEW, 0.0005, 1),
        (0.05, 14, PATIENCE_S, 3),
        (0.5, RELAY_TASKS, 0.032, 20),
        (2.0, RELAY_TASKS, 0.125, 50),
    ],
)
async def test_batches_under_way_follow_the_latency(
    autojump_clock: MockClock, service_s: float, most: int, wait_s: float, size: int
) -> None:
    """A report waits a little beside its service's own time, and no more batches than that takes
    are under way.
    """
    post = SlowPost(service_s)
    outcomes = await submit_all(Relay(post, places=places(1024)), forwards(2000), every_s=0.001)
    took_s = sorted(seconds for _, seconds in outcomes.values())
    assert took_s[1000] <= service_s + wait_s + 1e-6
    assert FEW - 1 <= post.most <= most
    assert len(post.batches) <= 2000 / size


async def test_failure_is_the_batchs_alone(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A defect while posting costs its batch; the relay goes on, and its log tells no content."""
    outcomes = await submit_all(Relay(SlowPost(fails=True), places=places(500)), forwards(300))
    assert {outcome for outcome, _ in outcomes.values()} == {UNREACHABLE}
    assert len(outcomes) == 300
    assert "RuntimeError" in caplog.text
    assert "top-secret" not in caplog.text


async def test_bound(autojump_clock: MockClock) -> None:
    """One report more than may wait is turned away at once, and room comes back."""
    relay = Relay(SlowPost(), places=places(3))
    outcomes = await submit_all(relay, forwards(5))
    assert list(outcomes.values()).count((OVERLOADED, 0.0)) == 2
    assert (relay.pending, relay.saturated) == (0, False)


async def test_cancelled_page_is_delivered(autojump_clock: MockClock) -> None:
    """A page that goes at any moment of its wait leaves its report with the relay."""
    for after_s in (0.0, 0.5, 1.5):
        post = SlowPost()
        relay = Relay(post, places=places(50))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(relay.run)
            for forward in forwards(RELAY_TASKS):
                nursery.start_soon(relay.submit, forward)
                await trio.sleep(PATIENCE_S)
            await wait_all_tasks_blocked()
            with trio.move_on_after(after_s):
                await relay.submit(Forward("gone", b"{}"))
            await relay.drain()
            nursery.cancel_scope.cancel()
        assert "gone" in post.batches[-1]
        assert relay.pending == 0


async def test_outcome_in_time(autojump_clock: MockClock) -> None:
    """Each page has an outcome by its deadline, be its report under way or waiting its turn, and
    every report is delivered for all that.
    """
    post = SlowPost(takes_s=4.5)
    relay = Relay(post, places=places(5000), timeout_s=5.0)
    reports = forwards(3 * RELAY_TASKS * MAX_ENVELOPES)
    outcomes = await submit_all(relay, reports)
    told = [outcome for outcome, _ in outcomes.values()]
    # The first batch takes what is there when the relay begins, which may be less than all.
    late = told.count(TIMED_OUT) - 2 * RELAY_TASKS * MAX_ENVELOPES
    assert 0 <= late < MAX_ENVELOPES
    assert max(seconds for _, seconds in outcomes.values()) == pytest.approx(5.0)
    assert sum(map(len, post.batches)) == len(reports)
    assert relay.pending == 0


async def test_open_circuit_tells_pages_at_once(autojump_clock: MockClock) -> None:
    """While the service is dead nobody waits for it: neither new pages nor those that wait."""
    circuit = Circuit(trio.current_time)
    post = SlowPost()

    async def die(batch: Sequence[Forward]) -> list[Outcome]:
        await post(batch)
        circuit.failed()
        return [TIMED_OUT] * len(batch)

    relay = Relay(die, places=places(5000), circuit=circuit)
    waiting = await submit_all(relay, forwards(3 * RELAY_TASKS * MAX_ENVELOPES))
    delivered = len(post.batches)
    assert RELAY_TASKS <= delivered < RELAY_TASKS + FAILURES
    refused = [seconds for outcome, seconds in waiting.values() if outcome == UNREACHABLE]
    assert len(refused) == len(waiting) - sum(map(len, post.batches))
    assert max(refused) == pytest.approx(1.0, abs=0.1)
    assert await submit_all(relay, forwards(1)) == {"0": (UNREACHABLE, 0.0)}
    assert len(post.batches) == delivered
    circuit.probed()
    assert await submit_all(relay, forwards(1)) == {"0": (TIMED_OUT, 1.0)}
    assert circuit.is_open


async def test_pause(autojump_clock: MockClock) -> None:
    """A service that asks for a pause gets one, and pages are told how long."""
    circuit = Circuit(trio.current_time)
    post = SlowPost()
    relay = Relay(post, places=places(5), circuit=circuit)
    circuit.pause(3)
    told = Failed("upstream_unavailable", "", 3)
    assert await submit_all(relay, forwards(1)) == {"0": (told, 0.0)}
    assert not post.batches
    await trio.sleep(3)
    assert await submit_all(relay, forwards(1)) == {"0": (Accepted(id="0"), 1.0)}
