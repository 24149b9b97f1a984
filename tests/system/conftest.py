"""The installed edge before a little service, and a customer's page that embeds the collector."""

import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import trio
from attrs import define

from examples.demo.chromium import Chromium, find_chromium, open_chromium
from examples.demo.process import running
from tests.edge.fakes import FakeService
from tests.serving.wire import Reader

PAGE = """<!doctype html><title>page</title><script src="{edge}/octet-collector.js"></script>
<script>
  document.cookie = "customer=secret";
  const visit = octet.verify({{ apiUrl: "{edge}", sessionRef: "{ref}" }})
    .then(answer => ({{
      answer, contacted: performance.getEntriesByType("resource").map(entry => entry.name)
    }}))
    .catch(error => ({{ error: String(error), code: error.code, status: error.status }}));
</script>"""
REF = "sess_browserBrowserBrowser1"


@define
class Page:
    """A customer's page on an origin of its own."""

    html: str = ""
    url: str = ""

    async def serve(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Serve it on a free port of loopback."""
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        task_status.started()
        await trio.serve_listeners(self._answer, [listener])

    async def _answer(self, stream: trio.SocketStream) -> None:
        async with stream:
            if await Reader(stream).message():
                body = self.html.encode()
                head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(body)}"
                await stream.send_all(f"{head}\r\nconnection: close\r\n\r\n".encode() + body)


@pytest.fixture
async def service() -> AsyncIterator[FakeService]:
    """Takes what the edge relays."""
    little = FakeService()
    async with trio.open_nursery() as nursery:
        await nursery.start(little.serve)
        yield little
        nursery.cancel_scope.cancel()
    little.check()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """The customer's page, still empty."""
    it = Page()
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(it.serve))
        yield it
        nursery.cancel_scope.cancel()


@pytest.fixture
async def edge_url(service: FakeService, page: Page, tmp_path: Path) -> AsyncIterator[str]:
    """The installed ``octet-edge``; the customer's page embeds its collector."""
    variables = {
        "OCTET_DEV": "1",
        "OCTET_URL": service.url,
        "HOST": "127.0.0.1",
        "PORT": "0",
        "ALLOWED_ORIGIN": page.url,
        "EDGE_ID": "test-1",
        "EDGE_LOCATION": "50.11,8.68",
    }
    command = [str(Path(sys.executable).with_name("octet-edge"))]
    async with running(command, variables, tmp_path / "edge.log") as url:
        page.html = PAGE.format(edge=url, ref=REF)
        yield url


@pytest.fixture
async def browser() -> AsyncIterator[Chromium]:
    """A real Chromium."""
    path = find_chromium()
    assert path is not None
    async with open_chromium(path) as chromium:
        yield chromium
