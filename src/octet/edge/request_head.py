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

    def with_length(self, at: int, digits: bytes) -> "RequestHead":
        """Return this head with other *digits* in its header number *at*, the content's length."""
        headers = self.headers
        changed = (headers[at][0], digits)
        return RequestHead(
            self.method,
            self.path,
            self.query,
            (*headers[:at], changed, *headers[at + 1 :]),
            self.fields,
            int(digits),
            self.keep_alive,
            self.upgrade,
        )


def is_left(begun: bytearray) -> bool:
    """Return whether what has *begun* to arrive is left to a full parser, whatever follows."""
    return len(begun) > MAX_HEAD_BYTES or not begun.startswith((b"G", b"H", b"P", b"O"))


class HeadReader:
    """Reads the heads of one connection.

    Who keeps a connection mostly repeats its head to the byte, but for the length of the body; such
    a head is not read again.
    """

    _last: RequestHead
    _at: int
    """Which of its headers is the length."""

    def __init__(self) -> None:
        self._around: tuple[bytes, bytes] | None = None
        """What stood before and after the length's digits in the head read last."""

    def read(self, section: bytes) -> RequestHead | None:
        """Do what `read_head` does."""
        length = _LENGTH_FIELD.search(section)
        around = None if length is None else (section[: length.start(1)], section[length.end(1) :])
        if length is not None and around == self._around:
            return self._last.with_length(self._at, length[1])
        head = read_head(section)
        if head is not None and around is not None:
            names = [name.lower() for name, _ in head.headers]
            self._around, self._last, self._at = around, head, names.index(b"content-length")
        return head


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
