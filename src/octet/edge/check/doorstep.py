"""Whether the URL is reached at all, and by a TLS that browsers accept."""

import ssl
from collections.abc import Mapping
from typing import Any, Final

import trio

from octet.edge.check.entrance import Meeting
from octet.edge.check.finding import Finding, fail, ok, warn
from octet.edge.check.target import Target
from octet.edge.check.trouble import Kind, Trouble
from octet.edge.clock import EpochMs

CONNECTION: Final = "connection"
TLS: Final = "tls"
RENEW_DAYS: Final = 14
"""A certificate that ends sooner should have been renewed by any automatism."""

_DAY_MS: Final = 24 * 60 * 60 * 1000
_REMEDIES: Final[Mapping[Kind, str]] = {
    Kind.UNRESOLVED: "look at the host of the URL, and at its DNS",
    Kind.REFUSED: "look at the host and the port of the URL, and whether the edge, or the proxy"
    " before it, listens there",
    Kind.TIMED_OUT: "let firewalls pass the port of the URL",
}


def judge_no_connection(target: Target, trouble: Trouble) -> Finding:
    """Judge that nobody took the connection."""
    look = "look at the scheme, the host and the port of the URL"
    return fail(CONNECTION, f"{target.url}: {trouble.text}", _REMEDIES.get(trouble.kind, look))


def judge_connection(meeting: Meeting) -> Finding:
    """Say who took it."""
    return ok(CONNECTION, f"{meeting.remote_ip} takes connections")


def judge_no_tls(trouble: Trouble) -> Finding:
    """Judge that there is no TLS, or none that browsers accept."""
    if trouble.kind is not Kind.UNTRUSTED:
        return fail(TLS, trouble.text, "https in the URL needs a TLS server at that port")
    remedy = (
        "renew it, or send the whole chain with it, for the name in the URL; --ca-file names an"
        " authority of your own"
    )
    return fail(TLS, trouble.text, remedy)


def judge_tls(target: Target, meeting: Meeting, epoch_ms: EpochMs) -> Finding:
    """Judge what TLS agreed on."""
    stream = meeting.stream
    if isinstance(stream, trio.SSLStream):
        return _certificate(stream.getpeercert() or {}, str(stream.version()), epoch_ms())
    if target.local:
        return ok(TLS, "none, which browsers allow on this machine alone")
    return warn(TLS, "none: browsers run the collector on https pages only", "serve it by https")


def _certificate(shown: Mapping[str, Any], version: str, now_ms: int) -> Finding:
    days = (ssl.cert_time_to_seconds(shown["notAfter"]) * 1000 - now_ms) // _DAY_MS
    text = f"{version}; the certificate is trusted, and good for {days} more days"
    return warn(TLS, text, "renew it") if days < RENEW_DAYS else ok(TLS, text)
