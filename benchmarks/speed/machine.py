"""What the machine as a whole was doing meanwhile."""

from pathlib import Path
from typing import Self

from attrs import frozen


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
