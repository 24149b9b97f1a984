"""The measurement as a page: rendered from the raw figures alone."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

QUANTILES: Final = (5, 25, 50, 75, 95)

PAGE: Final = """# Noise of the latency channel

How much later a browser answers a volley than its kernel answers a packet, without any proxy in
between: Δ = the edge's shortest volley − the kernel's shortest round trip (`tcpi_min_rtt`) of the same
connection, milliseconds. Rendered by `make noise` from `benchmarks/results/channel_noise.json`.

| browser | line (round trip set) | visits | kernel min | Δ p5 | p25 | p50 | p75 | p95 | Δ of any volley p50 | p95 |
|---|---|---|---|---|---|---|---|---|---|---|
{rows}

The column *Δ of any volley* takes every volley instead of each visit's shortest. *Kernel min* is the
median over visits.

Δ as the page measures it (its shortest round trip − the kernel's), for comparison: what a page says
can be made up, what the edge measures cannot be made smaller.

| browser | line | Δ p5 | p50 | p95 |
|---|---|---|---|---|
{page_rows}

## How it was measured

{environment}

Real: the browsers without a display, each visit in a new private context, one after another; the
collector in mode `full` (24 volleys, `budgetMs` as the collector asks); the installed edge with TLS;
TCP of the kernel at both ends; `loopback` is 127.0.0.1.

Simulated: the line. Browser and edge stand in two network namespaces, joined by a process that holds
each IP packet back, each way, by half of the round trip named and an exponentially distributed jitter
(means as named, packets in order), and loses packets at random. That process adds some tenths of a
millisecond of its own, which kernel and browser see alike. *CPU 4 times slower* is Chromium's own
throttling; Firefox has none.

Not measured: machines other than this one, radio links, browsers with a display and other tabs, power
saving. A slower machine answers later: Δ has a floor, and no ceiling. {failures}
"""


def render(results: Mapping[str, Any]) -> str:
    """Return the page."""
    rows = results["rows"]
    failed = [row for row in rows if row["failures"]]
    told = ", ".join(f"{_label(row)}: {row['failures']}" for row in failed)
    return PAGE.format(
        rows="\n".join(_row(row) for row in rows if row["visits"]),
        page_rows="\n".join(_page_row(row) for row in rows if row["visits"]),
        environment=_environment(results["environment"]),
        failures=f"Visits without a receipt: {told}." if failed else "No visit failed.",
    )


def deltas_ms(visits: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return each visit's Δ."""
    return [(min(one["edgeRttUs"]) - one["kernelMinRttUs"]) / 1e3 for one in visits]


def quantile(values: Sequence[float], percent: int) -> float:
    """Return the *percent* quantile, between the nearest two values."""
    ordered = sorted(values)
    if len(ordered) == 1:
        return ordered[0]
    return statistics.quantiles(ordered, n=100, method="inclusive")[percent - 1]


def _row(row: Mapping[str, Any]) -> str:
    visits = row["visits"]
    kernel = statistics.median(one["kernelMinRttUs"] for one in visits) / 1e3
    shortest = deltas_ms(visits)
    every = [(rtt - one["kernelMinRttUs"]) / 1e3 for one in visits for rtt in one["edgeRttUs"]]
    figures = [kernel, *(quantile(shortest, percent) for percent in QUANTILES)]
    figures += [quantile(every, percent) for percent in (50, 95)]
    shown = [f"{figure:.2f}" for figure in figures]
    return _cells(row["browser"], row["name"], str(len(visits)), *shown)


def _page_row(row: Mapping[str, Any]) -> str:
    visits = [one for one in row["visits"] if one["pageRttMs"]]
    deltas = [min(one["pageRttMs"]) - one["kernelMinRttUs"] / 1e3 for one in visits]
    shown = [f"{quantile(deltas, percent):.2f}" for percent in (5, 50, 95)] if deltas else ["–"] * 3
    return _cells(row["browser"], row["name"], *shown)


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _label(row: Mapping[str, Any]) -> str:
    return f"{row['browser']} on {row['name']}"


def _environment(about: Mapping[str, Any]) -> str:
    load = " / ".join(f"{value:.1f}" for value in (about["loadBefore"][0], about["loadAfter"][0]))
    browsers = ", ".join(about["browsers"].values())
    return (
        f"{about['date']}; {about['cpus']} CPUs, load {load} before and after; "
        f"Linux {about['kernel']}, Python {about['python']}; {browsers}."
    )
