"""The limits of one address, under a clock that the test moves."""

import os
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from octet.edge.limits import (
    SKETCH_CELLS,
    SKETCH_ROWS,
    AddressLimits,
    Admission,
    LocalTally,
    Refusal,
    SharedTally,
    Tally,
)

SECOND_NS = 1_000_000_000
START_NS = 5_000 * SECOND_NS
A, B = "203.0.113.7", "203.0.113.8"

TALLIES: list[Callable[[], Tally]] = [LocalTally, lambda: SharedTally(3)]


class Clock:
    def __init__(self) -> None:
        self.ns = START_NS

    def __call__(self) -> int:
        return self.ns


def limits(
    at_once: int = 0,
    per_second: int = 0,
    *,
    limit_loopback: bool = False,
    clock: Clock | None = None,
    tally: Tally | None = None,
) -> AddressLimits:
    return AddressLimits(
        at_once=at_once,
        per_second=per_second,
        limit_loopback=limit_loopback,
        now_ns=clock or Clock(),
        tally=tally,
    )


def admitted(limit: AddressLimits, address: str, tries: int) -> list[Admission]:
    outcomes = [limit.admit(address) for _ in range(tries)]
    return [outcome for outcome in outcomes if isinstance(outcome, Admission)]


@pytest.mark.parametrize("tally", TALLIES)
def test_at_once(tally: Callable[[], Tally]) -> None:
    """An address holds as many as it may, one more when one is given back, and no other pays."""
    limit = limits(at_once=3, tally=tally())
    held = admitted(limit, A, 10)
    assert len(held) == 3
    assert limit.admit(A) == Refusal("too-many", 1)
    assert len(admitted(limit, B, 10)) == 3
    held[0].release()
    held[0].release()
    assert len(admitted(limit, A, 10)) == 1


def test_released_by_its_block() -> None:
    """The end of a block gives its place back, whatever ends it."""
    limit = limits(at_once=1)
    admission = limit.admit(A)
    assert isinstance(admission, Admission)
    with pytest.raises(KeyError), admission:
        raise KeyError
    assert isinstance(limit.admit(A), Admission)


@pytest.mark.parametrize("tally", TALLIES)
@pytest.mark.parametrize("rate", [1, 3, 100])
def test_rate(tally: Callable[[], Tally], rate: int) -> None:
    """A second's worth comes in at once, then one with each part of a second that passes."""
    clock = Clock()
    limit = limits(per_second=rate, clock=clock, tally=tally())
    assert len(admitted(limit, A, 3 * rate)) == rate
    assert limit.admit(A) == Refusal("too-fast", 1)
    assert len(admitted(limit, B, 3 * rate)) == rate
    clock.ns += SECOND_NS // rate - 1
    assert admitted(limit, A, 2) == []
    clock.ns += 1
    assert len(admitted(limit, A, 2)) == 1
    clock.ns += SECOND_NS
    assert len(admitted(limit, A, 3 * rate)) == rate


def test_refusals_cost_nothing() -> None:
    """Who knocks without end still gets in at the rate, and a refusal for speed holds no place."""
    clock = Clock()
    limit = limits(at_once=5, per_second=2, clock=clock)
    held = admitted(limit, A, 50)
    for _ in range(3):
        clock.ns += SECOND_NS // 2
        held += admitted(limit, A, 50)
    assert len(held) == 5
    clock.ns += 10 * SECOND_NS
    assert limit.admit(A) == Refusal("too-many", 1)
    held[0].release()
    assert len(admitted(limit, A, 50)) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (A, B, False),
        (A, f"::ffff:{A}", True),
        ("2001:db8:1:2::1", "2001:DB8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("203.0.113.7", "cb00:7107::", False),
    ],
)
def test_who_is_one_address(one: str, other: str, same: bool) -> None:
    """IPv6 counts by its /64, and a mapped address as IPv4."""
    limit = limits(at_once=1)
    limit.admit(one)
    assert isinstance(limit.admit(other), Refusal) == same


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback(address: str) -> None:
    """The machine's own addresses are limited only when asked for."""
    assert len(admitted(limits(1, 1), address, 9)) == 9
    assert len(admitted(limits(1, 1, limit_loopback=True), address, 9)) == 1


def test_off() -> None:
    """Zero is no limit."""
    tally = LocalTally()
    assert len(admitted(limits(0, 0, tally=tally), A, 999)) == 999
    assert len(tally) == 0


def test_no_address() -> None:
    """What is no address is an error of the caller."""
    with pytest.raises(ValueError, match="address"):
        limits(1).admit("unknown")


def test_full_buckets_are_forgotten() -> None:
    """Once they say nothing any more, addresses are not kept."""
    clock, tally = Clock(), LocalTally()
    limit = limits(per_second=10, clock=clock, tally=tally)
    for host in range(200):
        limit.admit(f"198.51.100.{host}")
    assert len(tally) == 200
    for _ in range(200):
        clock.ns += SECOND_NS
        limit.admit(A)
    assert len(tally) == 1


def test_memory_is_bounded_and_open_ones_are_not_forgotten() -> None:
    """However many addresses come, an old one at its limit stays out."""
    tally = LocalTally(tracked=4)
    limit = limits(at_once=2, per_second=1000, tally=tally)
    assert len(admitted(limit, A, 9)) == 2
    for host in range(200):
        (passing,) = admitted(limit, f"198.51.100.{host}", 1)
        passing.release()
    assert len(tally) == 1 + 4
    assert limit.admit(A) == Refusal("too-many", 1)


def test_of_two_tracked_the_quiet_one_is_forgotten() -> None:
    """Past the bound the address that was quiet for longest gets a full bucket."""
    limit = limits(per_second=1, tally=LocalTally(tracked=1))
    assert len(admitted(limit, A, 2)) == 1
    assert len(admitted(limit, B, 2)) == 1
    assert len(admitted(limit, B, 2)) == 0
    assert len(admitted(limit, A, 2)) == 1


@given(
    st.integers(1, 7),
    st.lists(st.tuples(st.integers(0, SECOND_NS), st.integers(1, 9)), max_size=60),
)
def test_no_window_lets_more_in(rate: int, moments: list[tuple[int, int]]) -> None:
    """In any span of time an address opens at most a second's worth and what the span refills."""
    clock = Clock()
    limit = limits(per_second=rate, clock=clock)
    times: list[int] = []
    for pause_ns, tries in moments:
        clock.ns += pause_ns
        times += [clock.ns] * len(admitted(limit, A, tries))
    for first, start in enumerate(times):
        for last in range(first, len(times)):
            refilled = (times[last] - start) // (SECOND_NS // rate)
            assert last - first + 1 <= rate + refilled


class Places(RuleBasedStateMachine):
    """Against a model that counts: admitted exactly when there is room."""

    held = Bundle("held")
    addresses = st.sampled_from([A, B, "2001:db8::1", "2001:db8::2", "192.0.2.1"])

    def __init__(self) -> None:
        super().__init__()
        self.tally = LocalTally(tracked=2)
        self.limit = limits(at_once=3, tally=self.tally)
        self.model: Counter[str] = Counter()

    @rule(target=held, address=addresses)
    def open(self, address: str) -> tuple[str, Admission | Refusal]:
        who = "2001:db8::/64" if ":" in address else address
        outcome = self.limit.admit(address)
        assert isinstance(outcome, Admission) == (self.model[who] < 3)
        self.model[who] += isinstance(outcome, Admission)
        return who, outcome

    @rule(one=consumes(held))
    def close(self, one: tuple[str, Admission | Refusal]) -> None:
        who, outcome = one
        if isinstance(outcome, Admission):
            outcome.release()
            self.model[who] -= 1

    @invariant()
    def remembers_only_who_is_here(self) -> None:
        assert len(self.tally) == sum(1 for count in self.model.values() if count)


TestPlaces = Places.TestCase
TestPlaces.settings = settings(max_examples=60, stateful_step_count=40)


def in_child(work: Callable[[], int]) -> int:
    """Return what *work*, at most 255, returns in a forked process."""
    child = os.fork()
    if not child:
        status = 255
        try:
            status = work()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_workers_share_places_and_rates() -> None:
    """What one worker admitted counts in all; what a dead one held is given back, its rate not."""
    tally, clock = SharedTally(2), Clock()
    limit = limits(at_once=5, per_second=8, clock=clock, tally=tally)

    def work() -> int:
        tally.join(1)
        return len(admitted(limit, A, 3))

    assert in_child(work) == 3
    held = admitted(limit, A, 9)
    assert len(held) == 2
    tally.forget(1)
    assert len(admitted(limit, A, 9)) == 3  # rate: 3 + 2 + 3 = 8
    held[0].release()
    assert limit.admit(A) == Refusal("too-fast", 1)


def test_workers_that_race_never_admit_too_many() -> None:
    """Four workers that all want every place hold no more than there are."""
    tally = SharedTally(4)
    limit = limits(at_once=100, tally=tally)
    start_in, start_out = os.pipe()
    children: list[int] = []
    for worker in range(4):
        child = os.fork()
        if not child:
            os.close(start_out)
            tally.join(worker)
            os.read(start_in, 1)  # the end of the pipe: all are here
            os._exit(len(admitted(limit, A, 1000)))
        children.append(child)
    os.close(start_in)
    os.close(start_out)
    counts = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sum(counts) <= 100
    assert tally.reserve(b"stranger") == 1


@given(st.lists(st.binary(min_size=4, max_size=8), max_size=50))
@settings(max_examples=30)
def test_sketch_never_counts_too_few(keys: list[bytes]) -> None:
    """Whoever shares a cell, nobody's own count is lost, and all of it is given back."""
    tally = SharedTally(1)
    seen: Counter[bytes] = Counter()
    for key in keys:
        seen[key] += 1
        assert tally.reserve(key) >= seen[key]
    for key in keys:
        tally.give_back(key)
    assert all(tally.reserve(key) == 1 for key in set(keys[:1]))


def test_sketch_lies_within_its_cells() -> None:
    """Each row has its own cells."""
    tally = SharedTally(1)
    for number in range(500):
        for row, cell in enumerate(tally._cells(number.to_bytes(4))):
            assert row * SKETCH_CELLS <= cell < (row + 1) * SKETCH_CELLS
    assert len(tally._cells(b"x")) == SKETCH_ROWS
