"""The lines that are measured."""

from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class Condition:
    """What a visitor's line does to every packet; without a line, both ends share a loopback."""

    name: str
    line: bool = True
    one_way_ms: float = 0
    jitter_ms: float = 0
    """Mean of what is added each way, exponentially distributed; packets stay in order."""
    loss: float = 0
    """Share of packets that are lost, each way."""
    slowdown: float | None = None
    """By how much Chromium slows its CPU down; Firefox has no such switch."""


CONDITIONS: Final = (
    Condition(name="loopback", line=False),
    Condition(name="loopback, CPU 4 times slower", line=False, slowdown=4),
    Condition(name="20 ms", one_way_ms=10),
    Condition(name="20 ms, jitter 2 + 2 ms", one_way_ms=10, jitter_ms=2),
    Condition(name="20 ms, loss 1 %", one_way_ms=10, loss=0.01),
    Condition(name="80 ms", one_way_ms=40),
    Condition(name="80 ms, jitter 10 + 10 ms", one_way_ms=40, jitter_ms=10),
    Condition(name="80 ms, loss 3 %", one_way_ms=40, loss=0.03),
    Condition(name="200 ms", one_way_ms=100),
)
"""Named by the round trip that is set."""
