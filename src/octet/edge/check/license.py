"""Whether the service takes this edge's licence, read out of its answer to a batch of nothing.

The service judges the licence, the signature and the certificate before it looks at the body. So
``malformed`` means that all of them were taken, and no session was judged to learn it.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from octet.edge.check.finding import Finding, fail, ok, unknown, warn
from octet.edge.outcome import problem_code
from octet.schema.json_text import loads

NAME: Final = "license"
RENEW_DAYS: Final = 14
"""A licence that ends sooner should be renewed now."""

_DAY_MS: Final = 24 * 60 * 60 * 1000
_SIGNATURE_BYTES: Final = 64
_ASK = "ask the service's operator for a new one"
_SEND_PUBLIC = (
    "send the operator this edge's public key (start-up logs it), for a licence that names it"
)

_REMEDIES: Final[Mapping[str, tuple[str, str]]] = {
    "license_missing": ("it wants a licence, and none is set", "set LICENSE"),
    "license_invalid": (
        "it does not know the licence",
        "copy LICENSE whole, and set OCTET_URL to the service that it is for",
    ),
    "license_expired": ("the licence has expired", _ASK),
    "license_not_yet_valid": (
        "the licence is not valid yet",
        "wait until it is, or have the operator look at the service's clock",
    ),
    "license_wrong_product": ("the licence is for another product", _ASK),
    "license_revoked": ("the licence was revoked", _ASK),
    "client_cert_required": (
        "the licence demands a client certificate",
        "set EDGE_CLIENT_CERT_FILE and EDGE_CLIENT_KEY_FILE to the pair that the licence names",
    ),
    "edge_signature_required": (
        "the licence demands signed forwards",
        "set EDGE_SIGNING_KEY to the key whose public half the licence names",
    ),
    "edge_signature_invalid": (
        "it does not take the signature",
        "mend the clock if it is wrong; else let no proxy on the way change path, Host or body",
    ),
    "edge_key_unknown": ("the licence does not name this edge's signing key", _SEND_PUBLIC),
}
"""Code to what it means and what to do."""


def judge_license(status: int, body: bytes, license_token: str | None, now_ms: int) -> Finding:
    """Judge the service's answer to an empty batch.

    Args:
        status: of the answer.
        body: of the answer.
        license_token: what the batch came with.
        now_ms: this machine's clock, milliseconds since the Unix epoch.
    """
    code = problem_code(body)
    match status, code:
        case (200, _) | (400, "malformed"):
            return _accepted(license_token, now_ms)
        case (401 | 403, _) if code in _REMEDIES:
            meaning, remedy = _REMEDIES[code]
            return fail(NAME, f"the service refuses this edge: {meaning} ({code})", remedy)
        case (401 | 403, _):
            return fail(NAME, f"status {status}, {_named(code)}", _LOOK)
        case (429, _):
            return unknown(NAME, "the service has enough requests of this licence (429)", "wait")
        case _ if status >= 500:  # noqa: PLR2004 - the class of server errors
            text = f"the service cannot take reports now: status {status}, {_named(code)}"
            return fail(NAME, text, "ask its operator; pages are told 503 meanwhile")
        case _:
            return fail(NAME, f"status {status}, {_named(code)}, is no answer of Octet's", _LOOK)


_LOOK = "OCTET_URL must be the service's own base URL, and no proxy may answer in its place"


def _named(code: str) -> str:
    return f"code {code}" if code else "no code"


def _accepted(license_token: str | None, now_ms: int) -> Finding:
    if license_token is None:
        return warn(NAME, "accepted without a licence, as by a developer's service", "set LICENSE")
    text = "accepted"
    if license_token.startswith("octet_test_"):
        text = "accepted; it is a test licence: only test partner keys read its verdicts"
    until = _until(license_token)
    if until is None:
        return ok(NAME, text)
    days = (round(until.timestamp() * 1000) - now_ms) // _DAY_MS
    text = f"{text}; it ends on {until:%Y-%m-%d}"
    return warn(NAME, text, _ASK) if days < RENEW_DAYS else ok(NAME, text)


def _until(license_token: str) -> datetime | None:
    """Return when a licence ends that the service has verified; None where it does not say so.

    A PASETO of purpose ``public`` is readable: ``version.public.`` and the base64url of the claims
    with the signature after them, and perhaps a footer.
    """
    try:
        sealed = license_token.split(".")[2]
        raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        claims: Any = loads(raw[:-_SIGNATURE_BYTES])
        until = datetime.fromisoformat(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    return until if until.tzinfo else until.replace(tzinfo=UTC)
