"""Run the demo: start the system, drive the sessions, show the verdicts, stay for a person."""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import trio

from benchmarks.visitor import Traits, Visitor
from examples.demo.chromium import Chromium, find_chromium, open_chromium
from examples.demo.delaying_proxy import serve_delaying_proxy
from examples.demo.session import SESSIONS, Session
from examples.demo.system import open_system
from examples.demo.table import render_line, render_table
from octet.serving import shutdown_signal

RESULT = "window.visitDone"
"""The customer's page resolves this promise with the verdict that its backend read."""


def main() -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="examples.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the four sessions")
    options = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"  # all of it is on this machine, whatever proxy that has
    with tempfile.TemporaryDirectory(prefix="octet-demo-") as workplace:
        trio.run(_demo, Path(workplace), options.once)
    return 0


async def _demo(workplace: Path, once: bool) -> None:  # noqa: FBT001 - trio.run takes no keywords
    async with open_system(SESSIONS, workplace) as app_url:
        verdicts = await _drive_all(app_url)
        print(render_table(SESSIONS, verdicts), flush=True)
        if not once:
            print(f"\nVisit {app_url} with your own browser; Ctrl-C ends the demo.", flush=True)
            await shutdown_signal()
            return
    print(render_line(verdicts), flush=True)


async def _drive_all(app_url: str) -> dict[str, Mapping[str, Any]]:
    """Drive every session with Chromium, or with the small visitor where there is none."""
    path = find_chromium()
    if path is None:
        print("There is no Chromium here: a small Python visitor stands in for the browser.")
    async with AsyncExitStack() as stack:
        nursery = await stack.enter_async_context(trio.open_nursery())
        browser = await stack.enter_async_context(open_chromium(path)) if path else None
        verdicts = {}
        for session in SESSIONS:
            proxy = await _proxy(nursery, session)
            verdicts[session.name] = await _drive(session, app_url, proxy, browser)
        nursery.cancel_scope.cancel()
    return verdicts


async def _proxy(nursery: trio.Nursery, session: Session) -> str | None:
    if session.proxy_one_way_ms is None:
        return None
    url: str = await nursery.start(serve_delaying_proxy, session.proxy_one_way_ms / 1000)
    return url


async def _drive(
    session: Session, app_url: str, proxy: str | None, browser: Chromium | None
) -> Mapping[str, Any]:
    """Return the verdict of one session.

    Raises:
        RuntimeError: there was none.
    """
    url = f"{app_url}/visit/{session.name}"
    traits = Traits(time_zone=session.time_zone, languages=session.languages, proxy=proxy)
    done = await (browser.visit(url, traits, RESULT) if browser else Visitor(traits).visit(url))
    if not isinstance(done, dict) or "verdict" not in done:
        raise RuntimeError(f"the session {session.name!r} brought no verdict: {done}")
    verdict: Mapping[str, Any] = done["verdict"]
    return verdict


if __name__ == "__main__":
    sys.exit(main())
