"""A connection to an edge, as its peer has it."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from octet.serving.byte_stream import LINGER_S
from tests.edge.conftest import RunningEdge
from tests.serving import streams
from tests.serving.wire import Page, Reader


@asynccontextmanager
async def opened(edge: RunningEdge, trust: ssl.SSLContext | None = None) -> AsyncIterator[Page]:
    """Open a connection, through TLS if there is *trust*."""
    plain = await trio.open_tcp_stream(edge.host, edge.port)
    if trust is None:
        async with plain:
            yield Page(plain, Reader(plain))
        return
    stream = trio.SSLStream(plain, trust, server_hostname="localhost", https_compatible=True)
    async with stream:
        yield Page(stream, Reader(stream))


def reset(page: Page) -> None:
    """Have the peer close with a reset."""
    streams.reset(page.stream)


async def pour(page: Page, text: bytes) -> None:
    """Send until the other end takes no more."""
    try:
        await page.send(text)
    except trio.BrokenResourceError:
        return


async def ends(edge: RunningEdge) -> None:
    """Assert that the server ends without any deadline having to pass."""
    with trio.fail_after(LINGER_S * 2):
        await edge.ended.wait()
