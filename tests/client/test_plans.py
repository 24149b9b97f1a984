"""The plans by themselves, with a clock in the hand and any service that one can think of."""

import contextlib
from collections.abc import Callable
from random import Random
from typing import TypeVar

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from octet.client import OctetError, Pending, ServiceUnavailableError, Verdict
from octet.client._patience import Patience
from octet.client._plans import MARGIN_S, Plans
from octet.client._steps import Ask, Pause, Plan, Reply

T = TypeVar("T")
REF = "sess_0123456789abcdefABCDEF"
PENDING = Reply(404, {}, b'{"status":"pending","ref":"%s"}' % REF.encode())
VERDICT = Reply(200, {}, b'{"confidence":1,"alarm":"none","country":"DE"}')
Answer = Callable[[Ask], tuple[float, Reply | None]]
"""Seconds that a request took, and its reply; None when none came."""


@define
class World:
    """Carries out plans: each answer takes its time, and no request outlives its limit."""

    answer: Answer
    retries: int = 2
    time_s: float = 1000.0
    asked: list[tuple[float, Ask]] = field(factory=list)

    def plans(self, timeout_s: float = 5.0) -> Plans:
        rng = Random(7)  # noqa: S311 - spreads retries, guards nothing
        return Plans(timeout_s, Patience(self.retries, rng), lambda: self.time_s)

    def carry_out(self, plan: Plan[T]) -> T:
        try:
            step = next(plan)
            while True:
                if isinstance(step, Pause):
                    assert step.seconds >= 0
                    self.time_s += step.seconds
                    step = next(plan)
                    continue
                self.asked.append((self.time_s, step))
                took_s, reply = self.answer(step)
                self.time_s += min(took_s, max(0.0, step.limit_s))
                if reply is None or took_s > step.limit_s:
                    step = plan.throw(ServiceUnavailableError("no reply"))
                else:
                    step = plan.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result


def waits_ms(world: World) -> list[int]:
    return [ask.query["waitMs"] for _, ask in world.asked]


def test_a_retry_asks_for_what_is_left_of_the_wait() -> None:
    """Whichever try it is, the service holds the request no longer than the caller said."""
    replies = iter([(0.5, Reply(503, {"retry-after": "1"}, b"")), (0.0, PENDING)])
    world = World(lambda _: next(replies))
    assert world.carry_out(world.plans().verdict(REF, 2000)) == Pending(REF)
    assert waits_ms(world) == [2000, 500]
    assert [ask.limit_s for _, ask in world.asked] == [7.0, 5.5]


def test_a_wait_that_is_over_is_not_asked_for_again() -> None:
    """A retry after the wait asks for an answer at once."""
    replies = iter([(3.0, Reply(503, {}, b"")), (0.0, VERDICT)])
    world = World(lambda _: next(replies))
    assert isinstance(world.carry_out(world.plans().verdict(REF, 2000)), Verdict)
    assert waits_ms(world) == [2000, 0]


def test_failures_are_counted_anew_after_an_answer() -> None:
    """A long wait survives more failures than the retries in a row."""
    busy, held = (0.0, Reply(503, {}, b"")), (2.0, PENDING)
    replies = iter([busy, busy, held, busy, busy, held, busy, busy, (0.0, VERDICT)])
    world = World(lambda _: next(replies))
    assert isinstance(world.carry_out(world.plans().wait_for_verdict(REF, 30.0)), Verdict)


REPLIES = st.sampled_from(
    [
        PENDING,
        None,
        Reply(503, {}, b""),
        Reply(503, {"retry-after": "2"}, b""),
        Reply(429, {"retry-after": "1"}, b""),
        Reply(504, {"retry-after": "100"}, b""),
    ]
)


@given(
    st.lists(st.tuples(st.floats(0, 20), REPLIES), min_size=1, max_size=8),
    st.floats(0, 40),
    st.integers(0, 5),
)
def test_no_plan_goes_past_its_deadline(
    script: list[tuple[float, Reply | None]], timeout_s: float, retries: int
) -> None:
    """Whatever the service does, a wait ends by its deadline, and its polls keep their distance."""
    turn = iter(range(10_000))
    world = World(lambda _: script[next(turn) % len(script)], retries)
    try:
        answer = world.carry_out(world.plans().wait_for_verdict(REF, timeout_s))
    except OctetError:
        pass
    else:
        assert answer == Pending(REF)
    assert world.time_s <= 1000.0 + timeout_s + 1e-6
    assert len(world.asked) <= (timeout_s / MARGIN_S + 2) * (retries + 1)
    for time_s, ask in world.asked:
        assert ask.limit_s <= 1000.0 + timeout_s - time_s + 1e-6
        assert 0 <= ask.query["waitMs"] <= 10_000


@given(
    st.lists(st.tuples(st.floats(0, 20), REPLIES), min_size=1, max_size=8), st.integers(0, 12_000)
)
def test_no_question_outlasts_its_time(
    script: list[tuple[float, Reply | None]], wait_ms: int
) -> None:
    """All tries of one question end within the client's time-out and the wait."""
    turn = iter(range(100))
    world = World(lambda _: script[next(turn) % len(script)], retries=50)
    with contextlib.suppress(OctetError):
        world.carry_out(world.plans(timeout_s=5.0).verdict(REF, wait_ms))
    assert world.time_s <= 1000.0 + 5.0 + min(wait_ms, 10_000) / 1000 + 1e-6
