"""The measurement's ground, as the measurement sees it: delays, routes, and where programs run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from attrs import frozen

from benchmarks.channel_noise.delay_line import ip
from benchmarks.channel_noise.place import Place
from benchmarks.real_stack.people import Person
from benchmarks.real_stack.triangle import EDGE, EXIT_EDGE, USER_EDGE, USER_EXIT


@frozen
class Ground:
    """Visitor, exit and edge, with nothing between them but the lines."""

    prefix: str
    _rules: IO[str]

    def inside(self, end: str) -> tuple[str, ...]:
        """Return what runs a command at the ``user``, ``exit`` or ``edge``."""
        return ("ip", "netns", "exec", self.space(end))

    def space(self, end: str) -> str:
        """Return the namespace of an end."""
        return f"{self.prefix}-{end}"

    def edge(self) -> Place:
        """Return the way from the visitor's browser to the edge."""
        return Place(EDGE, self.inside("user"), self.inside("edge"), self.space("edge"))

    def become(self, *, user_exit_ms: float, exit_edge_ms: float, user_edge_ms: float) -> None:
        """Delay packets so from now on, each way."""
        delays = {USER_EXIT: user_exit_ms, EXIT_EDGE: exit_edge_ms, USER_EDGE: user_edge_ms}
        rules = {name: {"delay_s": delay_ms / 1e3} for name, delay_ms in delays.items()}
        self._rules.write(json.dumps(rules) + "\n")
        self._rules.flush()

    def lead_home(self, person: Person) -> None:
        """Let the visitor's packets to the edge take the straight line, from *person*'s address."""
        self._lead("to-edge", "src", person.address)

    def lead_through(self, device: str) -> None:
        """Let the visitor's packets to the edge take a tunnel."""
        self._lead(device)

    def _lead(self, device: str, *more: str) -> None:
        ip("-n", self.space("user"), "route", "replace", EDGE, "dev", device, *more)


@contextmanager
def ground() -> Iterator[Ground]:
    """Have the ground until the block ends.

    It is a process of its own session: whatever interrupts or kills this one, its standard input
    ends, and it clears up.

    Raises:
        OSError: there is none to be had here.
    """
    prefix = f"octet{os.getpid()}"
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.real_stack.triangle", prefix],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - opened as a pipe above
    assert process.stdout is not None  # noqa: S101 - likewise
    with process, process.stdin as rules, process.stdout as said:
        if said.readline() != "ready\n":
            raise OSError("no ground: it needs root, iproute2 and TUN")
        yield Ground(prefix, rules)
