"""From an HTTP reply to what the caller gets: pure, so that every case stands in a table."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from octet.client._errors import (
    CredentialError,
    InvalidRequestError,
    OctetError,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
)
from octet.schema import SchemaError, decode
from octet.schema.verdict import Pending, Verdict

_ERRORS: Final[Mapping[int, type[OctetError]]] = {
    HTTPStatus.BAD_REQUEST: InvalidRequestError,
    HTTPStatus.UNAUTHORIZED: CredentialError,
    HTTPStatus.FORBIDDEN: CredentialError,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedError,
}
"""Status to error; any 5xx is a `ServiceUnavailableError`, all else a `ProtocolError`."""

_MAX_TEXT = 200
"""Characters of a problem's text that go into an error."""


def read_reply(status: int, headers: Mapping[str, str], body: bytes) -> Verdict | Pending:
    """Return what the service says of a reference.

    Members that this version does not know are ignored.

    Args:
        status: of the reply.
        headers: of the reply; names in lower case, or a mapping that does not mind.
        body: of the reply, in no content encoding.

    Raises:
        OctetError: the reply is no answer; its class follows from *status* alone, because a
            gateway on the way may answer in the service's place.
    """
    try:
        if status == HTTPStatus.OK:
            return decode(Verdict, body)
        if status == HTTPStatus.NOT_FOUND and _members(body).get("status") == "pending":
            return decode(Pending, body)
    except SchemaError as exc:
        raise ProtocolError(
            f"the reply is no answer: {exc}", status=status, request_id=headers.get("x-request-id")
        ) from exc
    raise _refusal(status, headers, _members(body))


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


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else None
