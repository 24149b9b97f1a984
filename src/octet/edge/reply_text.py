"""A reply as HTTP/1.1 writes it (RFC 9112)."""

from functools import lru_cache
from http import HTTPStatus
from http.client import responses
from typing import Final

from octet.edge.clock import HttpDate
from octet.edge.exchange import Reply

_BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def write_reply(reply: Reply, *, date: HttpDate, body: bool, keep: bool) -> bytes:
    """Write *reply*.

    Args:
        reply: to any request.
        date: of now.
        body: whether the request's method lets it have one.
        keep: whether the connection goes on after it.
    """
    length = None if reply.status in _BODILESS else len(reply.body)
    begin = _begin(reply.status, reply.content_type, length, *reply.headers.items())
    option = "" if keep else "connection: close\r\n"
    each = f"x-request-id: {reply.request_id}\r\ndate: {date}\r\n{option}\r\n"
    return b"".join((begin, each.encode(), reply.body if body and length else b""))


@lru_cache(maxsize=64)
def _begin(status: int, content_type: str, length: int | None, *headers: tuple[str, str]) -> bytes:
    """Write what comes first, which is the same of nearly all replies."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, '')}"]
    if length is not None:
        lines += [f"content-type: {content_type}", f"content-length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, ""]).encode("latin-1")
