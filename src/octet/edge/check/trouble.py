"""Why there was no answer, read out of what was raised.

What raises wraps: httpx around h11 around trio around ssl. What tells most is inside.
"""

import socket
import ssl
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, Final

import trio
from attrs import frozen

from octet.edge.link import NoReplyError


class Kind(Enum):
    """What has to be mended where."""

    UNRESOLVED = auto()
    """The host's name."""
    REFUSED = auto()
    """Nothing listens."""
    TIMED_OUT = auto()
    UNTRUSTED = auto()
    """The other side's certificate."""
    TLS = auto()
    """The other side speaks none, or none that fits."""
    OWN_CERTIFICATE = auto()
    """The other side wants one, or another one, of this side."""
    NO_HTTP = auto()
    """It answers, in no HTTP that is whole."""
    BROKEN = auto()
    """Whatever else the network says."""


@frozen
class Trouble:
    """One failure of the network."""

    kind: Kind
    text: str


_ABOUT_OURS: Final = (
    "CERTIFICATE_REQUIRED",
    "ALERT_UNKNOWN_CA",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_CERTIFICATE",
    "ALERT_UNSUPPORTED_CERTIFICATE",
    "ALERT_ACCESS_DENIED",
)
"""What a peer's alert about this side's certificate has in its name (RFC 8446, 6.2)."""


_TELLING: Final[tuple[type[Any], ...]] = (
    ssl.SSLError,
    socket.gaierror,
    trio.TooSlowError,
    TimeoutError,
    ConnectionRefusedError,
    OSError,
)
"""What says more than that something broke; the most telling first."""


def trouble_of(raised: BaseException) -> Trouble:
    """Say what *raised*, or what it came from, means."""
    causes = list(_causes(raised))[::-1]
    for kind in _TELLING:
        for cause in causes:
            if isinstance(cause, kind) and (kind is not OSError or cause.strerror):
                return _told(cause)
    if any(isinstance(cause, NoReplyError) and cause.heard for cause in causes):
        return Trouble(Kind.NO_HTTP, "what it answers is no HTTP/1.1, or not whole")
    return Trouble(Kind.BROKEN, "the connection was closed without an answer")


def _told(cause: BaseException) -> Trouble:
    match cause:
        case ssl.SSLCertVerificationError():
            text = f"its certificate is not to be trusted: {cause.verify_message}"
            return Trouble(Kind.UNTRUSTED, text)
        case ssl.SSLError():
            reason = getattr(cause, "reason", None) or "the handshake broke off"
            ours = any(name in reason for name in _ABOUT_OURS)
            text = f"TLS fails: {reason.replace('_', ' ').lower()}"
            return Trouble(Kind.OWN_CERTIFICATE if ours else Kind.TLS, text)
        case socket.gaierror():
            return Trouble(Kind.UNRESOLVED, "its name cannot be resolved")
        case trio.TooSlowError() | TimeoutError():
            return Trouble(Kind.TIMED_OUT, "it does not answer in time")
        case ConnectionRefusedError():
            return Trouble(Kind.REFUSED, "it refuses the connection")
    return Trouble(Kind.BROKEN, f"the network says: {getattr(cause, 'strerror', '')}")


def _causes(raised: BaseException) -> Iterator[BaseException]:
    """Yield *raised* and all that it came from, the outer before the inner."""
    todo = [raised]
    while todo:
        each = todo.pop(0)
        yield each
        if isinstance(each, BaseExceptionGroup):
            todo += each.exceptions
        inner = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        todo += [inner] if inner is not None else []
