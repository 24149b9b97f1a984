"""What an HTTP/2 client may send without end, and the error that ends its connection."""

from collections.abc import Iterator
from itertools import count

import hpack
from h2.errors import ErrorCodes

from tests.serving.http2_peer import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PADDED,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    begun_post,
    block,
    frame,
    request,
)

CALM = ErrorCodes.ENHANCE_YOUR_CALM


def rapid_reset() -> Iterator[bytes]:
    """CVE-2023-44487: requests that are taken back at once."""
    for stream in count(1, 2):
        yield request(stream) + frame(RST_STREAM, 0, stream, (8).to_bytes(4))


def made_you_reset() -> Iterator[bytes]:
    """CVE-2025-8671: requests that the edge is made to take back."""
    for stream in count(1, 2):
        yield request(stream) + frame(DATA, 0, stream, b"x" * 300)


def empty_data() -> Iterator[bytes]:
    """CVE-2019-9518: a body without bytes."""
    yield begun_post(1)
    while True:
        yield frame(DATA, 0, 1)


def padded_data() -> Iterator[bytes]:
    """A body of padding."""
    yield begun_post(1)
    while True:
        yield frame(DATA, PADDED, 1, bytes([255]) + bytes(255))


def single_bytes() -> Iterator[bytes]:
    """A body in frames of a byte."""
    yield begun_post(1)
    while True:
        yield frame(DATA, 0, 1, b" ")


def continuation() -> Iterator[bytes]:
    """CVE-2024-27316: a header block that goes on."""
    yield frame(HEADERS, 0, 1, block())
    while True:
        yield frame(CONTINUATION, 0, 1, b"")


def large_continuation() -> Iterator[bytes]:
    """A header block that goes on in large frames."""
    yield frame(HEADERS, 0, 1, block())
    while True:
        yield frame(CONTINUATION, 0, 1, b"x" * 16_000)


def too_many_streams() -> Iterator[bytes]:
    """Posts whose bodies never come."""
    for stream in count(1, 2):
        yield begun_post(stream)


def hpack_bomb() -> Iterator[bytes]:
    """CVE-2016-6581: one large field, told thousands of times by a byte each."""
    large = bytes(hpack.Encoder().encode([("x-bomb", "x" * 3900)], huffman=False))
    bomb = block() + large + b"\xbe" * 10_000  # the newest entry of the dynamic table
    yield frame(HEADERS, END_HEADERS | END_STREAM, 1, bomb)
    while True:
        yield frame(PING, 0, 0, bytes(8))


def repeated(*kind_flags_stream_payload: object) -> Iterator[bytes]:
    flood = frame(*kind_flags_stream_payload)  # type: ignore[arg-type]
    while True:
        yield flood


FLOODS = {
    "rapid reset": (rapid_reset, CALM),
    "made you reset": (made_you_reset, None),
    "ping": (lambda: repeated(PING, 0, 0, bytes(8)), CALM),
    "ping ack": (lambda: repeated(PING, ACK, 0, bytes(8)), CALM),
    "settings": (lambda: repeated(SETTINGS), CALM),
    "large settings": (lambda: repeated(SETTINGS, 0, 0, bytes([0, 1, 0, 0, 0, 0]) * 2000), CALM),
    "settings ack": (lambda: repeated(SETTINGS, ACK), CALM),
    "priority": (lambda: repeated(PRIORITY, 0, 7, bytes([0, 0, 0, 0, 9])), CALM),
    "window update": (lambda: repeated(WINDOW_UPDATE, 0, 0, (1).to_bytes(4)), CALM),
    "unknown": (lambda: repeated(0xFA, 0, 0, b"grease"), CALM),
    "reset of nothing": (lambda: repeated(RST_STREAM, 0, 1, bytes(4)), None),
    "push": (lambda: repeated(PUSH_PROMISE, END_HEADERS, 1, bytes(4) + block()), None),
    "empty data": (empty_data, CALM),
    "padded data": (padded_data, CALM),
    "single bytes": (single_bytes, CALM),
    "continuation": (continuation, CALM),
    "large continuation": (large_continuation, CALM),
    "too many streams": (too_many_streams, None),
    "hpack bomb": (hpack_bomb, CALM),
    "huge frame": (lambda: repeated(DATA, 0, 1, b"x" * 16_385), ErrorCodes.FRAME_SIZE_ERROR),
}
