"""From an HTTP reply to what the caller gets: pure, so that every case stands in a table."""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

from octet.client._errors import (
    CredentialError,
    InvalidRequestError,
    OctetError,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
)
from octet.client._keys import Keys, Listing
from octet.client._steps import Reply
from octet.schema import SchemaError, decode
from octet.schema.verdict import Pending, Verdict

_ERRORS: Final[Mapping[int, type[OctetError]]] = {
    HTTPStatus.BAD_REQUEST: InvalidRequestError,
    HTTPStatus.UNAUTHORIZED: CredentialError,
    HTTPStatus.FORBIDDEN: CredentialError,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedError,
}
"""Status to error; any 5xx is a `ServiceUnavailableError`, all else a `ProtocolError`."""

_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?=$|[\s,])", re.ASCII | re.IGNORECASE)

T = TypeVar("T")

_MAX_TEXT = 200
"""Characters of a problem's text that go into an error."""


def read_verdict(reply: Reply) -> Verdict | Pending:
    """Return what the service says of a reference.

    Members that this version does not know are ignored; a value that it does not know, such as a
    fifth alarm, is no answer, because nobody could say what it means for the caller's policy.

    Raises:
        OctetError: the reply is no answer; its class follows from its status alone, because a
            gateway on the way may answer in the service's place.
    """
    if reply.status == HTTPStatus.NOT_FOUND and _members(reply.body).get("status") == "pending":
        return _read(Pending, reply)
    return _read(Verdict, _accepted(reply))


def read_keys(reply: Reply) -> Keys:
    """Return the public keys that the service names.

    Raises:
        OctetError: as `read_verdict`.
    """
    listing = _read(Listing, _accepted(reply))
    return Keys.of(listing.keys, max_age_s=_max_age_s(reply.headers))


def _accepted(reply: Reply) -> Reply:
    """Return *reply* if it is a 200.

    Raises:
        OctetError: it is not.
    """
    if reply.status != HTTPStatus.OK:
        raise _refusal(reply.status, reply.headers, _members(reply.body))
    return reply


def _read(kind: type[T], reply: Reply) -> T:
    try:
        return decode(kind, reply.body)
    except SchemaError as exc:
        raise ProtocolError(
            f"the reply is no answer: {exc}",
            status=reply.status,
            request_id=reply.headers.get("x-request-id"),
        ) from exc


def _refusal(status: int, headers: Mapping[str, str], problem: Mapping[str, Any]) -> OctetError:
    """Return what fits *status*; a gateway's error page, which is no problem, gives less detail."""
    code, request_id = (_text(problem.get(name)) for name in ("code", "requestId"))
    reason = _text(problem.get("detail")) or _text(problem.get("title")) or _phrase(status)
    kind = _ERRORS.get(status, ProtocolError)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = ServiceUnavailableError
    return kind(
        f"{reason} ({' '.join(filter(None, (str(status), code)))})",
        code=code,
        status=status,
        request_id=request_id or headers.get("x-request-id"),
        retry_after_s=_retry_after_s(headers),
    )


def _members(body: bytes) -> Mapping[str, Any]:
    """Return the members of a JSON object, none when it is no such thing."""
    try:
        return decode(dict[str, Any], body)
    except SchemaError:
        return {}


def _text(value: Any) -> str | None:
    return value[:_MAX_TEXT] if isinstance(value, str) and value else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unexpected status"


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return ``Retry-After`` in seconds; a date counts from the reply's own ``Date`` (RFC 9110)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    until, now = _date(value), _date(headers.get("date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _max_age_s(headers: Mapping[str, str]) -> float | None:
    """Return for how long ``Cache-Control`` lets a reply be kept; None when it does not say."""
    directives = headers.get("cache-control", "")
    if re.search(r"\bno-(?:store|cache)\b", directives, re.IGNORECASE):
        return 0.0
    found = _MAX_AGE.search(directives)
    return float(found[1]) if found else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else None
