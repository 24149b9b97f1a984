"""Real browsers: Chromium and Firefox, as many visits as wanted, each in a context of its own.

`browser_driver.mjs` does the driving, by puppeteer, since Firefox speaks WebDriver BiDi only.
"""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from attrs import asdict, frozen

DRIVER: Final = Path(__file__).with_name("browser_driver.mjs")
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "chromium": ("chromium", "chromium-browser"),
    "firefox": ("firefox-esr", "firefox"),
}
VISIT_S: Final = 90
END_S: Final = 20


class BrowserError(Exception):
    """The browser refused a command, or the page threw."""


def find_browsers() -> Mapping[str, str]:
    """Return the paths of the browsers that are there, by name."""
    found = {
        name: next(filter(None, map(shutil.which, commands)), None)
        for name, commands in COMMANDS.items()
    }
    return {name: path for name, path in found.items() if path is not None}


@frozen(kw_only=True)
class Screen:
    """CSS pixels, and device pixels a CSS pixel."""

    width: int
    height: int
    pixel_ratio: float


@frozen(kw_only=True)
class Visit:
    """One page, opened by a browser that is dressed up so."""

    browser: str
    """``chromium`` or ``firefox``."""
    url: str
    expression: str = "visit"
    """What the page is asked for once it has loaded; a promise is awaited."""
    leave_to: str | None = None
    """Where the page is navigated to after that."""
    args: tuple[str, ...] = ()
    """Of the browser's command line: a process of its own for each set."""
    prefs: Mapping[str, bool | int | str] = {}
    """Firefox's: a process of its own for each set."""
    shared: bool = False
    """In the browser's default context, which is not private."""
    proxy: str | None = None
    """``socks5://host:port``; used for loopback too."""
    preload: str | None = None
    """A script that runs before the page's own, as an extension's would."""
    offline: bool = False
    """The network goes away once the page has loaded."""
    time_zone: str | None = None
    languages: tuple[str, ...] | None = None
    """The most wanted first. Firefox takes but one, the rest by ``intl.accept_languages``."""
    screen: Screen | None = None
    touch_points: int | None = None
    """Chromium's; Firefox takes ``dom.maxtouchpoints.testing.value``."""
    cores: int | None = None
    """Chromium's; Firefox takes ``dom.maxHardwareConcurrency``."""
    traced: bool = False
    """Chromium's: the value is the main thread's tasks since the page's first mark ``octet…``."""
    slowdown: float | None = None
    """By how much Chromium slows its CPU down."""


@frozen
class Seen:
    """What came of a visit."""

    value: Any
    """What the expression resolved to."""
    requests: tuple[str, ...]
    """URLs that the page asked for, as the browser tells them: without WebSockets in Chromium."""
    errors: tuple[str, ...]
    """Those that nobody caught in the page."""


class Browsers:
    """The browsers of this machine, driven over *client*."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def visit(self, visit: Visit) -> Seen:
        """Open a page and return what came of it.

        Raises:
            BrowserError: the page threw, or the browser refused.
        """
        members = asdict(visit, filter=lambda _, value: value is not None)
        reply = await self._client.post("/visit", json=members)
        if reply.is_error:
            raise BrowserError(reply.text)
        told = json.loads(reply.content)
        return Seen(told["value"], tuple(told["requests"]), tuple(told["errors"]))


@contextmanager
def running_driver(*prefix: str) -> Iterator[str]:
    """Run the driver until the block ends; yield its socket. The browsers end with it.

    *prefix* is a command that runs commands: in another network namespace, say.
    """
    process = subprocess.Popen(
        [*prefix, "node", DRIVER, json.dumps(find_browsers())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None  # noqa: S101 - opened as a pipe above
    assert process.stdout is not None  # noqa: S101 - likewise
    try:
        with process.stdin, process.stdout:
            yield process.stdout.readline().strip()
            process.stdin.close()
            process.wait(END_S)
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def open_browsers(socket: str) -> AsyncIterator[Browsers]:
    """Talk to the driver at *socket*."""
    transport = httpx.AsyncHTTPTransport(uds=socket)
    async with httpx.AsyncClient(
        base_url="http://driver", timeout=VISIT_S, transport=transport
    ) as client:
        yield Browsers(client)
