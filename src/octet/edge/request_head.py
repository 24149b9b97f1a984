r"""The header section of an HTTP/1.1 request, read strictly (RFC 9112).

This reader takes plain requests only, in the one spelling that no two parsers read differently, and
leaves everything else unread to a full parser. So it decides nothing that could be smuggled: no
folded lines, no bare CR or LF, no blanks before a colon, no transfer coding, no second length.
"""

import re
from typing import Final

from attrs import frozen

MAX_HEAD_BYTES: Final = 16 * 1024
END: Final = re.compile(rb"\n\r?\n")
"""What any parser takes for the end of a header section."""

_END: Final = b"\r\n\r\n"

_REQUEST_LINE: Final = re.compile(
    rb"(GET|HEAD|POST|OPTIONS) (/[!$&-;=@-Z_a-z~]*)(?:\?([!$-;=?-Z_a-z~]*))? HTTP/1\.1"
)
"""Origin form without percent encoding in the path; `!$&-;` and so on are RFC 3986's characters."""
_FIELD: Final = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*+((?:[\x21-\x7e\x80-\xff](?:[ \t\x21-\x7e\x80-\xff]*"
    rb"[\x21-\x7e\x80-\xff])?)?)[ \t]*"
)
"""`*+` gives nothing back: with `*`, a value of blanks only would take quadratic time to refuse."""
_LENGTH: Final = re.compile(rb"[0-9]{1,9}")
_FOREIGN: Final = frozenset({b"transfer-encoding", b"expect", b"trailer", b"te", b"http2-settings"})
"""Fields whose requests are left to the full parser."""


@frozen
class RequestHead:
    """A request's header section."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[bytes, bytes], ...]
    """As received, in order and original case, without blanks around the value."""
    content_length: int
    keep_alive: bool
    upgrade: bool
    """Whether it asks for a WebSocket."""


def is_left(begun: bytearray) -> bool:
    """Return whether what has *begun* to arrive is left to a full parser, whatever follows."""
    return len(begun) > MAX_HEAD_BYTES or not begun.startswith((b"G", b"H", b"P", b"O"))


def read_head(section: bytes) -> RequestHead | None:
    """Read the header *section*, up to and with its empty line; None leaves it to a full parser."""
    if not section.endswith(_END):
        return None
    first, *lines = section[: -len(_END)].split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    fields = [_FIELD.fullmatch(text) for text in lines]
    if line is None or not all(fields):
        return None
    headers = tuple((field[1], field[2]) for field in fields if field)
    named: dict[bytes, bytes] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in named and lower in _SINGLE:
            return None
        named[lower] = value
    return _head(line, headers, named)


_SINGLE: Final = frozenset({b"host", b"content-length", b"connection", b"upgrade", b"content-type"})
"""Fields that, when they come twice, are left to the full parser."""


def _head(
    line: re.Match[bytes], headers: tuple[tuple[bytes, bytes], ...], named: dict[bytes, bytes]
) -> RequestHead | None:
    options = {option.strip().lower() for option in named.get(b"connection", b"").split(b",")}
    upgrade = named.get(b"upgrade", b"").lower()
    length = named.get(b"content-length", b"0")
    if (
        b"host" not in named
        or _FOREIGN & named.keys()
        or not options <= {b"", b"close", b"keep-alive", b"upgrade"}
        or (b"upgrade" in options) != (upgrade == b"websocket")
        or (upgrade not in {b"", b"websocket"})
        or not _LENGTH.fullmatch(length)
    ):
        return None
    method = line[1].decode()
    if method != "POST" and b"content-length" in named:
        return None
    return RequestHead(
        method=method,
        path=line[2].decode(),
        query=(line[3] or b"").decode(),
        headers=headers,
        content_length=int(length),
        keep_alive=b"close" not in options,
        upgrade=upgrade == b"websocket",
    )
