"""A headless Chromium, driven over the DevTools protocol's pipe.

No library: the pipe speaks JSON texts that end with NUL, and the demo needs five methods.
Each `visit` has a browser context of its own: time zone, languages and proxy, no shared state.
"""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import trio

from benchmarks.visitor import Traits

FLAGS: Final = (
    "--headless",
    "--no-sandbox",  # Chromium refuses its sandbox to root, which is what containers run as
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)
START_S: Final = 60
VISIT_S: Final = 60
_READ_BYTES: Final = 65536
_OUR_DESCRIPTORS_FROM: Final = 10
"""Above 3 and 4, where Chromium expects its ends of the pipes."""


class BrowserError(Exception):
    """The browser refused a command, or the page threw."""


def find_chromium() -> str | None:
    """Return the path of a Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Chromium:
    """One running browser."""

    def __init__(self, send: trio.abc.SendStream) -> None:
        self._send = send
        self._sending = trio.Lock()
        self._last_id = 0
        self._replies: dict[int, trio.MemorySendChannel[dict[str, Any]]] = {}

    async def visit(self, url: str, traits: Traits, expression: str) -> Any:
        """Open *url* as a browser with *traits*; return what *expression* resolves to.

        Raises:
            BrowserError: the page threw, or the browser refused.
            trio.TooSlowError: after `VISIT_S`.
        """
        with trio.fail_after(VISIT_S):
            context = await self._open_context(traits)
            target = await self.call("Target.createTarget", url="about:blank", **context)
            attached = await self.call(
                "Target.attachToTarget", targetId=target["targetId"], flatten=True
            )
            session = attached["sessionId"]
            await self._dress(session, traits)
            await self.call("Page.enable", session)
            await self.call("Page.navigate", session, url=url)
            result = await self._evaluate(session, expression)
            await self.call("Target.disposeBrowserContext", **context)
            return result

    async def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Call a DevTools *method*.

        Raises:
            BrowserError: the browser refused.
        """
        self._last_id += 1
        number = self._last_id
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        inlet, outlet = trio.open_memory_channel[dict[str, Any]](1)
        self._replies[number] = inlet
        async with self._sending:
            await self._send.send_all(json.dumps(message).encode() + b"\0")
        reply = await outlet.receive()
        if "error" in reply:
            raise BrowserError(f"{method}: {reply['error'].get('message')}")
        result: dict[str, Any] = reply["result"]
        return result

    async def listen(self, receive: trio.abc.ReceiveStream) -> None:
        """Hand the browser's replies to whoever waits; its events are of no interest here."""
        buffer = b""
        while chunk := await receive.receive_some(_READ_BYTES):
            *texts, buffer = (buffer + chunk).split(b"\0")
            for text in texts:
                message = json.loads(text)
                waiting = self._replies.pop(message.get("id", 0), None)
                if waiting is not None:
                    waiting.send_nowait(message)

    async def _open_context(self, traits: Traits) -> Mapping[str, str]:
        proxy = (
            {"proxyServer": traits.proxy, "proxyBypassList": "<-loopback>"} if traits.proxy else {}
        )
        context = await self.call("Target.createBrowserContext", **proxy)
        return {"browserContextId": context["browserContextId"]}

    async def _dress(self, session: str, traits: Traits) -> None:
        """Give the page its time zone and languages."""
        await self.call("Emulation.setTimezoneOverride", session, timezoneId=traits.time_zone)
        await self.call("Emulation.setLocaleOverride", session, locale=traits.languages[0])
        version = await self.call("Browser.getVersion")
        await self.call(
            "Emulation.setUserAgentOverride",
            session,
            userAgent=version["userAgent"].replace("Headless", ""),
            userAgentMetadata=_client_hints(version["product"]),
            acceptLanguage=",".join(traits.languages),
        )

    async def _evaluate(self, session: str, expression: str) -> Any:
        """Evaluate *expression* once the page has loaded, and await its promise."""
        loaded = """new Promise(resolve => document.readyState === "complete" &&
            location.href !== "about:blank" ? resolve() : addEventListener("load", resolve))"""
        reply = await self.call(
            "Runtime.evaluate",
            session,
            expression=f"{loaded}.then(() => {expression})",
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in reply:
            raise BrowserError(json.dumps(reply["exceptionDetails"])[:500])
        return reply["result"].get("value")


def _client_hints(product: str) -> dict[str, Any]:
    """Return the client hints of the same Chromium with a window; *product* is ``Chrome/1.2.3``."""
    major = product.partition("/")[2].partition(".")[0]
    return {
        "brands": [
            {"brand": "Chromium", "version": major},
            {"brand": "Not_A Brand", "version": "24"},
        ],
        "platform": "Linux",
        "platformVersion": "",
        "architecture": "x86",
        "model": "",
        "mobile": False,
    }


@asynccontextmanager
async def open_chromium(path: str, *flags: str) -> AsyncIterator[Chromium]:
    """Start the Chromium at *path* with more *flags* and a profile of its own; it ends with the
    block.
    """
    commands_out, commands_in = _pipe()
    replies_out, replies_in = _pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await trio.lowlevel.open_process(
            [path, *FLAGS, *flags, f"--user-data-dir={profile}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=lambda: _take_places(commands_out, replies_in),
            env={**os.environ, "HOME": str(Path(profile))},
        )
        os.close(commands_out)
        os.close(replies_in)
        send, receive = trio.lowlevel.FdStream(commands_in), trio.lowlevel.FdStream(replies_out)
        try:
            async with send, receive, trio.open_nursery() as nursery:
                browser = Chromium(send)
                nursery.start_soon(browser.listen, receive)
                with trio.fail_after(START_S):
                    await browser.call("Browser.getVersion")
                yield browser
                nursery.cancel_scope.cancel()
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()


def _pipe() -> tuple[int, int]:
    """Open a pipe whose descriptors leave 3 and 4 free."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _OUR_DESCRIPTORS_FROM) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


def _take_places(commands_out: int, replies_in: int) -> None:
    """In the child: put the pipes where Chromium looks for them."""
    os.dup2(commands_out, 3)
    os.dup2(replies_in, 4)
