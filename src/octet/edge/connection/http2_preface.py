"""What a client's HTTP/2 connection opens with, read beside the server that serves it.

The tap sees the plaintext from its first byte until the first request's header block is whole,
and then nothing more. Of that block only names leave it: the values are the request's own
business, and the block itself would carry a customer's cookies.
"""

from collections.abc import Generator, Iterable
from typing import Final

import hpack
from attrs import define, field

from octet.schema import AbsenceReason, Http2

MAX_PREFACE_BYTES: Final = 65536
"""From the connection's first byte to the end of the first header block; browsers take 0.6 KiB."""
MAX_ITEMS: Final = 64
"""Of settings, and of PRIORITY frames; browsers send up to 8."""
_MAX_HEADER_LIST_BYTES: Final = 65536

_MAGIC: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEADER: Final = 9
_MAX_FRAME_BYTES: Final = 1 << 14
_DATA, _HEADERS, _PRIORITY, _RST_STREAM, _SETTINGS, _PUSH_PROMISE = range(6)
_WINDOW_UPDATE, _CONTINUATION = 8, 9
_OUT_OF_PLACE: Final = {_DATA, _RST_STREAM, _PUSH_PROMISE, _CONTINUATION}
"""Before the first HEADERS no client may send these."""
_ACK, _END_HEADERS, _PADDED, _PRIORITISED = 0x1, 0x4, 0x8, 0x20
_31_BITS: Final = 0x7FFFFFFF
_SETTING_BYTES, _INCREMENT_BYTES, _PRIORITY_BYTES = 6, 4, 5
_PSEUDO: Final = {b":method", b":scheme", b":authority", b":path", b":protocol"}

_Frame = tuple[int, int, int, bytes]
"""Type, flags, stream and payload."""


class _MalformedError(Exception):
    """The client broke RFC 9113, or a bound of this file."""


@define
class _Opening:
    """What was gathered so far."""

    settings: list[tuple[int, int]] = field(factory=list)
    window_update: int = 0
    priority: list[tuple[int, int, int, int]] = field(factory=list)

    def take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        """Note a frame that stands before the first HEADERS."""
        if kind in _OUT_OF_PLACE:
            raise _MalformedError
        if kind == _SETTINGS:
            _require(stream == 0 and len(payload) % _SETTING_BYTES == 0)
            _require(not (flags & _ACK and payload))
            self.settings += ((_int(p[:2]), _int(p[2:])) for p in _chunks(payload))
        elif kind == _WINDOW_UPDATE:
            increment = _int(payload) & _31_BITS
            _require(stream == 0 and len(payload) == _INCREMENT_BYTES and increment > 0)
            self.window_update = self.window_update or increment
        elif kind == _PRIORITY:
            _require(stream > 0 and len(payload) == _PRIORITY_BYTES)
            depends_on, weight = _int(payload[:4]), payload[4] + 1
            self.priority.append((stream, depends_on >> 31, depends_on & _31_BITS, weight))
        _require(max(len(self.settings), len(self.priority)) <= MAX_ITEMS)


class Http2Preface:
    """A tap on one connection; feed it what the client sent, in pieces of any size."""

    def __init__(self) -> None:
        self.result: Http2 | AbsenceReason | None = None
        """None until the first request's header block is whole; then what the connection opened
        with, or ``error`` where that was malformed or went on for too long."""
        self.header_names: tuple[str, ...] = ()
        """Of the first request, in order, without the pseudo-headers."""
        self._buffer = bytearray()
        self._taken = 0
        self._reader = _read_opening()
        self._needed = next(self._reader)

    def feed(self, data: bytes) -> None:
        """Take the next plaintext *data* of the client; never raises on what it says."""
        if self.result is not None:
            return
        self._buffer += data
        try:
            while len(self._buffer) >= self._needed:
                self._advance()
        except StopIteration as end:
            self._finish(*end.value)
        except _MalformedError:
            self._end(AbsenceReason.ERROR)

    def _advance(self) -> None:
        """Give the reader what it waits for."""
        piece = bytes(self._buffer[: self._needed])
        del self._buffer[: self._needed]
        self._taken += self._needed
        self._needed = self._reader.send(piece)
        _require(self._taken + self._needed <= MAX_PREFACE_BYTES)

    def _finish(self, opening: _Opening, block: bytes) -> None:
        try:
            names = _names_of(block)
        except hpack.HPACKError:
            self._end(AbsenceReason.ERROR)
            return
        pseudo = [name for name in names if name.startswith(b":")]
        if not set(pseudo) <= _PSEUDO or len(set(pseudo)) < len(pseudo):
            self._end(AbsenceReason.ERROR)
            return
        self.header_names = tuple(n.decode("latin-1") for n in names if not n.startswith(b":"))
        self._end(
            Http2(
                settings=tuple(opening.settings),
                window_update=opening.window_update,
                priority=tuple(opening.priority),
                pseudo=tuple(name[1:2].decode() for name in pseudo),
            )
        )

    def _end(self, result: Http2 | AbsenceReason) -> None:
        self.result = result
        self._buffer.clear()


def _read_opening() -> Generator[int, bytes, tuple[_Opening, bytes]]:
    """Yield how many bytes are wanted next; return what stood before the first header block.

    Source: RFC 9113, 3.4, 4.1 and 6.
    """
    _require((yield len(_MAGIC)) == _MAGIC)
    opening = _Opening()
    kind, flags, stream, payload = yield from _read_frame()
    _require(kind == _SETTINGS and not flags & _ACK)
    while kind != _HEADERS:
        opening.take(kind, flags, stream, payload)
        kind, flags, stream, payload = yield from _read_frame()
    _require(stream > 0)
    block, first = _fragment(flags, payload), stream
    while not flags & _END_HEADERS:
        kind, flags, stream, payload = yield from _read_frame()
        _require(kind == _CONTINUATION and stream == first)
        block += payload
    return opening, block


def _read_frame() -> Generator[int, bytes, _Frame]:
    header = yield _FRAME_HEADER
    length = _int(header[:3])
    _require(length <= _MAX_FRAME_BYTES)
    payload = (yield length) if length else b""
    return header[3], header[4], _int(header[5:]) & _31_BITS, payload


def _fragment(flags: int, payload: bytes) -> bytes:
    """Return what a HEADERS frame holds of its block, without padding and priority."""
    padding = 0
    if flags & _PADDED:
        _require(bool(payload))
        padding, payload = payload[0], payload[1:]
    if flags & _PRIORITISED:
        _require(len(payload) >= _PRIORITY_BYTES)
        payload = payload[_PRIORITY_BYTES:]
    _require(padding <= len(payload))
    return payload[: len(payload) - padding]


def _names_of(block: bytes) -> list[bytes]:
    decoder = hpack.Decoder(max_header_list_size=_MAX_HEADER_LIST_BYTES)
    return [bytes(name) for name, _ in decoder.decode(block, raw=True)]


def _chunks(settings: bytes) -> Iterable[bytes]:
    starts = range(0, len(settings), _SETTING_BYTES)
    return (settings[at : at + _SETTING_BYTES] for at in starts)


def _int(data: bytes) -> int:
    return int.from_bytes(data)


def _require(condition: bool) -> None:  # noqa: FBT001 - reads like assert, and stays under -O
    if not condition:
        raise _MalformedError
