"""How many connections, and how many new ones a second, one address may have.

Every visitor behind one IPv4 address counts as one, and so does every address of one IPv6 /64,
since a single host is handed at least that much. The rate is a bucket of one second's worth that
refills steadily (GCRA): per address it keeps one number, the time at which its bucket will be full.

A tally holds the numbers. `LocalTally` is exact, for one process. `SharedTally` lies in memory that
forked workers share, so that the limits are those of the deployment: a count-min sketch under a
secret key, whose cells may be shared by strangers, so that it may count too many, never too few.

Nothing here waits, nothing here is a timer; every operation costs the same, however many there are.
"""

import mmap
import secrets
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from socket import AF_INET, AF_INET6, inet_pton
from types import TracebackType
from typing import Final, Literal, Protocol, Self

from attrs import define, frozen

from octet.edge.connection.address import plain_address

MAX_CHANNELS_PER_ADDRESS: Final = 32
"""Latency channels of one address at once: many visitors may stand behind it, for a second each."""
TRACKED_ADDRESSES: Final = 65_536
"""Addresses whose rate is remembered; past it the one that was quiet for longest is forgotten."""
SKETCH_ROWS: Final = 2
SKETCH_CELLS: Final = 32_768
"""Cells a row: an address is mistaken for another only where both of its cells are shared."""
COUNT_RETRY_S: Final = 1
"""What to tell an address that has too many; when one of them ends, nobody knows."""

_SECOND_NS: Final = 1_000_000_000
_IPV4_BYTES: Final = 4
_IPV6_PREFIX_BYTES: Final = 8
_LOOPBACK_V4: Final = 127
"""The first byte of 127.0.0.0/8."""
_LOOPBACK_V6: Final = bytes(15) + b"\1"

NowNs = Callable[[], int]
"""A monotonic clock, nanoseconds; with `SharedTally` the machine's: `time.monotonic_ns`, and not
trio's, which starts anew in every process."""


class Tally(Protocol):
    """Holds the numbers of every address."""

    def reserve(self, key: bytes) -> int:
        """Count one more for *key*; return how many there are with it."""

    def give_back(self, key: bytes) -> None:
        """Count one less for *key*."""

    def full_at_ns(self, key: bytes) -> int:
        """Return when the bucket of *key* is full again; any time in the past when it is."""

    def draw(self, key: bytes, full_at_ns: int, now_ns: int) -> None:
        """Note that the bucket of *key* will be full at *full_at_ns*."""


class LocalTally:
    """The numbers of one process, exact.

    Open connections are never forgotten: there are as many of them as their owner bounds. Rates
    are, once a bucket is full, or at `TRACKED_ADDRESSES`.
    """

    def __init__(self, tracked: int = TRACKED_ADDRESSES) -> None:
        self._tracked = tracked
        self._open: dict[bytes, int] = {}
        self._full_at_ns: OrderedDict[bytes, int] = OrderedDict()

    def __len__(self) -> int:
        """Count what is remembered."""
        return len(self._open) + len(self._full_at_ns)

    def reserve(self, key: bytes) -> int:
        """Count one more for *key*; return how many there are with it."""
        count = self._open.get(key, 0) + 1
        self._open[key] = count
        return count

    def give_back(self, key: bytes) -> None:
        """Count one less for *key*."""
        count = self._open.pop(key) - 1
        if count:
            self._open[key] = count

    def full_at_ns(self, key: bytes) -> int:
        """Return when the bucket of *key* is full again; any time in the past when it is."""
        return self._full_at_ns.get(key, 0)

    def draw(self, key: bytes, full_at_ns: int, now_ns: int) -> None:
        """Note that the bucket of *key* will be full at *full_at_ns*.

        Two others are looked at each time, so that no address is remembered for nothing.
        """
        self._full_at_ns[key] = full_at_ns
        self._full_at_ns.move_to_end(key)
        for _ in range(2):
            quietest = next(iter(self._full_at_ns))
            over = len(self._full_at_ns) > self._tracked
            if not over and self._full_at_ns[quietest] > now_ns:
                return
            if quietest == key:
                return
            del self._full_at_ns[quietest]


class SharedTally:
    """The numbers of all workers, in memory that they share. Make it before they are forked.

    Connections are counted in a column a worker, which only that worker writes; a worker reserves
    first and looks at the sum of all columns then, so that of two that race for the last place
    both may lose, but never both win. Of two draws in the same microsecond one may be lost.
    When a worker is gone, `forget` empties its column.
    """

    def __init__(self, workers: int) -> None:
        self._key = secrets.token_bytes(16)
        self._size = SKETCH_ROWS * SKETCH_CELLS
        self._counts = memoryview(mmap.mmap(-1, workers * self._size * 4)).cast("I")
        self._full = memoryview(mmap.mmap(-1, self._size * 8)).cast("q")
        self._columns = range(0, workers * self._size, self._size)
        self._own = 0

    def join(self, worker: int) -> None:
        """Write the column of *worker* from now on; called once in each, after the fork."""
        self._own = self._columns[worker]

    def forget(self, worker: int) -> None:
        """Give back all that *worker*, which has ended, had reserved."""
        start = self._columns[worker]
        self._counts[start : start + self._size] = memoryview(bytes(self._size * 4)).cast("I")

    def reserve(self, key: bytes) -> int:
        """Count one more for *key*; return how many there are with it, or more."""
        cells = self._cells(key)
        for cell in cells:
            self._counts[self._own + cell] += 1
        return min(sum(self._counts[column + cell] for column in self._columns) for cell in cells)

    def give_back(self, key: bytes) -> None:
        """Count one less for *key*."""
        for cell in self._cells(key):
            self._counts[self._own + cell] -= 1

    def full_at_ns(self, key: bytes) -> int:
        """Return when the bucket of *key* is full again, or later."""
        return min(self._full[cell] for cell in self._cells(key))

    def draw(self, key: bytes, full_at_ns: int, now_ns: int) -> None:  # noqa: ARG002 - the protocol
        """Note that the bucket of *key* will be full at *full_at_ns*."""
        for cell in self._cells(key):
            self._full[cell] = max(self._full[cell], full_at_ns)

    def _cells(self, key: bytes) -> tuple[int, ...]:
        digest = blake2b(key, digest_size=4 * SKETCH_ROWS, key=self._key).digest()
        return tuple(
            row * SKETCH_CELLS + int.from_bytes(digest[4 * row : 4 * row + 4]) % SKETCH_CELLS
            for row in range(SKETCH_ROWS)
        )


@frozen
class Refusal:
    """One more would be too many."""

    reason: Literal["too-many", "too-fast"]
    """Too many at once, or too many a second."""
    retry_after_s: int
    """At least 1."""


@define(eq=False)
class Admission:
    """A place that is held until `release`, or until the end of its ``with`` block."""

    _tally: Tally | None
    _key: bytes = b""

    def release(self) -> None:
        """Give the place back; more than once is harmless."""
        tally, self._tally = self._tally, None
        if tally is not None:
            tally.give_back(self._key)

    def __enter__(self) -> Self:
        """Hold the place."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the place back."""
        self.release()


class AddressLimits:
    """Decides who may come in. Of connections, of requests behind a trusted hop, of channels alike.

    Args:
        at_once: how many one address may hold; 0 is no limit.
        per_second: how many new ones it may open a second, after as many at once; 0 is no limit.
        limit_loopback: whether this machine's own addresses count.
        now_ns: monotonic.
        tally: where the numbers are.
    """

    def __init__(
        self,
        *,
        at_once: int,
        per_second: int,
        limit_loopback: bool,
        now_ns: NowNs,
        tally: Tally | None = None,
    ) -> None:
        self._at_once = at_once
        self._interval_ns = _SECOND_NS // per_second if per_second else 0
        self._bucket_ns = per_second * self._interval_ns
        self._limit_loopback = limit_loopback
        self._now_ns = now_ns
        self._tally: Tally = LocalTally() if tally is None else tally

    def admit(self, address: str) -> Admission | Refusal:
        """Let *address* in, or say when it may try again. A refusal costs it nothing.

        Raises:
            ValueError: *address* is none.
        """
        source = _packed(plain_address(address))
        if _is_loopback(source) and not self._limit_loopback:
            return Admission(None)
        key = source[:_IPV6_PREFIX_BYTES]
        if self._at_once and self._tally.reserve(key) > self._at_once:
            self._tally.give_back(key)
            return Refusal("too-many", COUNT_RETRY_S)
        if self._interval_ns and (early_ns := self._draw(key)) > 0:
            if self._at_once:
                self._tally.give_back(key)
            return Refusal("too-fast", -(-early_ns // _SECOND_NS))
        return Admission(self._tally if self._at_once else None, key)

    def _draw(self, key: bytes) -> int:
        """Take one from the bucket of *key*; return by how many nanoseconds that is too early."""
        now_ns = self._now_ns()
        full_at_ns = max(self._tally.full_at_ns(key), now_ns) + self._interval_ns
        early_ns = full_at_ns - now_ns - self._bucket_ns
        if early_ns <= 0:
            self._tally.draw(key, full_at_ns, now_ns)
        return early_ns


def _packed(plain: str) -> bytes:
    return inet_pton(AF_INET6 if ":" in plain else AF_INET, plain)


def _is_loopback(packed: bytes) -> bool:
    return packed == _LOOPBACK_V6 or (len(packed) == _IPV4_BYTES and packed[0] == _LOOPBACK_V4)
