"""One request and its reply, whoever parsed the one and writes the other."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from http import HTTPStatus
from http.client import responses
from typing import Any, Final
from urllib.parse import parse_qsl

from attrs import Factory, define, evolve, field, frozen

from octet.edge.connection_observer import ConnectionObserver, Unobserved
from octet.schema import PROBLEM_TYPE, Problem, encode
from octet.schema.json_text import dumps
from octet.serving import request_id
from octet.serving.trace_context import TRACEPARENT, TraceContext

MAX_LENGTH_DIGITS: Final = 18
"""Of a number longer than this the first digits are too many already."""
_BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_LENGTH: Final = b"content-length"
_TRACEPARENT: Final = TRACEPARENT.encode()


@define(eq=False)
class Known:
    """What was found out by a request's head, for requests that repeat it but for its length."""

    length_at: int | None
    """Which of the headers says how long the body is."""
    posts: bool = False
    """Whether it is the post of a report that may be taken, by all but its length."""
    told: tuple[bytes, ...] = ()
    """Its headers as JSON, cut in two where the length's digits stand, if that is told; empty where
    it was not told yet."""

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]]) -> "Known":
        """Begin with *headers*."""
        places = (at for at, (name, _) in enumerate(headers) if name.lower() == _LENGTH)
        return cls(next(places, None))


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
    known: Known = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: Known.of(self.headers), takes_self=True),
    )
    """Shared with the requests that repeat this one."""
    id: str = field(
        init=False,
        default=Factory(lambda self: request_id(self.header("x-request-id")), takes_self=True),
    )
    """What this request is called in replies and logs."""

    def again(self, digits: bytes) -> "Request":
        """Return the request whose head is the same, but for the *digits* of its length."""
        at = self.known.length_at
        assert at is not None  # noqa: S101 - a head without a length has no other digits
        headers = self.headers
        again = Request.__new__(Request)  # which takes a third of the time of a call
        vars(again).update(
            vars(self),
            headers=(*headers[:at], (headers[at][0], digits), *headers[at + 1 :]),
            content_length=int(digits),
            id=request_id(self.header("x-request-id")),
        )
        return again

    def header(self, name: str) -> str | None:
        """Return the first value of the header *name* (lower case)."""
        value = self.fields.get(name.encode())
        return None if value is None else value.decode("latin-1")

    @property
    def trace(self) -> TraceContext | None:
        """The trace that it belongs to, if its sender has begun one."""
        if _TRACEPARENT not in self.fields:
            return None
        named = (value for name, value in self.headers if name.lower() == _TRACEPARENT)
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

    @cached_property
    def beginning(self) -> bytes:
        """How HTTP/1.1 writes it (RFC 9112), up to what differs from one request to the next."""
        lines = [f"HTTP/1.1 {self.status} {responses.get(self.status, '')}"]
        if self.has_length:
            length = len(self.body)
            lines += [f"content-type: {self.content_type}", f"content-length: {length}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, ""]).encode("latin-1")

    @property
    def has_length(self) -> bool:
        """Whether its status lets it have a body."""
        return self.status not in _BODILESS

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
