"""What the command ``octet`` says, to people and to programs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from octet.client._errors import (
    CredentialError,
    InvalidRequestError,
    OctetError,
    ProtocolError,
    TokenError,
)
from octet.client._tokens import VerifiedVerdict
from octet.schema import unstructure
from octet.schema.verdict import Pending, Verdict

NOT_PROVEN: Final = 1
USAGE: Final = 2
PENDING: Final = 3
REFUSED: Final = 4
NO_ANSWER: Final = 5
NOT_OCTET: Final = 6
INTERRUPTED: Final = 130

_STATUS: Final[Mapping[type[OctetError], int]] = {
    TokenError: NOT_PROVEN,
    CredentialError: REFUSED,
    InvalidRequestError: REFUSED,
    ProtocolError: NOT_OCTET,
}
"""Any other error is `NO_ANSWER`."""


@frozen
class Outcome:
    """How a command ended."""

    status: int
    members: Mapping[str, Any]
    """For ``--json``."""
    text: str
    """For people."""
    failed: bool = False


def read(answer: Verdict | Pending) -> Outcome:
    """Tell a verdict, or that there is none."""
    if isinstance(answer, Pending):
        members = {"status": "pending", "ref": answer.ref}
        return Outcome(PENDING, members, f"pending: there is no verdict on {answer.ref}")
    return Outcome(0, unstructure(answer), _table(_verdict(answer)))


def proven(verified: VerifiedVerdict) -> Outcome:
    """Tell what a token proves."""
    times = {
        "issuedAt": verified.issued_at.isoformat(),
        "expiresAt": verified.expires_at.isoformat(),
    }
    members = {
        "ref": verified.ref,
        "partner": verified.partner,
        "live": verified.live,
        **times,
        "verdict": unstructure(verified.verdict),
    }
    lines = [
        *_verdict(verified.verdict),
        ("reference", verified.ref),
        ("partner", verified.partner + ("" if verified.live else " (test)")),
        ("issued", times["issuedAt"]),
        ("expires", times["expiresAt"]),
    ]
    return Outcome(0, members, _table(lines))


def failure(error: OctetError) -> Outcome:
    """Tell an error."""
    members = {
        "code": error.code,
        "status": error.status,
        "requestId": error.request_id,
        "retryAfterS": error.retry_after_s,
        "message": str(error),
    }
    known = {name: value for name, value in members.items() if value is not None}
    text = f"octet: {type(error).__name__}: {error}"
    if error.request_id is not None:
        text += f", request {error.request_id}"
    return Outcome(_STATUS.get(type(error), NO_ANSWER), {"error": known}, text, failed=True)


def _verdict(verdict: Verdict) -> list[tuple[str, str]]:
    lines = [
        ("country", verdict.country or "unknown"),
        ("confidence", f"{verdict.confidence:.2f}"),
        ("alarm", str(verdict.alarm)),
    ]
    place, radius_km = verdict.estimated_location, verdict.confidence_radius_km
    if place is not None:
        around = "" if radius_km is None else f", within {radius_km:.0f} km"
        lines.append(("location", f"{place.lat:.4f}, {place.lon:.4f}{around}"))
    if verdict.device_key is not None:
        lines.append(("device", verdict.device_key))
    return lines


def _table(lines: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"{name:<12}{value}" for name, value in lines)
