"""What the fake service answers: decisions only, for whatever carries requests and replies."""

import itertools
import re
import threading
from collections import deque
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

from attrs import define, evolve, field, frozen

from octet import __version__
from octet.client.testing._book import Book
from octet.client.testing._faults import Fault, Garble, HangUp, Refuse, Stall
from octet.client.testing._fixture_refs import read_fixture
from octet.client.testing._signer import Signer
from octet.schema import CODES, PROBLEM_TYPE, SchemaError, encode, problem, structure
from octet.schema.verdict import Pending, Verdict

MAX_WAIT_MS: Final = 10_000
MAX_WAIT_DIGITS: Final = 18
MAX_REQUESTS: Final = 10_000
"""Remembered of one fake; the oldest go first."""
TEST_PREFIX: Final = "octet_test_"


@frozen
class Request:
    """What came."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    """Names in lower case; the partner key is among them, and in no repr."""

    @property
    def ref(self) -> str | None:
        """The reference whose verdict was asked for."""
        found = re.fullmatch(r"/v1/verdict/([^/]+)", self.path)
        return found[1] if found else None

    @property
    def wait_ms(self) -> int | None:
        """How long the request may be held, as it said."""
        text = parse_qs(self.query).get("waitMs", [""])[0]
        return int(text) if text.isascii() and text.isdigit() else None


@frozen
class Response:
    """What goes back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class Hold:
    """Wait for so long, or until the book changes; answered with None."""

    seconds: float
    version: int | None = None
    """Of the book, when the decision to wait was taken; None to wait the whole time."""


Answering: TypeAlias = Generator[Hold, None, Response | HangUp]
_Held: TypeAlias = Generator[Hold, None, Response]


@frozen
class _ProblemError(Exception):
    code: str
    detail: str = ""
    headers: Mapping[str, str] = field(factory=dict)


@define
class Replying:
    """Answers requests as the service does, apart from what was planned to go wrong."""

    book: Book
    signer: Signer | None
    partner: str
    keys: tuple[str, ...]
    """The partner keys that open it."""
    requests: deque[Request] = field(factory=lambda: deque(maxlen=MAX_REQUESTS))
    _faults: deque[Fault] = field(factory=deque)
    _standing: Fault | None = None
    """For every request, once the others are used up."""
    _lock: threading.Lock = field(factory=threading.Lock)
    _numbers: Any = field(factory=lambda: itertools.count(1))

    def plan(self, fault: Fault, times: int | None) -> None:
        """Let the next requests meet *fault*; all of them from then on when *times* is None."""
        with self._lock:
            if times is None:
                self._standing = fault
            else:
                self._faults.extend([fault] * times)

    def recover(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._faults.clear()
            self._standing = None

    def answer(self, request: Request) -> Answering:
        """Decide on one request."""
        with self._lock:
            self.requests.append(request)
            fault = self._faults.popleft() if self._faults else self._standing
        marks = {"x-request-id": _request_id(request, next(self._numbers))}
        if isinstance(fault, Stall):
            yield Hold(fault.seconds)
        if isinstance(fault, HangUp):
            return fault
        if isinstance(fault, Garble):
            marks["content-type"] = fault.content_type
            return Response(fault.status, fault.body, marks)
        try:
            if isinstance(fault, Refuse):
                raise _refusal(fault)
            response = yield from self._route(request)
        except _ProblemError as exc:
            response = _problem_response(exc, marks["x-request-id"])
        return evolve(response, headers={**response.headers, **marks})

    def _route(self, request: Request) -> _Held:
        routes = {"/v1/keys": self._keys, "/health": _health, "/ready": _ready}
        route = routes.get(request.path)
        if route is None and request.ref is None:
            raise _ProblemError("not_found")
        if request.method not in ("GET", "HEAD"):
            raise _ProblemError("method_not_allowed", headers={"allow": "GET, HEAD, OPTIONS"})
        return (yield from self._verdict(request)) if route is None else route()

    def _verdict(self, request: Request) -> _Held:
        key = request.headers.get("x-octet-partner-key", "")
        self._admit(key)
        try:
            ref = structure(Pending, {"ref": request.ref}).ref
        except SchemaError as exc:
            raise _ProblemError(exc.code, str(exc)) from exc
        wait_s = _wait_ms(request.query) / 1000
        test = key.startswith(TEST_PREFIX)
        if test:
            self._open_fixture(ref)
        deadline = self.book.now() + wait_s
        while True:
            version = self.book.version
            verdict = self.book.look(ref)
            if verdict is not None:
                return _json(encode(self._signed(verdict, ref, live=not test)))
            left_s = deadline - self.book.now()
            if left_s <= 0:
                return _json(encode({"status": "pending", "ref": ref}), HTTPStatus.NOT_FOUND)
            yield Hold(min(left_s, self.book.due_s(ref)), version)

    def _admit(self, key: str) -> None:
        if not key:
            raise _ProblemError("partner_key_missing")
        if key not in self.keys:
            raise _ProblemError("partner_key_invalid")

    def _open_fixture(self, ref: str) -> None:
        given = read_fixture(ref)
        if isinstance(given, str):
            raise _ProblemError(given, headers={"retry-after": "1"})
        if given is not None:
            self.book.write_first(ref, given.verdict, given.after_s)

    def _signed(self, verdict: Verdict, ref: str, *, live: bool) -> Verdict:
        if self.signer is None or verdict.token is not None:
            return verdict
        token = self.signer.sign(
            verdict, ref=ref, partner=self.partner, live=live, issued_at=datetime.now(UTC)
        )
        return evolve(verdict, token=token)

    def _keys(self) -> Response:
        keys = []
        if self.signer is not None:
            keys = [{"kid": self.signer.kid, "paserk": self.signer.paserk, "state": "active"}]
        response = _json(encode({"keys": keys}))
        headers = {**response.headers, "cache-control": "public, max-age=60"}
        return evolve(response, headers=headers)


def _health() -> Response:
    return _json(encode({"ok": True, "version": __version__}))


def _ready() -> Response:
    return _json(encode({"ok": True, "reasons": []}))


def _json(body: bytes, status: int = HTTPStatus.OK) -> Response:
    return Response(status, body, {"content-type": "application/json", "cache-control": "no-store"})


def _refusal(fault: Refuse) -> _ProblemError:
    after = fault.retry_after_s
    return _ProblemError(fault.code, headers={} if after is None else {"retry-after": str(after)})


def _problem_response(error: _ProblemError, request_id: str) -> Response:
    status, _ = CODES[error.code]
    body = encode(problem(error.code, error.detail, request_id=request_id))
    headers = {"content-type": PROBLEM_TYPE, "cache-control": "no-store", **error.headers}
    return Response(status, body, headers)


def _wait_ms(query: str) -> int:
    values = parse_qs(query, keep_blank_values=True).get("waitMs")
    if values is None:
        return 0
    text = values[0]
    if not (text.isascii() and text.isdigit()):
        raise _ProblemError("malformed", "waitMs: must be an integer from 0 to 10000")
    return min(int(text), MAX_WAIT_MS) if len(text) <= MAX_WAIT_DIGITS else MAX_WAIT_MS


def _request_id(request: Request, number: int) -> str:
    given = request.headers.get("x-request-id", "")
    return given if re.fullmatch(r"[A-Za-z0-9_-]{8,64}", given) else f"fake-{number:08}"
