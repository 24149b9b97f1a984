r"""The header section of an HTTP/1.1 request, read strictly (RFC 9112).

This reader takes plain requests only, in the one spelling that no two parsers read differently, and
leaves everything else unread to a full parser. So it decides nothing that could be smuggled: no
folded lines, no bare CR or LF, no blanks before a colon, no transfer coding, no second length.
"""

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

MAX_HEAD_BYTES: Final = 16 * 1024
END: Final = re.compile(rb"\n\r?\n")
"""What any parser takes for the end of a header section."""

_END: Final = b"\r\n\r\n"

_REQUEST_LINE: Final = re.compile(
    rb"(GET|HEAD|POST|OPTIONS) (/[!$&-;=@-Z_a-z~]*)(?:\?([!$-;=?-Z_a-z~]*))? HTTP/1\.1\r\n"
)
"""Origin form without percent encoding in the path; `!$&-;` and so on are RFC 3986's characters."""
_FIELD: Final = re.compile(
    rb"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*+((?:[\x21-\x7e\x80-\xff](?:[ \t\x21-\x7e\x80-\xff]*"
    rb"[\x21-\x7e\x80-\xff])?)?)[ \t]*\r\n",
    re.MULTILINE,
)
"""A whole line. `*+` gives nothing back: with `*`, a value of blanks only would take quadratic time
to refuse."""
_LENGTH_FIELD: Final = re.compile(rb"\r\n(?i:content-length):[ \t]*([0-9]{1,9})[ \t]*\r\n")
_LENGTH: Final = re.compile(rb"[0-9]{1,9}")
_MAX_DIGITS: Final = 9
"""Of a length."""
_FOREIGN: Final = frozenset({b"transfer-encoding", b"expect", b"trailer", b"te", b"http2-settings"})
"""Fields whose requests are left to the full parser."""


@frozen(slots=False)  # which is quicker to make
class RequestHead:
    """A request's header section."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[bytes, bytes], ...]
    """As received, in order and original case, without blanks around the value."""
    fields: Mapping[bytes, bytes]
    """Their names in lower case, of several with one name the first; without the length."""
    content_length: int
    keep_alive: bool
    upgrade: bool
    """Whether it asks for a WebSocket."""


def is_left(begun: bytes) -> bool:
    """Return whether what has *begun* to arrive is left to a full parser, whatever follows."""
    return len(begun) > MAX_HEAD_BYTES or not begun.startswith((b"G", b"H", b"P", b"O"))


class HeadReader:
    """Reads the heads of one connection.

    Who keeps a connection mostly repeats its head to the byte, but for the length of the body; such
    a head is not read again.
    """

    def __init__(self) -> None:
        self._before: bytes | None = None
        """What stood before the length's digits in the head read last."""
        self._after = b""

    def read(self, section: bytes) -> RequestHead | None:
        """Do what `read_head` does."""
        head = read_head(section)
        length = None if head is None else _LENGTH_FIELD.search(section)
        self._before = None
        if length is not None:
            self._before, self._after = section[: length.start(1)], section[length.end(1) :]
        return head

    def repeated(self, begun: bytes) -> tuple[bytes, int] | None:
        """If what has *begun* to arrive is the head read last, but for the length of its body,
        return that length's digits, and the size of the head in bytes. None: it is to be read.
        """
        if self._before is None or not begun.startswith(self._before):
            return None
        start = len(self._before)
        end = begun.find(b"\r", start, start + _MAX_DIGITS + 1)
        digits = begun[start:end]
        if end < 0 or not digits.isdigit() or not begun.startswith(self._after, end):
            return None
        return digits, end + len(self._after)


def read_head(section: bytes) -> RequestHead | None:
    """Read the header *section*, up to and with its empty line; None leaves it to a full parser."""
    line = _REQUEST_LINE.match(section)
    if line is None or not section.endswith(_END):
        return None
    headers = _FIELD.findall(section, line.end())
    if len(headers) != section.count(b"\n") - 2:  # a line of it is no field
        return None
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        lower = name.lower()
        if lower not in fields:
            fields[lower] = value
        elif lower in _SINGLE:
            return None
    return _head(line, tuple(headers), fields)


_SINGLE: Final = frozenset({b"host", b"content-length", b"connection", b"upgrade", b"content-type"})
"""Fields that, when they come twice, are left to the full parser."""


def _head(
    line: re.Match[bytes], headers: tuple[tuple[bytes, bytes], ...], fields: dict[bytes, bytes]
) -> RequestHead | None:
    options = {option.strip().lower() for option in fields.get(b"connection", b"").split(b",")}
    upgrade = fields.get(b"upgrade", b"").lower()
    sized = b"content-length" in fields
    length = fields.pop(b"content-length", b"0")
    if (
        b"host" not in fields
        or _FOREIGN & fields.keys()
        or not options <= {b"", b"close", b"keep-alive", b"upgrade"}
        or (b"upgrade" in options) != (upgrade == b"websocket")
        or (upgrade not in {b"", b"websocket"})
        or not _LENGTH.fullmatch(length)
    ):
        return None
    method = line[1].decode()
    if method != "POST" and sized:
        return None
    return RequestHead(
        method=method,
        path=line[2].decode(),
        query=(line[3] or b"").decode(),
        headers=headers,
        fields=fields,
        content_length=int(length),
        keep_alive=b"close" not in options,
        upgrade=upgrade == b"websocket",
    )
