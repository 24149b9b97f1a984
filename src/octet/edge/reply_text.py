"""A reply as HTTP/1.1 writes it (RFC 9112)."""

from functools import lru_cache
from http import HTTPStatus
from http.client import responses
from typing import Final

from octet.edge.clock import HttpDate
from octet.edge.exchange import Reply, Request

_BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def write_reply(request: Request, reply: Reply, *, date: HttpDate, keep: bool) -> bytes:
    """Write the *reply* to *request*.

    Args:
        request: whose method may not let it have a body.
        reply: in any protocol's terms.
        date: of now.
        keep: whether the connection goes on after it.
    """
    length = None if reply.status in _BODILESS else len(reply.body)
    begin = _begin(reply.status, reply.content_type, length, *reply.headers.items())
    option = "" if keep else "connection: close\r\n"
    each = f"x-request-id: {request.id}\r\ndate: {date}\r\n{option}\r\n"
    has_body = length is not None and request.method != "HEAD"
    return b"".join((begin, each.encode(), reply.body if has_body else b""))


@lru_cache(maxsize=64)
def _begin(status: int, content_type: str, length: int | None, *headers: tuple[str, str]) -> bytes:
    """Write what comes first, which is the same of nearly all replies."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, '')}"]
    if length is not None:
        lines += [f"content-type: {content_type}", f"content-length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, ""]).encode("latin-1")
