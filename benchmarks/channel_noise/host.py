"""The customer's host of the measurement: one page over TLS, and the service behind the edge."""

import json
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import h11
import trio
from attrs import define, field

PAGE: Final = (
    '<!doctype html><title>noise</title><script src="{edge}/octet-collector.js"></script>'
    '<script>const visit = octet.verify({{ apiUrl: "{edge}" }})</script>'
)
_READ_BYTES: Final = 65536


async def accept(body: bytes) -> bytes:
    """Answer as a service does that takes everything."""
    results = [{"id": envelope["id"], "ok": True} for envelope in json.loads(body)["envelopes"]]
    return json.dumps({"results": results}).encode()


@define(eq=False)
class Host:
    """Answers every GET with the page, and keeps what the edge relays to the service."""

    edge_url: str = ""
    service: Callable[[bytes], Awaitable[bytes]] = accept
    """Answers what the edge relays."""
    envelopes: list[dict[str, Any]] = field(factory=list)

    async def serve(
        self, page: trio.SocketListener, service: trio.SocketListener, tls: ssl.SSLContext
    ) -> None:
        """Serve the page over *tls* and the service without."""
        secured = trio.SSLListener(page, tls, https_compatible=True)
        async with trio.open_nursery() as nursery:
            serve = partial(trio.serve_listeners, self._talk)
            nursery.start_soon(serve, [secured])
            nursery.start_soon(serve, [service])

    async def _talk(self, stream: trio.abc.Stream) -> None:
        """Answer requests until the other side leaves."""
        connection = h11.Connection(h11.SERVER)
        try:
            async with stream:
                while connection.our_state is h11.IDLE:
                    if not await _exchange(connection, stream, self._answer):
                        return
                    connection.start_next_cycle()
        except* (trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError):
            pass

    async def _answer(self, body: bytes) -> tuple[str, bytes]:
        """Return a media type and a body: the page's, or the service's for envelopes."""
        if not body:
            return "text/html", PAGE.format(edge=self.edge_url).encode()
        self.envelopes += json.loads(body)["envelopes"]
        return "application/json", await self.service(body)


async def _exchange(
    connection: h11.Connection,
    stream: trio.abc.Stream,
    answer: Callable[[bytes], Awaitable[tuple[str, bytes]]],
) -> bool:
    """Read one request and answer it; False when there is none."""
    body = b""
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                connection.receive_data(bytes(await stream.receive_some(_READ_BYTES)))
            case h11.Data(data=data):
                body += bytes(data)
            case h11.EndOfMessage():
                break
            case h11.ConnectionClosed():
                return False
    kind, content = await answer(body)
    headers = [("content-type", kind), ("content-length", str(len(content)))]
    text = connection.send(h11.Response(status_code=200, headers=headers)) or b""
    text += connection.send(h11.Data(data=content)) or b""
    await stream.send_all(text + (connection.send(h11.EndOfMessage()) or b""))
    return True
