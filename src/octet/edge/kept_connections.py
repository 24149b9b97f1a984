"""What carries httpx's requests to the service: a few connections, kept for the next request.

httpx's own pool scans all its connections at each request, and does not say whether a connection
died before the service had answered a byte, which is what tells a stale one.
"""

import ssl
from typing import Final

import httpx
import trio

from octet.edge.link import Link, NoReplyError

IDLE_S: Final = 25.0
"""A connection unused for longer is not trusted again: hops on the way forget it at a minute."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class StaleConnectionError(httpx.RemoteProtocolError):
    """A kept connection was dead: no byte of an answer came, and another request may try again."""


class KeptConnections(httpx.AsyncBaseTransport):
    """Connections to one host, one for each request under way. Time-outs are the caller's, by
    cancellation; so is the bound on requests at once.

    Args:
        tls: by which an ``https`` URL is reached.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._idle: list[tuple[Link, float]] = []  # with the time since when; the latest last

    @property
    def idle(self) -> int:
        """Connections that no request uses."""
        return len(self._idle)

    def secure(self, tls: ssl.SSLContext) -> None:
        """Reach ``https`` by *tls* from now on; older connections end what they are at."""
        self._tls = tls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request* over the connection used last, or over a new one.

        Cancellation: the connection is closed.

        Raises:
            StaleConnectionError: the connection was an old one, and dead.
            NoReplyError: there was no reply.
        """
        kept = await self._kept()
        try:
            reply = await self._ask(kept or await self._open(request.url), request)
        except NoReplyError as exc:
            await self.aclose()  # the others are older still
            if kept is not None and not exc.heard:
                raise StaleConnectionError("the connection was dead") from exc
            raise
        if kept is not None and reply.status_code == httpx.codes.REQUEST_TIMEOUT:
            await self.aclose()  # how some proxies say that they have closed an idle connection
            raise StaleConnectionError("the connection was idle for too long")
        return reply

    async def aclose(self) -> None:
        """Close the connections that no request uses."""
        while self._idle:
            await self._idle.pop()[0].close()

    async def _open(self, url: httpx.URL) -> Link:
        tls = self._tls if url.scheme == "https" else None
        port = url.port or _DEFAULT_PORTS[url.scheme]
        return await Link.open(url.raw_host.decode("ascii"), port, tls)

    async def _ask(self, link: Link, request: httpx.Request) -> httpx.Response:
        try:
            reply = await link.ask(request)
        except BaseException:
            await link.close()
            raise
        if link.reusable and self._is_current(link):
            self._idle.append((link, trio.current_time()))
        else:
            await link.close()
        return reply

    async def _kept(self) -> Link | None:
        """Take the connection used last, and close those unused for too long, or not current."""
        since_s = trio.current_time() - IDLE_S
        while self._idle and (self._idle[0][1] < since_s or not self._is_current(self._idle[0][0])):
            await self._idle.pop(0)[0].close()
        return self._idle.pop()[0] if self._idle else None

    def _is_current(self, link: Link) -> bool:
        """Return whether *link* is secured as a new one would be."""
        return link.tls is None or link.tls is self._tls
