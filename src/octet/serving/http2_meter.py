"""What a peer does to an HTTP/2 connection, counted frame by frame before any of it is parsed.

Most frames cost the peer nothing and are answered by hand: PING, SETTINGS, PRIORITY, WINDOW_UPDATE,
empty DATA, unknown ones. They draw on one allowance, which refills with time and by what a real
client does besides: requests, and DATA that carries something. Streams that are reset draw on one
of their own, whoever resets them. Sizes are bounded before a frame is waited for.

Source: RFC 9113, 4.1 and 10.5; CVE-2019-9511 to 9518, CVE-2023-44487, CVE-2024-27316,
CVE-2025-8671.
"""

from collections.abc import Callable
from typing import Final

from attrs import define, field
from h2.errors import ErrorCodes

MAX_FRAME_BYTES: Final = 16_384
"""Of a frame's payload; what RFC 9113 allows where no other size was agreed on."""
MAX_BLOCK_BYTES: Final = 65_536
"""Of a header block as it travels, with its CONTINUATION frames."""
MAX_BLOCK_FRAMES: Final = 16
"""HEADERS and CONTINUATION frames of one block."""
OVERHEAD_BURST: Final = 256
"""Frames that carry nothing, at once."""
OVERHEAD_PER_S: Final = 32
"""By so many frames a second that allowance refills."""
REQUEST_WORTH: Final = 16
"""By so many frames it refills with each request: a client opens its windows while it reads."""
DATA_WORTH_BYTES: Final = 256
"""With each such piece of DATA it refills by a frame."""
CONTROL_WORTH_BYTES: Final = 64
"""A frame that carries nothing counts as one more for each such piece of its payload."""
RESET_BURST: Final = 100
"""Streams reset, at once."""
RESET_PER_S: Final = 10

_PREFACE_BYTES: Final = 24
_HEAD_BYTES: Final = 9
_DATA, _HEADERS, _RST_STREAM, _CONTINUATION = 0x0, 0x1, 0x3, 0x9
_END_HEADERS, _PADDED = 0x4, 0x8


class FloodError(Exception):
    """The peer is past a bound; the connection ends with GOAWAY and `code`."""

    def __init__(self, code: ErrorCodes = ErrorCodes.ENHANCE_YOUR_CALM) -> None:
        super().__init__(code.name)
        self.code = code


@define
class _Allowance:
    """How much was drawn, less what time and good conduct gave back."""

    burst: float
    per_s: float
    now_s: Callable[[], float]
    drawn: float = 0.0
    since_s: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.since_s = self.now_s()

    def draw(self, amount: float) -> None:
        """Draw *amount*, or give it back when it is negative.

        Raises:
            FloodError: that is more than there is.
        """
        now_s = self.now_s()
        left = self.drawn - (now_s - self.since_s) * self.per_s
        self.since_s = now_s
        self.drawn = max(0.0, left + amount)
        if self.drawn > self.burst:
            raise FloodError


class FrameMeter:
    """Counts one connection's frames; feed it what the peer sent, in pieces of any size.

    Args:
        now_s: monotonic, seconds.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._overhead = _Allowance(OVERHEAD_BURST, OVERHEAD_PER_S, now_s)
        self._resets = _Allowance(RESET_BURST, RESET_PER_S, now_s)
        self._head = bytearray()
        self._skip = _PREFACE_BYTES
        self._block_bytes = 0
        self._block_frames = 0
        self._begun_s: float | None = None

    @property
    def begun_s(self) -> float | None:
        """When the frame or header block began that is not whole yet; None between them."""
        return self._begun_s

    def feed(self, data: bytes) -> None:
        """Count *data*.

        Raises:
            FloodError: the peer is past a bound; what was fed is not to be parsed.
        """
        at = 0
        while at < len(data):
            if self._skip:
                skipped = min(self._skip, len(data) - at)
                self._skip -= skipped
                at += skipped
            else:
                needed = _HEAD_BYTES - len(self._head)
                self._head += data[at : at + needed]
                at += needed
                if len(self._head) == _HEAD_BYTES:
                    self._open(*_read(self._head))
                    self._head.clear()
            whole = not self._skip and not self._head and not self._block_frames
            if whole:
                self._begun_s = None
            elif self._begun_s is None:
                self._begun_s = self._now_s()

    def count_reset(self) -> None:
        """Count a stream that was reset.

        Raises:
            FloodError: too many were.
        """
        self._resets.draw(1)

    def _open(self, length: int, kind: int, flags: int) -> None:
        """Count a frame by its head."""
        if length > MAX_FRAME_BYTES:
            raise FloodError(ErrorCodes.FRAME_SIZE_ERROR)
        self._skip = length
        if kind in {_HEADERS, _CONTINUATION}:
            self._count_block(length, kind, flags)
        elif kind == _DATA:
            carried = 0 if flags & _PADDED else length
            self._overhead.draw(1 - carried // DATA_WORTH_BYTES)
        else:
            self._overhead.draw(1 + length // CONTROL_WORTH_BYTES)
        if kind == _RST_STREAM:
            self.count_reset()

    def _count_block(self, length: int, kind: int, flags: int) -> None:
        if kind == _HEADERS:
            self._overhead.draw(-REQUEST_WORTH)
        self._block_frames += 1
        self._block_bytes += length
        if self._block_frames > MAX_BLOCK_FRAMES or self._block_bytes > MAX_BLOCK_BYTES:
            raise FloodError
        if flags & _END_HEADERS:
            self._block_frames = self._block_bytes = 0


def _read(head: bytearray) -> tuple[int, int, int]:
    """Return a frame's length, type and flags."""
    return int.from_bytes(head[:3]), head[3], head[4]
