"""The client: asks the service, over httpx, for the verdict on a reference."""

import re
from types import TracebackType
from typing import Final, Self

import anyio
import httpx

from octet import __version__
from octet.client._errors import InvalidRequestError, ProtocolError, ServiceUnavailableError
from octet.client._replies import read_reply
from octet.schema import SchemaError, structure
from octet.schema.verdict import Pending, Verdict

MAX_WAIT_MS: Final = 10_000
"""The longest that the service holds one request."""
MAX_REPLY_BYTES: Final = 1024 * 1024
"""Of one reply's body; a verdict has a few hundred."""
MAX_CONNECTIONS: Final = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
"""Of one client: each waiting long poll holds a connection."""
MARGIN_S: Final = 0.25
"""`OctetClient.wait_for_verdict` lets the service end a long poll this much before the deadline,
and starts polls no closer together than this."""


class OctetClient:
    """Reads verdicts for one partner; runs under trio and asyncio.

    Make one, use it from as many tasks as you like, and close it: as ``async with``, or by
    `aclose` when the application ends. It belongs to the event loop that first used it.

    Args:
        base_url: of the service, ``https://octet.example``; may have a path prefix.
        partner_key: ``octet_live_…`` or ``octet_test_…``; never in a repr, error or log.
        timeout_s: the most that one request may take beyond the wait it asks for, from the
            connection pool to the last byte of the reply.
        transport: carries the requests in place of a real connection, for tests.

    Raises:
        ValueError: *base_url*, *partner_key* or *timeout_s* cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        partner_key: str,
        timeout_s: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not timeout_s > 0:
            raise ValueError("timeout_s must be greater than 0")
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            base_url=_checked_url(base_url),
            headers={
                "accept": "application/json, application/problem+json",
                "accept-encoding": "identity",  # small, and no bomb unpacks itself
                "user-agent": f"octet-python/{__version__}",
                "x-octet-partner-key": _checked_key(partner_key),
            },
            timeout=None,  # noqa: S113 - one deadline over the whole request, in `verdict`
            limits=MAX_CONNECTIONS,
            transport=transport,
        )

    def __repr__(self) -> str:
        """Name the service, not the key."""
        return f"<OctetClient {self._http.base_url}>"

    async def __aenter__(self) -> Self:
        """Return the client, ready to use."""
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the client."""
        await self._http.__aexit__(exc_type, exc, traceback)

    async def aclose(self) -> None:
        """Close all connections; the client cannot be used any more. Closing twice is harmless.

        Cancellation: the connections are closed all the same.
        """
        await self._http.aclose()

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
        path = f"v1/verdict/{_pending(ref).ref}"
        if type(wait_ms) is not int or wait_ms < 0:
            raise InvalidRequestError("wait_ms must be an integer from 0", code="malformed")
        wait_ms = min(wait_ms, MAX_WAIT_MS)
        limit_s = self._timeout_s + wait_ms / 1000
        try:
            with anyio.fail_after(limit_s):
                async with self._http.stream("GET", path, params={"waitMs": wait_ms}) as reply:
                    body = await _read_body(reply)
        except TimeoutError as exc:
            raise ServiceUnavailableError(f"no reply within {limit_s:g} s") from exc
        except httpx.TransportError as exc:
            raise ServiceUnavailableError(
                f"no reply: {type(exc).__name__}{f': {exc}' if str(exc) else ''}"
            ) from exc
        return read_reply(reply.status_code, reply.headers, body)

    async def wait_for_verdict(self, ref: str, timeout_s: float = 8.0) -> Verdict | Pending:
        """Ask for the verdict on *ref*, by long polls, until there is one or time is up.

        Args:
            ref: the session reference.
            timeout_s: of it all, seconds.

        Returns:
            The verdict, or `Pending` when *timeout_s* passed without one.

        Raises:
            ServiceUnavailableError: the service did not answer even once in *timeout_s*, or see
                `verdict`. Errors are not retried: what to do without a verdict is your policy.
            OctetError: as `verdict` does.

        Cancellation: as of `verdict`.
        Timeout: *timeout_s*, and within it the client's own for each poll.
        """
        answer: Verdict | Pending | None = None
        with anyio.move_on_after(timeout_s) as scope:
            while not isinstance(answer, Verdict):
                started = anyio.current_time()
                wait_s = max(0.0, scope.deadline - started - MARGIN_S)
                answer = await self.verdict(ref, wait_ms=int(min(wait_s * 1000, MAX_WAIT_MS)))
                if isinstance(answer, Pending):
                    await anyio.sleep_until(started + MARGIN_S)
        if answer is None:
            raise ServiceUnavailableError(f"no reply within {timeout_s:g} s")
        return answer


async def _read_body(reply: httpx.Response) -> bytes:
    """Read to the end, by the caller's deadline: httpx leaves generators open in a body half read.

    What goes beyond the bound is read and dropped.
    """
    fault = ""
    body = bytearray()
    if reply.headers.get("content-encoding", "identity") != "identity":
        fault = "has a content encoding that nobody asked for"
    else:
        async for chunk in reply.aiter_bytes():
            if len(body) <= MAX_REPLY_BYTES:
                body += chunk
        if len(body) > MAX_REPLY_BYTES:
            fault = f"is larger than {MAX_REPLY_BYTES} bytes"
    if fault:
        raise ProtocolError(
            f"the reply {fault}",
            status=reply.status_code,
            request_id=reply.headers.get("x-request-id"),
        )
    return bytes(body)


def _pending(ref: str) -> Pending:
    """Return *ref* once it is known to be one: it goes into a URL."""
    try:
        return structure(Pending, {"ref": ref})
    except SchemaError as exc:
        raise InvalidRequestError(f"no session reference: {exc}", code="malformed") from exc


def _checked_url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as exc:
        raise ValueError(f"base_url cannot be read: {exc}") from exc
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("base_url must start with https:// or http:// and a host")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("base_url must have no user, query or fragment")
    return url


def _checked_key(partner_key: str) -> str:
    """Return *partner_key*; a wrong one must not come back in h11's own words."""
    if re.fullmatch(r"[\x21-\x7e]+", partner_key) is None:
        raise ValueError("partner_key must be printable ASCII without spaces")
    return partner_key
