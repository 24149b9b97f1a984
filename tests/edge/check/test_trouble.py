"""What was raised, in words: the innermost cause that says something."""

import errno
import socket
import ssl

import httpx
import pytest
import trio

from octet.edge.check.trouble import Kind, trouble_of
from octet.edge.link import NoReplyError


def alert(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "text of OpenSSL's")
    error.reason = reason
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "text of OpenSSL's")
    error.verify_message = "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("cause", "kind", "text"),
    [
        (untrusted(), Kind.UNTRUSTED, "certificate has expired"),
        (alert("WRONG_VERSION_NUMBER"), Kind.TLS, "wrong version number"),
        (alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"), Kind.OWN_CERTIFICATE, "certificate required"),
        (alert("TLSV1_ALERT_UNKNOWN_CA"), Kind.OWN_CERTIFICATE, "unknown ca"),
        (alert("SSLV3_ALERT_CERTIFICATE_EXPIRED"), Kind.OWN_CERTIFICATE, "expired"),
        (ssl.SSLError("no reason"), Kind.TLS, "broke off"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Kind.UNRESOLVED, "resolved"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), Kind.REFUSED, "refuses"),
        (TimeoutError(), Kind.TIMED_OUT, "in time"),
        (trio.TooSlowError(), Kind.TIMED_OUT, "in time"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Kind.BROKEN, "is unreachable"),
        (OSError("words of somebody's"), Kind.BROKEN, "without an answer"),
        (trio.BrokenResourceError(), Kind.BROKEN, "without an answer"),
        (NoReplyError(heard=True), Kind.NO_HTTP, "no HTTP"),
        (NoReplyError(heard=False), Kind.BROKEN, "without an answer"),
    ],
)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_kinds(cause: Exception, kind: Kind, text: str, depth: int) -> None:
    """Each cause is found however deep it is wrapped, and says what it is."""
    raised: BaseException = cause
    for _ in range(depth):
        raised = wrapped(raised)
    trouble = trouble_of(raised)
    assert trouble.kind is kind
    assert text in trouble.text
    assert "OpenSSL" not in trouble.text
    assert "somebody" not in trouble.text


def wrapped(inner: BaseException) -> BaseException:
    """Wrap *inner* as httpx, trio and the edge's own client do."""
    refused = OSError("all attempts to connect failed")
    refused.__cause__ = inner
    error = httpx.ConnectError("failed")
    error.__cause__ = ExceptionGroup("both", [refused])
    return error


def test_what_was_settled_does_not_count() -> None:
    """An exception that was handled before, and is no cause, is not told."""
    error = NoReplyError(heard=False)
    error.__context__, error.__suppress_context__ = ConnectionRefusedError(), True
    assert trouble_of(error).kind is Kind.BROKEN
    error.__suppress_context__ = False
    assert trouble_of(error).kind is Kind.REFUSED
