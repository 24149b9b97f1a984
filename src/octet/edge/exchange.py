"""One request and its reply, whoever parsed the one and writes the other."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl

from attrs import Factory, evolve, field, frozen

from octet.edge.connection_observer import ConnectionObserver, Unobserved
from octet.schema import PROBLEM_TYPE, Problem, encode
from octet.schema.json_text import dumps
from octet.serving import request_id
from octet.serving.trace_context import TRACEPARENT, TraceContext

MAX_LENGTH_DIGITS: Final = 18
"""Of a number longer than this the first digits are too many already."""


@frozen(slots=False)
class Request:
    """A request's head, and the connection that it came on."""

    method: str
    path: str
    query: str
    version: str
    """``1.0``, ``1.1`` or ``2``."""
    headers: tuple[tuple[bytes, bytes], ...]
    """As received, in order."""
    connection: ConnectionObserver | Unobserved
    fields: Mapping[bytes, bytes] = Factory(
        lambda self: {name.lower(): value for name, value in reversed(self.headers)},
        takes_self=True,
    )
    """The headers by their names in lower case, of several with one name the first."""
    content_length: int = field(
        default=Factory(lambda self: _length(self.header("content-length")), takes_self=True)
    )
    """How long the body says that it is, bytes; 0 when it does not say."""
    id: str = field(
        init=False,
        default=Factory(lambda self: request_id(self.header("x-request-id")), takes_self=True),
    )
    """What this request is called in replies and logs."""

    def header(self, name: str) -> str | None:
        """Return the first value of the header *name* (lower case)."""
        value = self.fields.get(name.encode())
        return None if value is None else value.decode("latin-1")

    @property
    def trace(self) -> TraceContext | None:
        """The trace that it belongs to, if its sender has begun one."""
        traceparent = TRACEPARENT.encode()
        if traceparent not in self.fields:
            return None
        named = (value for name, value in self.headers if name.lower() == traceparent)
        return TraceContext.read([value.decode("latin-1") for value in named])

    @property
    def has_body(self) -> bool:
        """Whether a body follows the head, over HTTP/1.1."""
        return self.content_length > 0 or self.header("transfer-encoding") is not None

    @cached_property
    def arguments(self) -> Mapping[str, str]:
        """The query's members; of several with one name the first."""
        return dict(reversed(parse_qsl(self.query, keep_blank_values=True)))


def _length(text: str | None) -> int:
    """Read a length; its parser has seen that it is a number."""
    given = text or ""
    return int(given[:MAX_LENGTH_DIGITS]) if given.isascii() and given.isdigit() else 0


@frozen(slots=False)  # which is quicker to make
class Reply:
    """What goes back."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    code: str = "ok"
    """Of the problem that it carries, for counting."""
    headers: Mapping[str, str] = field(factory=dict)
    """All but ``x-request-id``, which is the request's own, and what frames the body."""

    def marked(self, headers: Mapping[str, str]) -> "Reply":
        """Return this reply with more *headers*."""
        return evolve(self, headers={**self.headers, **headers})


def json_reply(members: Mapping[str, Any], status: int = 200) -> Reply:
    """Make a reply that nobody may keep."""
    return Reply(status, dumps(members), headers={"cache-control": "no-store"})


def problem_reply(problem: Problem, headers: Mapping[str, str] | None = None) -> Reply:
    """Make the reply that carries *problem*."""
    return Reply(
        problem.status,
        encode(problem),
        PROBLEM_TYPE,
        problem.code,
        {"cache-control": "no-store", **(headers or {})},
    )
