"""What the machine as a whole was doing meanwhile."""

import time
from pathlib import Path
from typing import Final, Self

from attrs import frozen

TURNS: Final = 100_000
TRIES: Final = 5


def loop_ns() -> float:
    """Return the processor time of a turn of an empty Python loop, the least of some tries.

    It tells machines, and moods of one machine, apart: what is no ratio changes with it.
    """
    tries = []
    for _ in range(TRIES):
        began_ns = time.process_time_ns()
        for _ in range(TURNS):
            pass
        tries.append(time.process_time_ns() - began_ns)
    return min(tries) / TURNS


@frozen
class Machine:
    """Its processors' time since it started, in the kernel's ticks."""

    all: int
    stolen: int
    """What the host gave to other guests while this one had work."""

    @classmethod
    def now(cls) -> Self:
        """Return the counters of this moment."""
        line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
        user, nice, system, idle, iowait, irq, softirq, steal, *_ = map(int, line.split()[1:])
        return cls(user + nice + system + idle + iowait + irq + softirq + steal, steal)

    def stolen_since(self, before: Self) -> float:
        """Return the share of the processors' time that was stolen."""
        return (self.stolen - before.stolen) / max(1, self.all - before.all)
