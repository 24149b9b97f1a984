"""The measurement of the channel's noise: its line, and its pages."""

import json
import random
import socket
from itertools import pairwise
from pathlib import Path

import pytest
import trio
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.channel_noise import table
from benchmarks.channel_noise.condition import Condition
from benchmarks.channel_noise.delay_line import Line, Rule
from benchmarks.channel_noise.place import delay_line

ROOT = Path(__file__).parents[2]


def test_rendered_noise() -> None:
    """The documents' table of noise is the one that the raw figures give."""
    results = json.loads((ROOT / "benchmarks/results/channel_noise.json").read_text())
    assert (ROOT / "docs/channel_noise.md").read_text() == table.render(results)


@given(
    rule=st.builds(Rule, st.floats(0, 1), st.floats(0, 1), st.just(0.0)),
    gaps_s=st.lists(st.floats(0, 0.1), max_size=20),
)
@example(rule=Rule(1.0), gaps_s=[0.0, 1e-6])
def test_line_keeps_order(rule: Rule, gaps_s: list[float]) -> None:
    """Without loss every packet comes, in order, and none before its delay has passed."""
    line = Line(random.Random(7), rule)  # noqa: S311 - the same packets each time
    now_s, sent_s = 0.0, []
    for number, gap_s in enumerate(gaps_s):
        now_s += gap_s
        sent_s.append(now_s)
        line.put(now_s, 1, bytes([number]))
    came: list[tuple[int, float]] = []
    while (wait_s := line.wait_s(now_s)) is not None:
        now_s += wait_s + 1e-6  # what floats lose
        came += [(packet[0], now_s) for _, packet in line.arrived(now_s)]
    assert [number for number, _ in came] == list(range(len(gaps_s)))
    assert all(at_s >= sent_s[number] + rule.delay_s for number, at_s in came)
    assert all(before[1] <= after[1] for before, after in pairwise(came))


def test_line_loses() -> None:
    """A line that loses all carries nothing, and has nothing to wait for."""
    line = Line(random.Random(7), Rule(loss=1))  # noqa: S311 - likewise
    line.put(0, 1, b"packet")
    assert line.wait_s(0) is None


@pytest.mark.root
@pytest.mark.linux
async def test_delay_line() -> None:
    """Through the line the kernel's own round trip is no less than was set; then all is gone."""
    one_way_ms = 15
    with delay_line() as place:
        place.become(Condition(name="30 ms", one_way_ms=one_way_ms))
        listener = place.listen()
        port = listener.socket.getsockname()[1]
        await trio.run_process(
            [*place.browser, "bash", "-c", f"exec 3<>/dev/tcp/{place.address}/{port}"]
        )
        async with listener, await listener.accept() as stream:
            info = stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
        namespace = place.namespace
    min_rtt_us = int.from_bytes(info[148:152], "little")
    assert min_rtt_us >= 2 * one_way_ms * 1000
    assert namespace is not None
    assert not (Path("/run/netns") / namespace).exists()
