"""The certificate that the edge shows browsers: read at start-up, and once more at each SIGHUP.

A renewed pair is read into a context of its own, and handshakes that begin on the first context are
turned to it by OpenSSL's callback for server names, which runs for clients that send none too. To
load the pair into the first context would not do: a pair that fails half way would leave half of it
there, and beside a new key of another kind the old certificate would be served on. The first
context stays what listeners hold, and its ticket keys stay good, so sessions survive.
"""

import logging
import signal
import ssl
from typing import Final

import trio

from octet.edge.config import EdgeConfig
from octet.serving import ConfigError

logger = logging.getLogger(__name__)

PAIR: Final = "EDGE_TLS_CERT_FILE and EDGE_TLS_KEY_FILE"


def read_tls(config: EdgeConfig) -> ssl.SSLContext | None:
    """Read the certificate and its key; None where the edge serves no TLS of its own.

    Raises:
        ConfigError: the files hold none.
    """
    if config.tls_files is None:
        return None
    chain, key = config.tls_files
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(chain, key, password="")  # so that OpenSSL asks no terminal
    except OSError as exc:  # SSLError is one
        raise ConfigError([f"{PAIR} are no certificate chain and its unencrypted key"]) from exc
    context.set_alpn_protocols(list(config.alpn))
    return context


def renew(context: ssl.SSLContext, config: EdgeConfig) -> None:
    """Have newcomers on *context* greeted by what the files hold now; others notice nothing.

    Raises:
        ConfigError: they hold no pair, and all stays as it was.
    """
    renewed = read_tls(config)
    assert renewed is not None  # noqa: S101 - there is a context, so there are files

    def turn(handshake: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        handshake.context = renewed

    context.sni_callback = turn


async def renew_at_sighup(
    context: ssl.SSLContext | None,
    config: EdgeConfig,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Renew *context* at each SIGHUP; ends by cancellation only.

    Without TLS of its own the edge lives on too: a signal that others take for "read again" should
    not end it.
    """
    with trio.open_signal_receiver(signal.SIGHUP) as signals:
        task_status.started()
        async for _ in signals:
            if context is None:
                logger.info("SIGHUP: there is no certificate to read again")
                continue
            try:
                renew(context, config)
            except ConfigError as exc:
                logger.error("SIGHUP: the certificate stays as it was: %s", *exc.faults)
            else:
                logger.info("SIGHUP: new connections get the certificate that is there now")
