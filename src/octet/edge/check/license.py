"""Whether the service takes this edge's licence, read out of its answer to a batch of nothing.

The service judges the licence, the signature and the certificate before it looks at the body. So
``malformed`` means that all of them were taken, and no session was judged to learn it.
"""

from collections.abc import Mapping
from typing import Final

from octet.edge.check.finding import Finding, fail, ok, unknown, warn
from octet.edge.outcome import problem_code

NAME: Final = "license"
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


def judge_license(status: int, body: bytes, license_token: str | None) -> Finding:
    """Judge the service's answer to an empty batch that came with *license_token*."""
    code = problem_code(body)
    match status, code:
        case (200, _) | (400, "malformed"):
            return _accepted(license_token)
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


def _accepted(license_token: str | None) -> Finding:
    if license_token is None:
        return warn(
            NAME, "accepted without a licence, as a developer's service does", "set LICENSE"
        )
    if license_token.startswith("octet_test_"):
        return ok(NAME, "accepted; it is a test licence: only test partner keys read its verdicts")
    return ok(NAME, "accepted")
