"""What the collector costs a page: bytes on the way, and tasks of the main thread.

    python -m benchmarks.collector_cost    # benchmarks/results/, docs/collector_cost.md

Chromium runs the collector with its CPU slowed down 6 times, and tells every task of the page's
main thread. Each visit is the first one of a new browser, which has nothing loaded: the worst that a
page can meet. A task belongs to the source that runs in it; each source has one of its own.
"""

import json
import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import trio

from benchmarks.browsers import Visit, open_browsers, running_driver
from benchmarks.channel_noise.__main__ import environment, opened
from benchmarks.channel_noise.place import LOOPBACK

ROOT: Final = Path(__file__).parents[1]
SIZES: Final = ROOT / "benchmarks/collector_peers/sizes.mjs"
RESULTS: Final = ROOT / "benchmarks/results/collector_cost.json"
TABLE: Final = ROOT / "docs/collector_cost.md"
SLOWDOWN: Final = 6
VISITS: Final = 20
LONG_MS: Final = 50
"""What the Long Tasks API calls long."""
APART: Final = "webgl"
"""The browser's own work, which is told beside the others."""

WATCH: Final = """(() => {
  const mark = (name) => performance.mark("octet " + name);
  const wrap = (object, member, name) => {
    const watched = { apply: (...call) => (mark(name), Reflect.apply(...call)) };
    watched.construct = (...call) => (mark(name), Reflect.construct(...call));
    object[member] = new Proxy(object[member], watched);
  };
  let octet;
  const set = (value) => (mark("script"), (octet = value));
  Object.defineProperty(globalThis, "octet", { configurable: true, get: () => octet, set });
  wrap(Intl, "Locale", "locale data");
  wrap(Intl, "supportedValuesOf", "locale data");
  wrap(Intl.DateTimeFormat, "supportedLocalesOf", "locale data");
  wrap(Intl.DateTimeFormat.prototype, "resolvedOptions", "timeZone, intl");
  wrap(HTMLCanvasElement.prototype, "getContext", "webgl");
  wrap(NavigatorUAData.prototype, "getHighEntropyValues", "userAgent");
  wrap(speechSynthesis.__proto__, "getVoices", "voices");
  wrap(globalThis, "WebSocket", "latency");
  wrap(WebSocket.prototype, "send", "latency");
  wrap(globalThis, "fetch", "post");
})()"""
"""In the page, before its scripts: a mark in the task that calls one of these."""

PAGE: Final = """# What the collector costs a page

Rendered by `make noise` from `benchmarks/results/collector_cost.json`.

## Bytes

What a page loads: the script that the edge serves, then pages that use a package, each bundled by the
same esbuild with the package's own example of use (`benchmarks/collector_peers/sizes.mjs`).

| page | minified, kB | gzipped, kB |
|---|---|---|
{sizes}

The others do other things: they tell one browser from another, or robots from people; they draw and
play for that, which this does not, and time no network, which this does.

## Tasks of the main thread

The first visit of a new Chromium, CPU slowed down {slowdown} times, {visits} times over; the longest task of
each visit from the one that runs the script to the answer, milliseconds: of the thread's own time, and
of the clock, in which the machine's other work counts too.

| in the task | thread, median | thread, worst visit | clock, median | clock, worst visit |
|---|---|---|---|---|
{tasks}

A task over 50 ms is what browsers call long. By the thread's time {free} of {visits} visits had none
but WebGL's; long were tasks of {long}.

Apart, since it is the browser's own work and is asked for in a task of its own: the creation of the
WebGL context took {apart} ms of the thread's time (median; worst). Without a graphics card, as here, it
is the browser's software that draws; {drawn} of the visits had a long task for it. `mode: "lite"` leaves
it out.

*script* is the task in which the browser runs the script and the page calls `verify`. *locale data* is
what a new process of Chromium reads before its first `Intl.DateTimeFormat`, which is the only way to
what `intl` tells: {together} ms of the thread together with that (median), divided by the collector
among four tasks, of which the longest, the names that keys of locales may have, is one call of the
browser; the very first browser after a start also reads its files from the disk. A page that has
formatted a date before has paid it before. *other* is what the browser does beside the collector. On a
machine with other work to do the throttling itself counts for more: the load below is that of this
measurement.

{environment}
"""


def sizes() -> Mapping[str, Sequence[float]]:
    """Return minified and gzipped size of each page's script, kB."""
    run = subprocess.run(["node", SIZES], check=True, capture_output=True, text=True)
    found = json.loads(run.stdout)
    return {name: (size["minified"] / 1e3, size["gzipped"] / 1e3) for name, size in found.items()}


async def tasks() -> list[list[dict[str, Any]]]:
    """Return the main thread's tasks of each visit."""
    return [await _first_visit() for _ in range(VISITS)]


async def _first_visit() -> list[dict[str, Any]]:
    """Return the tasks of the first visit of a new browser."""
    with tempfile.TemporaryDirectory() as scratch, running_driver() as socket:
        async with (
            open_browsers(socket) as browsers,
            opened(LOOPBACK, browsers, Path(scratch)) as at,
        ):
            visit = Visit(
                browser="chromium",
                url=at.page_url,
                preload=WATCH,
                slowdown=SLOWDOWN,
                traced=True,
            )
            found: list[dict[str, Any]] = (await browsers.visit(visit)).value
            return found


def longest_ms(visits: Sequence[Sequence[Mapping[str, Any]]], of: str) -> dict[str, list[float]]:
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
    thread, clock = (longest_ms(results["tasks"], of) for of in ("threadMs", "ms"))
    apart = thread.pop(APART)
    rows = [f"| {name} | {_pair(thread[name])} | {_pair(clock[name])} |" for name in sorted(thread)]
    return PAGE.format(
        sizes="\n".join(f"| {name} | {a:.1f} | {b:.1f} |" for name, (a, b) in _ordered(results)),
        slowdown=SLOWDOWN,
        visits=len(results["tasks"]),
        tasks="\n".join(rows),
        long=", ".join(_long(thread)) or "nothing else",
        free=_without_long(results["tasks"]),
        drawn=sum(one > LONG_MS for one in apart),
        apart=_pair(apart).replace(" |", ";"),
        together=f"{statistics.median(map(_formatting_ms, results['tasks'])):.0f}",
        environment=f"{about['date']}; {about['cpus']} CPUs, load {about['loadBefore'][0]} before; "
        f"Linux {about['kernel']}; {about['browsers']['chromium']}, without a display.",
    )


def _ordered(results: Mapping[str, Any]) -> list[tuple[str, Sequence[float]]]:
    """Return the sizes, the collector's own first."""
    return sorted(results["sizes"].items(), key=lambda page: ("octet" not in page[0], page[0]))


def _formatting_ms(visit: Sequence[Mapping[str, Any]]) -> float:
    """Return what a visit's first date format cost its thread, with all that is loaded for it."""
    marked = [
        task for task in visit if {"octet locale data", "octet timeZone, intl"} & {*task["marks"]}
    ]
    return sum(float(task["threadMs"]) for task in marked)


def _long(thread_ms: Mapping[str, Sequence[float]]) -> list[str]:
    """Return what had a long task in any visit, and in how many."""
    counts = {name: sum(one > LONG_MS for one in ms) for name, ms in thread_ms.items()}
    return [f"{name} ({count} visits)" for name, count in sorted(counts.items()) if count]


def _without_long(visits: Sequence[Sequence[Mapping[str, Any]]]) -> int:
    """Return in how many visits no task was long but the one that is told apart."""
    long = [
        any(task["threadMs"] > LONG_MS and f"octet {APART}" not in task["marks"] for task in visit)
        for visit in visits
    ]
    return long.count(False)


def _pair(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} | {max(values):.1f}"


def main() -> None:
    """Measure, keep the raw figures, render the table."""
    results = {"environment": environment(), "sizes": sizes(), "tasks": trio.run(tasks)}
    RESULTS.write_text(json.dumps(results) + "\n", encoding="utf-8")
    TABLE.write_text(render(results), encoding="utf-8")


if __name__ == "__main__":
    main()
