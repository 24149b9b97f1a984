"""Two network namespaces, joined by a line in user space that delays, jitters and loses IP packets.

For kernels without netem. TCP at both ends is the kernel's own, so that its round trips mean what
they mean on the internet. Needs root, iproute2 and TUN.

    python -m benchmarks.channel_noise.delay_line PREFIX

makes the namespaces ``PREFIX-a`` (`ADDRESS_A`) and ``PREFIX-b`` (`ADDRESS_B`), says ``ready``,
takes a condition as a line of JSON from standard input at any time, and removes all at its end.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import selectors
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from attrs import define, field, frozen

ADDRESS_A: Final = "10.9.0.1"
ADDRESS_B: Final = "10.9.0.2"

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
def _namespace(name: str, address: str, peer: str) -> Iterator[int]:
    """Make a namespace with a TUN device; yield its descriptor."""
    _ip("netns", "add", name)
    try:
        with entered(name):
            tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH", b"line", _TUN_WITHOUT_HEADER))
        _ip("-n", name, "addr", "add", address, "peer", peer, "dev", "line")
        _ip("-n", name, "link", "set", "line", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield tun
    finally:
        _ip("netns", "del", name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _carry(line: Line, a: int, b: int) -> None:
    """Carry packets until standard input ends."""
    selector = selectors.DefaultSelector()
    for source, sink in ((a, b), (b, a), (sys.stdin.fileno(), -1)):
        selector.register(source, selectors.EVENT_READ, sink)
    while True:
        for out, packet in line.arrived(time.monotonic()):
            os.write(out, packet)
        for key, _ in selector.select(line.wait_s(time.monotonic())):
            text = os.read(key.fd, _MTU)
            if key.data >= 0:
                line.put(time.monotonic(), key.data, text)
            elif text:
                line.rule = Rule(**json.loads(text.splitlines()[-1]))
            else:
                return


def main(prefix: str) -> None:
    """Make the line and carry packets until standard input ends."""
    with ExitStack() as stack:
        a = stack.enter_context(_namespace(f"{prefix}-a", ADDRESS_A, ADDRESS_B))
        b = stack.enter_context(_namespace(f"{prefix}-b", ADDRESS_B, ADDRESS_A))
        print("ready", flush=True)
        _carry(Line(random.Random(1)), a, b)  # noqa: S311 - the same packets each time


if __name__ == "__main__":
    main(sys.argv[1])
