"""The client for programs with an event loop: trio and asyncio."""

from random import Random
from types import TracebackType
from typing import Self

import anyio
import httpx

from octet.client import _clock
from octet.client._async_shell import AsyncShell
from octet.client._request import MAX_CONNECTIONS, RETRIES, Options, is_live
from octet.client._tokens import VerifiedVerdict, Wanted, key_id, read_token
from octet.schema.verdict import Pending, Verdict


class OctetClient:
    """Reads verdicts for one partner; runs under trio and asyncio.

    Make one, use it from as many tasks as you like, and close it: as ``async with``, or by
    `aclose` when the application ends. It belongs to the event loop that first used it.

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
        transport: httpx.AsyncBaseTransport | None = None,
        rng: Random | None = None,
    ) -> None:
        options = Options(
            timeout_s=timeout_s, retries=retries, max_connections=max_connections, rng=rng
        )
        http = httpx.AsyncClient(**options.http(base_url, partner_key), transport=transport)
        self._live = is_live(partner_key)
        self._shell = AsyncShell(http, options.plans(anyio.current_time))

    def __repr__(self) -> str:
        """Name the service, not the key."""
        return f"<OctetClient {self._shell.http.base_url}>"

    async def __aenter__(self) -> Self:
        """Return the client, ready to use."""
        await self._shell.http.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the client."""
        await self._shell.http.__aexit__(exc_type, exc, traceback)

    async def aclose(self) -> None:
        """Close all connections; the client cannot be used any more. Closing twice is harmless.

        Cancellation: the connections are closed all the same.
        """
        await self._shell.http.aclose()

    async def verdict(self, ref: str, wait_ms: int = 0) -> Verdict | Pending:
        """Ask once for the verdict on *ref*.

        Args:
            ref: the session reference; checked before it is sent, so it may come from a page.
            wait_ms: how long the service may hold the request until there is a verdict,
                milliseconds; more than 10 000 means 10 000.

        Returns:
            The verdict; `Pending` while there is none, be it that the page still collects or
            never did, that the verdict has expired, or that the reference is another partner's.

        Raises:
            InvalidRequestError: *ref* or *wait_ms* breaks the contract; mostly nothing was sent.
            OctetError: see ``octet.client._errors`` for the others.

        Cancellation: the request is given up and its connection closed; the client stays usable.
        Timeout: the client's ``timeout_s`` on top of *wait_ms*, as `ServiceUnavailableError`.
        """
        return await self._shell.carry_out(self._shell.plans.verdict(ref, wait_ms))

    async def wait_for_verdict(self, ref: str, timeout_s: float = 8.0) -> Verdict | Pending:
        """Ask for the verdict on *ref*, by long polls, until there is one or time is up.

        Args:
            ref: the session reference.
            timeout_s: of it all, retries included, seconds.

        Returns:
            The verdict, or `Pending` when *timeout_s* passed without one.

        Raises:
            ServiceUnavailableError: the service did not answer even once in *timeout_s*, or see
                `verdict`.
            OctetError: as `verdict` does.

        Cancellation: as of `verdict`.
        Timeout: *timeout_s*, and within it the client's own for each poll.
        """
        return await self._shell.carry_out(self._shell.plans.wait_for_verdict(ref, timeout_s))

    async def verify_token(
        self, token: str, *, partner: str, ref: str | None = None
    ) -> VerifiedVerdict:
        """Check a verdict token by the service's public keys, which are fetched once in a while.

        With a live key only tokens of live verdicts are good, with a test key only the others.

        Args:
            token: as `Verdict.token` was, from wherever it came.
            partner: your own id, the token's ``aud``.
            ref: the session's reference, the token's ``sub``; None to take any.

        Raises:
            TokenError: it proves nothing; `code` says which check failed.
            OctetError: the keys could not be fetched, and none that was fetched before will do.
            ImportError: the extra ``octet[tokens]`` is not installed.

        Cancellation: the keys held before stay; the client stays usable.
        Timeout: the client's ``timeout_s``, when keys must be fetched.
        """
        paserk = await self._shell.key(key_id(token))
        wanted = Wanted(partner=partner, live=self._live, ref=ref)
        return read_token(token, paserk, wanted, now_s=_clock.epoch_s())
