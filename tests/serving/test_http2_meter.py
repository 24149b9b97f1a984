"""What is counted of HTTP/2 frames, in pieces of any size, on a clock of the test's own."""

from itertools import pairwise

import pytest
from attrs import define
from h2.errors import ErrorCodes
from hypothesis import given
from hypothesis import strategies as st

from octet.serving.http2_meter import (
    DATA_WORTH_BYTES,
    MAX_BLOCK_BYTES,
    MAX_BLOCK_FRAMES,
    MAX_FRAME_BYTES,
    OVERHEAD_BURST,
    OVERHEAD_PER_S,
    REQUEST_WORTH,
    RESET_BURST,
    RESET_PER_S,
    FloodError,
    FrameMeter,
)
from tests.serving.http2_peer import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    HEADERS,
    MAGIC,
    PADDED,
    PING,
    RST_STREAM,
    frame,
)

PINGED = frame(PING, 0, 0, bytes(8))
RESET = frame(RST_STREAM, 0, 1, bytes(4))
ASKED = frame(HEADERS, END_HEADERS, 1, b"x" * 20)


@define
class Clock:
    """Stands until it is moved."""

    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


def fed(*texts: bytes, clock: Clock | None = None) -> FrameMeter:
    """Return a meter that has met *texts* after the preface."""
    meter = FrameMeter(clock or Clock())
    for text in (MAGIC, *texts):
        meter.feed(text)
    return meter


def code_of(*texts: bytes) -> ErrorCodes | None:
    """Return the code by which the last of *texts* is refused."""
    meter = fed(*texts[:-1])
    try:
        meter.feed(texts[-1])
    except FloodError as flood:
        return flood.code
    return None


@pytest.mark.parametrize(
    ("flood", "burst"),
    [
        (PINGED, OVERHEAD_BURST),
        (frame(PING, 0, 0, bytes(64)), OVERHEAD_BURST // 2),
        (frame(DATA, 0, 1), OVERHEAD_BURST),
        (frame(DATA, 0, 1, b"x" * (DATA_WORTH_BYTES - 1)), OVERHEAD_BURST),
        (frame(DATA, PADDED, 1, b"x" * 4096), OVERHEAD_BURST),
        (frame(0xBE, 0, 0), OVERHEAD_BURST),
        (RESET, RESET_BURST),
        (ASKED + RESET, RESET_BURST),
        (ASKED + PINGED * (REQUEST_WORTH + 1), OVERHEAD_BURST - REQUEST_WORTH),
        (frame(HEADERS) + frame(CONTINUATION, END_HEADERS) + PINGED * 17, OVERHEAD_BURST - 16),
    ],
)
def test_burst(flood: bytes, burst: int) -> None:
    """So many may come at once, and one more is too many; time gives them back."""
    clock = Clock()
    meter = fed(flood * burst, clock=clock)
    clock.now_s += 1 / min(OVERHEAD_PER_S, RESET_PER_S) * 2
    meter.feed(flood)
    assert code_of(flood * burst, flood) == ErrorCodes.ENHANCE_YOUR_CALM


@pytest.mark.parametrize(
    "text",
    [
        ASKED * 5000,
        (ASKED + PINGED * REQUEST_WORTH) * 500,
        frame(DATA, 0, 1, b"x" * DATA_WORTH_BYTES) * 5000,
        (frame(DATA, 0, 1, b"x" * MAX_FRAME_BYTES) + PINGED * 60) * 50,
    ],
)
def test_who_does_something_may_go_on(text: bytes) -> None:
    """Requests and bodies are no flood, nor is what comes along with them."""
    assert code_of(text) is None


def test_resets_of_both_sides_count() -> None:
    """Streams that this side had to reset are counted with those of the peer."""
    meter = fed(RESET * (RESET_BURST - 1))
    meter.count_reset()
    with pytest.raises(FloodError):
        meter.count_reset()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (frame(DATA, 0, 1, b"x" * MAX_FRAME_BYTES), None),
        ((MAX_FRAME_BYTES + 1).to_bytes(3) + bytes(6), ErrorCodes.FRAME_SIZE_ERROR),
        (b"\xff" * 9, ErrorCodes.FRAME_SIZE_ERROR),
        (frame(HEADERS) + frame(CONTINUATION) * (MAX_BLOCK_FRAMES - 1), None),
        (frame(HEADERS) + frame(CONTINUATION) * MAX_BLOCK_FRAMES, ErrorCodes.ENHANCE_YOUR_CALM),
        (frame(HEADERS, 0, 1, b"x" * 16_384) * 4, None),
        (
            frame(HEADERS, 0, 1, b"x" * 16_384) * 4 + (1).to_bytes(3) + b"\x09" + bytes(5),
            ErrorCodes.ENHANCE_YOUR_CALM,
        ),
    ],
)
def test_sizes(text: bytes, code: ErrorCodes | None) -> None:
    """A frame or header block that is too large is refused by its head."""
    assert code_of(text) == code
    assert MAX_BLOCK_BYTES == 4 * 16_384


def test_what_has_begun() -> None:
    """A meter tells since when a frame, or a header block, is not whole."""
    clock = Clock()
    meter = FrameMeter(clock)
    for text, moved in (
        (b"", False),
        (MAGIC[:3], True),
        (MAGIC[3:], False),
        (PINGED[:1], True),
        (PINGED[1:10], True),
        (PINGED[10:], False),
        (frame(HEADERS), True),
        (frame(CONTINUATION)[:4], True),
        (frame(CONTINUATION)[4:], True),
        (frame(CONTINUATION, END_HEADERS)[:-1], True),
        (frame(CONTINUATION, END_HEADERS)[-1:], False),
        (PINGED + PINGED[:4], True),
    ):
        before = meter.begun_s
        clock.now_s += 1
        meter.feed(text)
        assert meter.begun_s == ((before or clock.now_s) if moved else None)


def test_new_frame_in_the_piece_that_ends_another() -> None:
    """A frame that begins in the piece in which the one before it ends has its own time."""
    clock = Clock()
    meter = fed(PINGED[:4], clock=clock)
    clock.now_s += 1
    meter.feed(PINGED[4:] + PINGED[:4])
    assert meter.begun_s == clock.now_s


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_any_bytes_in_any_pieces(text: bytes, cuts: list[int]) -> None:
    """Whatever comes is counted the same in one piece or many, and nothing else is raised."""
    places = [0, *sorted(place % (len(text) + 1) for place in cuts), len(text)]

    def end(pieces: list[bytes]) -> tuple[ErrorCodes | None, bool]:
        meter = fed()
        try:
            for piece in pieces:
                meter.feed(piece)
        except FloodError as flood:
            return flood.code, False
        return None, meter.begun_s is None

    assert end([text]) == end([text[a:b] for a, b in pairwise(places)])
