"""Runs a program and keeps where its processor time went; nothing of it is in the product.

    python -m benchmarks.speed.sampler FOLDED MODULE

A timer of the process's own processor time (user and system) interrupts it; the handler keeps the
Python stack of that moment. The interpreter runs a handler once the C function under way has
returned, so the time of OpenSSL, the parser or the kernel stands at the line that called it.
Sampling begins with SIGUSR2, so that imports and warming up are not in it.
"""

import importlib
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, Final

INTERVAL_S: Final = 0.001
"""Of processor time; the kernel rounds it up to its own tick."""
ROOTS: Final = ("/site-packages/", "/src/", "/benchmarks/speed/", "/lib/python3.11/")


class Sampler:
    """Counts stacks."""

    def __init__(self) -> None:
        self.stacks: Counter[tuple[tuple[str, str, int], ...]] = Counter()

    def begin(self, *_: Any) -> None:
        """Interrupt the process from now on."""
        signal.signal(signal.SIGPROF, self.see)
        signal.siginterrupt(signal.SIGPROF, False)  # noqa: FBT003 - its only form
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)

    def see(self, _: int, frame: FrameType | None) -> None:
        """Keep the stack that was interrupted."""
        stack = []
        while frame is not None:
            code = frame.f_code
            stack.append((code.co_filename, code.co_qualname, frame.f_lineno or 0))
            frame = frame.f_back
        self.stacks[tuple(reversed(stack))] += 1

    def folded(self) -> str:
        """Return a line a stack, outermost frame first, as flame graphs are drawn from."""
        lines = (
            f"{';'.join(f'{short(f)}:{name}:{line}' for f, name, line in stack)} {count}\n"
            for stack, count in self.stacks.most_common()
        )
        return "".join(lines)


def short(path: str) -> str:
    """Return *path* without where it is installed."""
    for root in ROOTS:
        _, found, rest = path.rpartition(root)
        if found:
            return rest
    return path


def main() -> int:
    """Run the module's ``main`` under the sampler, and write what was seen."""
    _, folded, module, *_ = sys.argv
    sys.argv = [module]
    sampler = Sampler()
    signal.signal(signal.SIGUSR2, sampler.begin)
    # trio would be woken by each of the timer's signals, and that would be most of what is seen.
    signal.set_wakeup_fd = lambda *_args, **_kwargs: -1
    try:
        return int(importlib.import_module(module).main() or 0)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(folded).write_text(sampler.folded(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
