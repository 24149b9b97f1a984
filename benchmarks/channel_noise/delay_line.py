"""Two network namespaces, joined by a line in user space that delays, jitters and loses IP packets.

For kernels without netem. TCP at both ends is the kernel's own, so that its round trips mean what
they mean on the internet. Needs root, iproute2 and TUN.

    python -m benchmarks.channel_noise.delay_line PREFIX

makes the namespaces ``PREFIX-a`` (`ADDRESS_A`) and ``PREFIX-b`` (`ADDRESS_B`), says ``ready``,
takes rules as a line of JSON, by the line's name, from standard input at any time, and removes all
at its end.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import selectors
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from typing import Final

from attrs import define, field, frozen

ADDRESS_A: Final = "10.9.0.1"
ADDRESS_B: Final = "10.9.0.2"
LINE: Final = "line"

_TUNSETIFF: Final = 0x400454CA
_TUN_WITHOUT_HEADER: Final = 0x0001 | 0x1000
_MTU: Final = 65536


@frozen
class Rule:
    """What becomes of a packet."""

    delay_s: float = 0
    jitter_s: float = 0
    loss: float = 0


@define
class Line:
    """The packets on their way, without I/O: none leaves earlier than the one before it."""

    random: random.Random
    rule: Rule = Rule()
    _way: list[tuple[float, int, int, bytes]] = field(factory=list)
    _last_s: dict[int, float] = field(factory=dict)
    _count: int = 0

    def put(self, now_s: float, out: int, packet: bytes) -> None:
        """Send *packet* on its way to *out*, unless it is lost."""
        if self.random.random() < self.rule.loss:
            return
        jitter_s = self.random.expovariate(1 / self.rule.jitter_s) if self.rule.jitter_s else 0
        due_s = max(self._last_s.get(out, 0), now_s + self.rule.delay_s + jitter_s)
        self._last_s[out] = due_s
        self._count += 1
        heapq.heappush(self._way, (due_s, self._count, out, packet))

    def arrived(self, now_s: float) -> Iterator[tuple[int, bytes]]:
        """Take off what is due."""
        while self._way and self._way[0][0] <= now_s:
            _, _, out, packet = heapq.heappop(self._way)
            yield out, packet

    def wait_s(self, now_s: float) -> float | None:
        """Return how long nothing is due; None while the line is empty."""
        return max(0, self._way[0][0] - now_s) if self._way else None


@contextmanager
def entered(namespace: str) -> Iterator[None]:
    """Open sockets in *namespace*: those stay there, and this thread comes back."""
    libc = ctypes.CDLL(None, use_errno=True)
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if libc.setns(there, 0):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
        yield
    finally:
        libc.setns(here, 0)
        os.close(here)
        os.close(there)


@contextmanager
def namespace(name: str) -> Iterator[str]:
    """Make a network namespace; end what still runs in it, and remove it, with the block."""
    ip("netns", "add", name)
    try:
        ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        done = subprocess.run(["ip", "netns", "pids", name], check=True, stdout=subprocess.PIPE)
        for pid in map(int, done.stdout.split()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ip("netns", "del", name)


def tun(inside: str, name: str) -> int:
    """Make a TUN device in a namespace, and set it up; return its descriptor."""
    with entered(inside):
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _TUN_WITHOUT_HEADER))
    ip("-n", inside, "link", "set", name, "up")
    return device


def ip(*arguments: str) -> None:
    """Run ``ip``.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    subprocess.run(["ip", *arguments], check=True)


def carry(lines: Mapping[str, tuple[int, int]]) -> None:
    """Carry packets between pairs of devices until standard input ends; rules come by name."""
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    # The same packets are lost each time.
    ways = {name: Line(random.Random(1)) for name in lines}  # noqa: S311 - likewise
    for name, (a, b) in lines.items():
        selector.register(a, selectors.EVENT_READ, (ways[name], b))
        selector.register(b, selectors.EVENT_READ, (ways[name], a))
    print("ready", flush=True)
    while True:
        for out, packet in chain.from_iterable(w.arrived(time.monotonic()) for w in ways.values()):
            os.write(out, packet)
        waits_s = [w for way in ways.values() if (w := way.wait_s(time.monotonic())) is not None]
        for key, _ in selector.select(min(waits_s, default=None)):
            text = os.read(key.fd, _MTU)
            if key.data is not None:
                line, out = key.data
                line.put(time.monotonic(), out, text)
            elif text:
                for name, rule in json.loads(text.splitlines()[-1]).items():
                    ways[name].rule = Rule(**rule)
            else:
                return


def main(prefix: str) -> None:
    """Make the line and carry packets until standard input ends."""
    with ExitStack() as stack:
        ends = [stack.enter_context(namespace(f"{prefix}-{end}")) for end in "ab"]
        devices = [tun(end, "line") for end in ends]
        for end, here, there in zip(
            ends, (ADDRESS_A, ADDRESS_B), (ADDRESS_B, ADDRESS_A), strict=True
        ):
            ip("-n", end, "addr", "add", here, "peer", there, "dev", "line")
        carry({LINE: (devices[0], devices[1])})


if __name__ == "__main__":
    main(sys.argv[1])
