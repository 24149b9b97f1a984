"""Problem details (RFC 9457): the one shape of every error body, and the list of all codes."""

from collections.abc import Mapping
from typing import Annotated, Final

from attrs import frozen

from octet.schema.constraints import Range

PROBLEM_TYPE: Final = "application/problem+json"

CODES: Final[Mapping[str, tuple[int, str]]] = {
    "not_found": (404, "There is nothing here"),
    "method_not_allowed": (405, "This method is not allowed here"),
    "upgrade_required": (426, "This is a WebSocket"),
    "internal": (500, "The server failed"),
    "malformed": (400, "The request is not what the contract says"),
    "missing_fields": (400, "A required member is missing"),
    "unsupported_media_type": (415, "The content type must be application/json"),
    "too_large": (413, "The body is too large"),
    "origin_not_allowed": (403, "This origin is not allowed"),
    "license_missing": (401, "A licence is required"),
    "license_invalid": (401, "The licence is not valid"),
    "license_expired": (401, "The licence has expired"),
    "license_not_yet_valid": (401, "The licence is not valid yet"),
    "license_wrong_product": (401, "The licence is for another product"),
    "license_revoked": (403, "The licence was revoked"),
    "client_cert_required": (401, "The licence demands a client certificate"),
    "edge_signature_required": (401, "The licence demands signed requests"),
    "edge_signature_invalid": (401, "The request's signature is not valid"),
    "edge_key_unknown": (401, "The licence does not name this signing key"),
    "partner_key_missing": (401, "A partner key is required"),
    "partner_key_invalid": (401, "The partner key is not valid"),
    "partner_key_revoked": (403, "The partner key was revoked"),
    "rate_limited": (429, "Too many requests"),
    "overloaded": (503, "Too busy, try again"),
    "upstream_rejected": (502, "The service refused"),
    "upstream_unavailable": (503, "The service cannot be reached"),
    "upstream_timeout": (504, "The service did not answer in time"),
}
"""Code to status and title."""


@frozen(kw_only=True)
class Problem:
    """One error as the wire carries it."""

    type: str
    """``urn:octet:problem:`` and the code."""
    title: str
    status: Annotated[int, Range(100, 599)]
    """As RFC 9110, section 15, bounds it."""
    detail: str
    """What went wrong this time; for the upstream's refusals, its own code."""
    code: str
    request_id: str
    """Also in the ``x-request-id`` header and in the logs."""


def problem(code: str, detail: str = "", *, request_id: str) -> Problem:
    """Make the problem of *code*; its status and title come from `CODES`."""
    status, title = CODES[code]
    return Problem(
        type=f"urn:octet:problem:{code}",
        title=title,
        status=status,
        detail=detail or title,
        code=code,
        request_id=request_id,
    )
