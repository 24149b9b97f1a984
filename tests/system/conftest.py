"""The installed edge before a little service, a customer's site, and real browsers as visitors."""

import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import frozen

from benchmarks.browsers import Browsers, Seen, Visit, open_browsers, running_driver
from examples.demo.process import running
from tests.edge.fakes import FakeService
from tests.system.site import MOUNTED, Site

REF = "sess_browserBrowserBrowser1"
REST_S = 30
"""What has not come about by then will not."""


def running_edge(service_url: str, log: Path, **more: str) -> AbstractAsyncContextManager[str]:
    """Run the installed ``octet-edge``; gives its URL."""
    command = [str(Path(sys.executable).with_name("octet-edge"))]
    where = {"OCTET_URL": service_url, "HOST": "127.0.0.1", "PORT": "0"}
    this = {"OCTET_DEV": "1", "EDGE_METRICS_BIND": "off", "EDGE_BASE_PATH": MOUNTED}
    return running(command, where | this | more, log)


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
async def site() -> AsyncIterator[Site]:
    """The customer's site; its pages embed the collector."""
    it = Site()
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(it.serve))
        yield it
        nursery.cancel_scope.cancel()


@pytest.fixture
async def edge_url(service: FakeService, site: Site, tmp_path: Path) -> AsyncIterator[str]:
    """The base URL of an edge, on an origin of its own."""
    more = {"EDGE_ID": "test-1", "EDGE_LOCATION": "50.11,8.68", "ALLOWED_ORIGIN": site.url}
    async with running_edge(service.url, tmp_path / "edge.log", **more) as url:
        site.edge_url = url + MOUNTED
        yield site.edge_url


@pytest.fixture(scope="session")
def driver() -> Iterator[str]:
    """The driver of all browsers: each is started once for all tests."""
    with running_driver() as socket:
        yield socket


@pytest.fixture
async def browsers(driver: str) -> AsyncIterator[Browsers]:
    """The browsers of this machine."""
    async with open_browsers(driver) as them:
        yield them


@pytest.fixture(
    params=[
        pytest.param("chromium", marks=pytest.mark.chromium),
        pytest.param("firefox", marks=pytest.mark.firefox),
    ]
)
def browser(request: pytest.FixtureRequest) -> str:
    """The name of a real browser: what asks for it runs in each."""
    return str(request.param)


@frozen
class Visitor:
    """Somebody with one browser who opens the customer's page."""

    browsers: Browsers
    browser: str
    site: Site

    async def visit(self, config: Mapping[str, Any] | None = None, **more: Any) -> Seen:
        """Let the page call ``verify`` with *config*; *more* are members of `Visit`."""
        return await self.browsers.visit(
            Visit(
                browser=self.browser,
                url=self.site.url + more.pop("path", "/"),
                **{"expression": self.call(config or {})} | more,
            )
        )

    def call(self, config: Mapping[str, Any]) -> str:
        """Return the page's expression that calls ``verify`` with *config*."""
        api = {"apiUrl": self.site.api_url, "sessionRef": REF}
        return f"visit({json.dumps(api | dict(config))})"

    async def accepted(self, config: Mapping[str, Any] | None = None, **more: Any) -> Seen:
        """`visit`, and the report was accepted, with nothing thrown in the page."""
        seen = await self.visit(config, **more)
        assert seen.value == {"answer": {"ok": True}}, seen
        assert seen.errors == ()
        return seen


@pytest.fixture
async def visitor(browsers: Browsers, browser: str, site: Site, edge_url: str) -> Visitor:
    """A visitor of the customer's page whose edge runs."""
    return Visitor(browsers, browser, site)
