"""The certificate that a program shows: read at start-up, and once more at each SIGHUP.

A renewed pair is read into a context of its own, and handshakes that begin on the first context are
turned to it by OpenSSL's callback for server names, which runs for clients that send none too. To
load the pair into the first context would not do: a pair that fails half way would leave half of it
there, and beside a new key of another kind the old certificate would be served on. The first
context stays what listeners hold, and its ticket keys stay good, so sessions survive.
"""

import logging
import signal
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import trio

from octet.serving.environment import ConfigError

logger = logging.getLogger(__name__)

TICKETS: Final = 1
"""Session tickets after a full TLS 1.3 handshake; a resumed one gives the next. OpenSSL would make
two, each with a derived key and a write of its own; who opens more connections at once than it has
tickets does a full handshake."""


def read_certificate(
    files: tuple[Path, Path], *, variables: str, alpn: Sequence[str]
) -> ssl.SSLContext:
    """Read a certificate chain and its key.

    Args:
        files: of the two, PEM.
        variables: the settings that name them.
        alpn: the protocols that TLS offers.

    Raises:
        ConfigError: the files hold none.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(*files, password="")  # so that OpenSSL asks no terminal
    except OSError as exc:  # SSLError is one
        fault = f"{variables} are no certificate chain and its unencrypted key"
        raise ConfigError([fault]) from exc
    context.set_alpn_protocols(list(alpn))
    context.num_tickets = TICKETS
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE  # all are good; a client knows its machine
    return context


def renew(context: ssl.SSLContext, read: Callable[[], ssl.SSLContext | None]) -> None:
    """Have newcomers on *context* greeted by what *read* finds now; others notice nothing.

    Raises:
        ConfigError: there is no pair, and all stays as it was.
    """
    renewed = read()
    assert renewed is not None  # noqa: S101 - there is a context, so there are files

    def turn(handshake: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        handshake.context = renewed

    context.sni_callback = turn


async def renew_at_sighup(
    context: ssl.SSLContext | None,
    read: Callable[[], ssl.SSLContext | None],
    also: Callable[[], None] = lambda: None,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Renew *context* at each SIGHUP, and do what *also* does; ends by cancellation only.

    Without TLS of its own the program lives on too: a signal that others take for "read again"
    should not end it.
    """
    with trio.open_signal_receiver(signal.SIGHUP) as signals:
        task_status.started()
        async for _ in signals:
            try:
                also()
            except ConfigError as exc:
                logger.error(
                    "SIGHUP: what other files held stays in use: %s", "; ".join(exc.faults)
                )
            if context is None:
                logger.info("SIGHUP: there is no certificate to read again")
                continue
            try:
                renew(context, read)
            except ConfigError as exc:
                logger.error("SIGHUP: the certificate stays as it was: %s", "; ".join(exc.faults))
            else:
                logger.info("SIGHUP: new connections get the certificate that is there now")
