"""What the collector costs a page: bytes on the way, and tasks of the main thread.

    python -m benchmarks.collector_cost    # benchmarks/results/, docs/collector_cost.md

Chromium runs the collector with its CPU slowed down 6 times, and tells every task of the page's
main thread. A task belongs to the source that runs in it; each source has one of its own.
"""

import gzip
import json
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import trio

from benchmarks.browsers import Visit, open_browsers, running_driver
from benchmarks.channel_noise.__main__ import environment, opened
from benchmarks.channel_noise.place import LOOPBACK

ROOT: Final = Path(__file__).parents[1]
DIST: Final = ROOT / "web/collector/dist"
RESULTS: Final = ROOT / "benchmarks/results/collector_cost.json"
TABLE: Final = ROOT / "docs/collector_cost.md"
SLOWDOWN: Final = 6
VISITS: Final = 10
LONG_MS: Final = 50
"""What the Long Tasks API calls long."""

PEERS: Final = (
    (
        "@fingerprintjs/fingerprintjs 5.1.0",
        35.8,
        "https://app.unpkg.com/@fingerprintjs/fingerprintjs@5.1.0/files/dist",
    ),
    (
        "@fingerprintjs/fingerprintjs 4.6.1",
        39.2,
        "https://app.unpkg.com/@fingerprintjs/fingerprintjs@4.6.1/files/dist",
    ),
)
"""Name, the smallest script that runs in a page (kB, minified), and where that is published."""

WATCH: Final = """(() => {
  const named = (name, original) => function (...args) {
    performance.mark("octet " + name);
    return Reflect.apply(original, this, args);
  };
  const wrap = (object, member, name) => { object[member] = named(name, object[member]); };
  wrap(HTMLCanvasElement.prototype, "getContext", "webgl");
  wrap(NavigatorUAData.prototype, "getHighEntropyValues", "userAgent");
  wrap(speechSynthesis.__proto__, "getVoices", "voices");
  wrap(Intl.DateTimeFormat.prototype, "resolvedOptions", "intl");
  wrap(WebSocket.prototype, "send", "volley");
  wrap(globalThis, "fetch", "post");
})()"""
"""In the page, before its scripts: a mark in the task that calls one of these."""

PAGE: Final = """# What the collector costs a page

Rendered by `make noise` from `benchmarks/results/collector_cost.json`.

## Bytes

| script | minified, kB | gzipped, kB |
|---|---|---|
{sizes}

Sizes of others are as published: {sources}.
What they are gzipped is not published there. They do other things: they draw and play to tell one
browser from another, and time no network.

## Tasks of the main thread

Chromium, CPU slowed down {slowdown} times, {visits} visits; the longest task of each visit, milliseconds: of
the thread's own time, and of the clock, in which the machine's other work counts too.

| in the task | thread, median | thread, longest | clock, median | clock, longest |
|---|---|---|---|---|
{tasks}

A task over 50 ms is what browsers call long. Tasks in which one was, by the thread's time: {long}.
The creation of the WebGL context is the browser's own work, and is asked for in a task of its own;
without a graphics card, as here, it is the browser's software that draws. `mode: "lite"` leaves it
out. `intl` holds `timeZone` too, and is where a new process reads its tables of locales; `other` is
what the browser does beside the collector. On a machine with other work to do the throttling itself
counts for more: the load below is that of this measurement.

{environment}
"""


def sizes() -> Mapping[str, Sequence[float]]:
    """Return minified and gzipped size of what the build left, kB."""
    found = {}
    for path in (DIST / "octet-collector.js", DIST / "octet-collector.mjs"):
        content = path.read_bytes()
        found[path.name] = (len(content) / 1e3, len(gzip.compress(content, 9)) / 1e3)
    return found


async def tasks() -> list[list[dict[str, Any]]]:
    """Return the main thread's tasks of each visit."""
    with tempfile.TemporaryDirectory() as scratch, running_driver() as socket:
        async with (
            open_browsers(socket) as browsers,
            opened(LOOPBACK, browsers, Path(scratch)) as at,
        ):
            call = f"octet.verify({{apiUrl: '{at.host.edge_url}'}})"
            visit = Visit(
                browser="chromium",
                url=at.page_url,
                expression=f"visit.then(() => (performance.mark('octet begin'), {call}))",
                preload=WATCH,
                slowdown=SLOWDOWN,
                traced=True,
            )
            return [(await browsers.visit(visit)).value for _ in range(VISITS)]


def longest_ms(visits: Sequence[Sequence[Mapping[str, Any]]], of: str) -> Mapping[str, list[float]]:
    """Return by mark the longest task of each visit, by the member *of*; without a mark ``other``."""
    found: dict[str, list[float]] = {}
    for visit in visits:
        of_visit: dict[str, float] = {}
        for task in visit:
            for mark in task["marks"] or ["octet other"]:
                name = mark.removeprefix("octet ")
                of_visit[name] = max(of_visit.get(name, 0), task[of])
        for name, ms in of_visit.items():
            found.setdefault(name, []).append(ms)
    return found


def render(results: Mapping[str, Any]) -> str:
    """Return the page."""
    about = results["environment"]
    own = [f"| {name} | {a:.1f} | {b:.1f} |" for name, (a, b) in results["sizes"].items()]
    peers = [f"| {name} | {kb} | |" for name, kb, _ in PEERS]
    thread, clock = (longest_ms(results["tasks"], of) for of in ("threadMs", "ms"))
    rows = [f"| {name} | {_pair(thread[name])} | {_pair(clock[name])} |" for name in sorted(thread)]
    return PAGE.format(
        sizes="\n".join(own + peers),
        sources=", ".join(url for *_, url in PEERS),
        slowdown=SLOWDOWN,
        visits=len(results["tasks"]),
        tasks="\n".join(rows),
        long=", ".join(sorted(name for name, ms in thread.items() if max(ms) > LONG_MS)) or "none",
        environment=f"{about['date']}; {about['cpus']} CPUs, load {about['loadBefore'][0]} before; "
        f"Linux {about['kernel']}; {about['browsers']['chromium']}, without a display.",
    )


def _pair(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} | {max(values):.1f}"


def main() -> None:
    """Measure, keep the raw figures, render the table."""
    results = {"environment": environment(), "sizes": sizes(), "tasks": trio.run(tasks)}
    RESULTS.write_text(json.dumps(results) + "\n", encoding="utf-8")
    TABLE.write_text(render(results), encoding="utf-8")


if __name__ == "__main__":
    main()
