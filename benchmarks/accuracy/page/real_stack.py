"""Real stacks: proxies and tunnels in network namespaces, with a real browser."""

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any, Final

from benchmarks.accuracy.page.kept import Kept
from benchmarks.real_stack.picture import CARRIED, draw
from benchmarks.real_stack.tables import packets, timing, verdicts

HEADING: Final = "## Real stacks\n\n"
PICTURE: Final = "real_stack.svg"

PAGE: Final = """**Measured**, by `make real-stack`: real browsers without a display, the installed edge and service,
proxies and tunnels of Debian's packages, TCP of the kernel. **Simulated**: the addresses, clocks and
languages (the browser is told), and the lines. Visitor, exit and edge are network namespaces, each two
joined by a process that holds every packet back by the time that is set. The exit's address is of a
Dutch host, the edge says that it stands in Frankfurt. The balancer takes its visitors in under its
own address, beside the edge. Medians and ranges over visits, each in a new private context; round
trips in milliseconds. *Set* is the lines' delay alone; programs, and the lines' own process, add to it.
*Late* are visits whose report arrived after the page had given up: `timeoutMs` is left at 5 s.

{timing}

{told}

![Δ beside the round trips that were set](accuracy/{picture})

What the edge saved of the connection that brought the post. All of it is one machine's kernel, so
proxy and browser have the same TCP; on the Internet they need not. TTL is that of arrival.

{packets}

What the engine makes of these: means of its posterior over transports, and its verdicts. {agrees}

{verdicts}

{failures}

<sub>{where}</sub>
"""


def section(kept: Kept) -> str:
    """Return what ``accuracy-real-stack.json`` says."""
    return kept.section("accuracy-real-stack", HEADING, partial(_measured, kept))


def _measured(kept: Kept, numbers: Mapping[str, Any], environment: Mapping[str, Any]) -> str:
    rows = numbers["rows"]
    draw(rows, kept.picture(PICTURE))
    visits = [visit for row in rows for visit in row["visits"]]
    return PAGE.format(
        timing=timing(rows),
        told=_told(rows),
        picture=PICTURE,
        packets=packets(rows),
        agrees=_agrees([visit["serviceAgrees"] for visit in visits]),
        verdicts=verdicts(rows),
        failures=_failures(rows),
        where=_where(environment),
    )


def _told(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say how Δ lies to what was set, with and without something that ends TCP."""
    excess: list[float] = []
    noise: list[float] = []
    for row in rows:
        carried = row["way"] in CARRIED
        found = [visit["deltaUs"] / 1e3 - row["set_gap_ms"] for visit in row["visits"]]
        (noise if carried else excess).extend(found)
    return (
        f"Where something at the exit ends TCP, Δ is the round trip set between it and the browser and "
        f"{median(excess):.1f} ({min(excess):.1f} – {max(excess):.1f}) more, in {len(excess)} visits. Where "
        f"the browser's own machine does, directly or through a tunnel, Δ is {median(noise):.1f} "
        f"({min(noise):.1f} – {max(noise):.1f}), in {len(noise)} visits."
    )


def _agrees(same: Sequence[bool]) -> str:
    """Say whether the service that ran judged as the engine that was asked for the table."""
    if all(same):
        return "The running service gave each of these verdicts, too."
    return (
        f"Engine and tables are later ones than those of the service that ran, whose verdict was the "
        f"same in {sum(same)} of {len(same)} visits."
    )


def _failures(rows: Sequence[Mapping[str, Any]]) -> str:
    failed = [
        f"{len(row['failures'])} of {row['browser']}, {row['way']}, "
        f"{row['user_ms']:g} ms: {', '.join(sorted(set(row['failures'])))}"
        for row in rows
        if row["failures"]
    ]
    return f"Visits that failed: {'; '.join(failed)}." if failed else "No visit failed."


def _where(e: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in e["versions"].items())
    load = " / ".join(f"{e[name][0]:.1f}" for name in ("loadBefore", "loadAfter"))
    return (
        f"{e['at']}; tables {e['atlas']}; {e['cpu']}, {e['cores']} cores, load {load} before and "
        f"after; Linux {e['kernel']}; {versions}"
    )
