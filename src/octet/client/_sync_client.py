"""The client for programs without an event loop: WSGI applications, workers, scripts."""

import time
from collections.abc import Callable
from random import Random
from types import TracebackType
from typing import Self

import httpx

from octet.client import _clock
from octet.client._request import MAX_CONNECTIONS, RETRIES, Options, is_live
from octet.client._sync_shell import SyncShell, blocking_client
from octet.client._tokens import VerifiedVerdict, Wanted, key_id, read_token
from octet.schema.verdict import Pending, Verdict


class OctetSyncClient:
    """Reads verdicts for one partner, blocking the thread that asks.

    Make one, use it from as many threads as you like, and close it: as ``with``, or by `close`
    when the application ends. A server that forks its workers makes one in each worker.

    Args:
        base_url: of the service, ``https://octet.example``; may have a path prefix.
        partner_key: ``octet_live_…`` or ``octet_test_…``; never in a repr, error or log.
        timeout_s: the most that one question may take beyond the wait it asks for, from the
            connection pool to the last byte of the reply, and with all its tries.
        retries: how often in a row to try again after a failure that may pass: 503, 504, no
            reply, and 429 where the service says when to come back. Only if it fits in the time.
        max_connections: at once; each waiting long poll holds one.
        transport: carries the requests in place of a real connection, for tests.
        rng: spreads the retries; default: the system's.
        monotonic: seconds, never going back.
        sleep: waits so many seconds.

    Raises:
        ValueError: an argument cannot be used.
    """

    def __init__(  # noqa: PLR0913 - settings, each with a default, by name
        self,
        base_url: str,
        *,
        partner_key: str,
        timeout_s: float = 5.0,
        retries: int = RETRIES,
        max_connections: int = MAX_CONNECTIONS,
        transport: httpx.BaseTransport | None = None,
        rng: Random | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        options = Options(
            timeout_s=timeout_s, retries=retries, max_connections=max_connections, rng=rng
        )
        http = blocking_client(options.http(base_url, partner_key), transport)
        self._live = is_live(partner_key)
        self._shell = SyncShell(http, options.plans(monotonic), sleep)

    def __repr__(self) -> str:
        """Name the service, not the key."""
        return f"<OctetSyncClient {self._shell.http.base_url}>"

    def __enter__(self) -> Self:
        """Return the client, ready to use."""
        self._shell.http.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the client."""
        self._shell.http.__exit__(exc_type, exc, traceback)

    def close(self) -> None:
        """Close all connections; the client cannot be used any more. Closing twice is harmless."""
        self._shell.http.close()

    def verdict(self, ref: str, wait_ms: int = 0) -> Verdict | Pending:
        """Ask once for the verdict on *ref*; see `OctetClient.verdict`."""
        return self._shell.carry_out(self._shell.plans.verdict(ref, wait_ms))

    def wait_for_verdict(self, ref: str, timeout_s: float = 8.0) -> Verdict | Pending:
        """Ask until there is a verdict or time is up; see `OctetClient.wait_for_verdict`."""
        return self._shell.carry_out(self._shell.plans.wait_for_verdict(ref, timeout_s))

    def verify_token(self, token: str, *, partner: str, ref: str | None = None) -> VerifiedVerdict:
        """Check a verdict token by the service's keys; see `OctetClient.verify_token`."""
        paserk = self._shell.key(key_id(token))
        wanted = Wanted(partner=partner, live=self._live, ref=ref)
        return read_token(token, paserk, wanted, now_s=_clock.epoch_s())
