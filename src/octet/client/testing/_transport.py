"""Carries requests to the fake service within the process, for either client."""

from collections.abc import Callable

import anyio
import httpx

from octet.client.testing._book import Book
from octet.client.testing._faults import HangUp
from octet.client.testing._replying import Answering, Hold, Request, Response

_GLANCE_S = 0.01
"""A held request looks at the book so often: tests write in it from any thread or task."""


class FakeTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """What `OctetClient` and `OctetSyncClient` take as ``transport``."""

    def __init__(self, book: Book, answer: Callable[[Request], Answering]) -> None:
        self._book = book
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request of the synchronous client."""
        answering = self._answer(_read(request))
        try:
            while True:
                hold = next(answering)
                self._book.wait(hold.version, hold.seconds)
        except StopIteration as end:
            return _write(request, end.value)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request of the asynchronous client.

        Cancellation: the request is forgotten. Timeout: the client owns it.
        """
        answering = self._answer(_read(request))
        while True:
            try:
                hold = next(answering)
            except StopIteration as end:
                return _write(request, end.value)
            await self._hold(hold)

    async def _hold(self, hold: Hold) -> None:
        until = self._book.now() + hold.seconds
        while (left_s := until - self._book.now()) > 0:
            if hold.version is not None and self._book.version != hold.version:
                return
            await anyio.sleep(min(left_s, _GLANCE_S))


def _read(request: httpx.Request) -> Request:
    url = request.url
    return Request(request.method, url.path, url.query.decode("ascii"), dict(request.headers))


def _write(request: httpx.Request, response: Response | HangUp) -> httpx.Response:
    if isinstance(response, HangUp):
        raise httpx.RemoteProtocolError("the fake hung up", request=request)
    return httpx.Response(
        response.status, headers=dict(response.headers), content=response.body, request=request
    )
