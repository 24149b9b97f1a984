"""Where browser and edge stand: on one loopback, or at the ends of a delay line."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import IO

import trio
from attrs import frozen

from benchmarks.channel_noise.condition import Condition
from benchmarks.channel_noise.delay_line import ADDRESS_B, LINE, entered


@frozen
class Place:
    """A way from the browser to the edge."""

    address: str
    """Of the edge."""
    browser: tuple[str, ...] = ()
    """What runs a command where the browser stands; so the next."""
    edge: tuple[str, ...] = ()
    namespace: str | None = None
    """Where the edge stands, if not here."""
    _rules: IO[str] | None = None

    def listen(self) -> trio.SocketListener:
        """Listen on a free port beside the edge."""
        with entered(self.namespace) if self.namespace else nullcontext():
            listening = socket.create_server((self.address, 0))
        return trio.SocketListener(trio.socket.from_stdlib_socket(listening))

    def become(self, condition: Condition) -> None:
        """Treat packets so from now on."""
        if self._rules is not None:
            rule = {
                "delay_s": condition.one_way_ms / 1e3,
                "jitter_s": condition.jitter_ms / 1e3,
                "loss": condition.loss,
            }
            self._rules.write(json.dumps({LINE: rule}) + "\n")
            self._rules.flush()


LOOPBACK = Place("127.0.0.1")


@contextmanager
def delay_line() -> Iterator[Place]:
    """Run a delay line until the block ends."""
    prefix = f"octet{os.getpid()}"
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.channel_noise.delay_line", prefix],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None  # noqa: S101 - opened as a pipe above
    assert process.stdout is not None  # noqa: S101 - likewise
    with process, process.stdin as rules, process.stdout as said:
        if said.readline() != "ready\n":
            raise OSError("no delay line: it needs root, iproute2 and TUN")
        inside = [("ip", "netns", "exec", f"{prefix}-{end}") for end in "ab"]
        yield Place(ADDRESS_B, inside[0], inside[1], f"{prefix}-b", rules)
