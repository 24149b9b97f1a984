"""A reply as HTTP/1.1 writes it (RFC 9112)."""

from octet.edge.clock import HttpDate
from octet.edge.exchange import Reply, Request


def write_reply(request: Request, reply: Reply, *, date: HttpDate, keep: bool) -> bytes:
    """Write the *reply* to *request*.

    Args:
        request: whose method may not let it have a body.
        reply: in any protocol's terms.
        date: of now.
        keep: whether the connection goes on after it.
    """
    option = "" if keep else "connection: close\r\n"
    each = f"x-request-id: {request.id}\r\ndate: {date}\r\n{option}\r\n"
    has_body = reply.has_length and request.method != "HEAD"
    return b"".join((reply.beginning, each.encode(), reply.body if has_body else b""))
