"""Pictures of what was measured."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import matplotlib as mpl
from attrs import evolve
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.speed import tables
from benchmarks.speed.loading import Outcome
from benchmarks.speed.ratios import Estimate, by_round, cost_us, estimate
from benchmarks.speed.sections.latency import timely

OURS: Final = "#0b6e4f"
THEIRS: Final = "#9aa5b1"
COLOURS: Final[Mapping[str, str]] = {"octet": OURS, "go-edge": "#c1666b", "direct": THEIRS}
OF_OTHERS: Final = (
    "naive",
    "uvicorn",
    "granian",
    "aiohttp",
    "go-",
    "edge in Go",
    "nginx",
    "the same sum",
)
"""How names begin of what is not ours, or not taken."""
WIDE: Final = 20
"""From this ratio between bars on, their axis is logarithmic; a narrower one begins at zero."""
QUANTILES: Final = tuple(1 - 10 ** (-step / 20) for step in range(1, 61))

mpl.rcParams["svg.hashsalt"] = "octet"
mpl.rcParams["font.size"] = 9
mpl.rcParams["axes.spines.top"] = mpl.rcParams["axes.spines.right"] = False


def draw(section: str, outcomes: Sequence[Outcome], path: Path) -> bool:
    """Draw a section; return whether there was anything to draw."""
    good = [outcome for outcome in outcomes if outcome.good]
    figure = DRAWN.get(section, _costs)(good) if good else None
    if figure is None:
        return False
    figure.savefig(path, metadata={"Date": None})
    return True


def _costs(outcomes: Sequence[Outcome]) -> Figure:
    """Draw the processor time of an exchange, a bar a program."""
    values = _estimates(outcomes, cost_us)
    figure, axes = _canvas(len(values))
    _bars(axes, dict(sorted(values.items(), key=lambda item: -item[1].middle)))
    _scale(axes, values, "server's processor time each, µs")
    return figure


def _memory(outcomes: Sequence[Outcome]) -> Figure:
    """Draw the memory of a connection that waits, a bar a program."""
    values = _estimates(outcomes, lambda outcome: float(outcome.setting["kibEach"]))
    figure, axes = _canvas(len(values))
    _bars(axes, dict(reversed(values.items())))
    _scale(axes, values, "memory of a connection that waits, KiB")
    return figure


def _seconds(outcomes: Sequence[Outcome]) -> Figure:
    named = [evolve(o, program=tables.PROGRAMS.get(o.program, o.program)) for o in outcomes]
    values = _estimates(named, lambda outcome: outcome.seconds * 1000)
    figure, axes = _canvas(len(values))
    _bars(axes, dict(reversed(values.items())))
    _scale(axes, values, "to the first answer, ms")
    return figure


def _growth(outcomes: Sequence[Outcome]) -> Figure:
    """Draw what a post costs, and how many are answered, by the number of workers."""
    figure = Figure(figsize=(7.5, 2.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _bars(left, dict(reversed(_estimates(outcomes, cost_us).items())))
    left.set_xlabel("server's processor time each, µs")
    rates = _estimates(outcomes, lambda outcome: outcome.done / outcome.seconds)
    _bars(right, dict(reversed(rates.items())))
    right.set_xlabel("answered a second (load and stand-in share a core)")
    return figure


def _latency(outcomes: Sequence[Outcome]) -> Figure:
    """Draw latency over its quantile: a row an upstream delay, a column a load."""
    delays_ms = sorted({o.setting["delayMs"] for o in outcomes})
    shares = sorted({o.setting["share"] for o in outcomes})
    figure = Figure(figsize=(2.8 * len(shares), 2.4 * len(delays_ms)), layout="constrained")
    grid = figure.subplots(len(delays_ms), len(shares), squeeze=False, sharex=True, sharey="row")
    for row, delay_ms in zip(grid, delays_ms, strict=True):
        row[0].set_ylabel(f"service takes {delay_ms} ms\nlatency, ms")
        for axes, share in zip(row, shares, strict=True):
            here = [
                o
                for o in outcomes
                if o.setting["delayMs"] == delay_ms and o.setting["share"] == share and o.latency
            ]
            for name in tables.names(here):
                _curve(axes, name, timely([o for o in here if o.program == name]))
            axes.set(xscale="log", yscale="log", xlim=(1.1, 1000))
            axes.set_xticks([2, 10, 100, 1000], ["p50", "p90", "p99", "p99.9"])
            axes.minorticks_off()
            axes.yaxis.set_major_formatter("{x:g}")
            axes.grid(visible=True, which="major", alpha=0.3)
    for axes, share in zip(grid[0], shares, strict=True):
        axes.set_title(f"{share:.0%} of its capacity")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    return figure


def _curve(axes: Axes, name: str, windows: Sequence[Outcome]) -> None:
    """Draw the median over windows at each quantile, and between which all of them lie."""
    found = [o.latency for o in windows if o.latency]
    times_ms = [[h.quantile_us(q) / 1000 for h in found] for q in QUANTILES]
    places = [1 / (1 - q) for q in QUANTILES]
    colour = COLOURS.get(name, THEIRS)
    middles = [median(row) for row in times_ms]
    style = "--" if name == "direct" else "-"
    axes.plot(places, middles, style, color=colour, label=tables.title(name))
    axes.fill_between(
        places, [min(row) for row in times_ms], [max(row) for row in times_ms],
        color=colour, alpha=0.15, linewidth=0,
    )  # fmt: skip


def _polls(outcomes: Sequence[Outcome]) -> Figure:
    """Draw how soon long polls are woken, a curve a kind, and what each of them weighs."""
    figure = Figure(figsize=(8.4, 3.0), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for place, name in enumerate(tables.names(outcomes)):
        windows = [o for o in outcomes if o.program == name and o.latency]
        found = [o.latency for o in windows if o.latency]
        middles = [median(h.quantile_us(q) / 1000 for h in found) for q in QUANTILES]
        left.plot(
            [1 / (1 - q) for q in QUANTILES], middles, color=f"C{place}", label=_held(windows[0])
        )
    left.set(xscale="log", xlim=(1.1, 100), xlabel="quantile", ylabel="post due → verdict read, ms")
    left.set_xticks([2, 10, 100], ["p50", "p90", "p99"])
    left.minorticks_off()
    left.set_ylim(bottom=0)
    left.grid(visible=True, which="major", alpha=0.3)
    left.legend(frameon=False)
    values = {
        _held(next(o for o in outcomes if o.program == name)): value
        for name, value in _estimates(outcomes, lambda o: float(o.setting["kibEach"])).items()
    }
    _bars(right, dict(reversed(values.items())))
    right.set_xlabel("memory of a poll that waits, KiB")
    return figure


def _held(outcome: Outcome) -> str:
    count = outcome.setting["polls"]
    return f"{tables.title(outcome.program.removesuffix(f'-{count}'))}, {count:,} polls"


def _engine(outcomes: Sequence[Outcome]) -> Figure:
    """Draw the medians of a verdict, and of the ways not taken."""
    values = {
        text: estimate([float(o.setting[name]["p50"]) for o in outcomes])
        for name, text in tables.ENGINE.items()
    }
    figure, axes = _canvas(len(values))
    _bars(axes, dict(reversed(values.items())))
    _scale(axes, values, "processor time, ms")
    return figure


DRAWN: Final[Mapping[str, Callable[[Sequence[Outcome]], Figure]]] = {
    "latency": _latency,
    "idle": _memory,
    "workers": _growth,
    "cold-start": _seconds,
    "polls": _polls,
    "engine": _engine,
}
"""Those sections that are not about the cost of an exchange."""


def _canvas(bars: int) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.5, 0.9 + 0.36 * bars), layout="constrained")
    return figure, figure.subplots()


def _estimates(outcomes: Sequence[Outcome], of: Callable[[Outcome], float]) -> dict[str, Estimate]:
    return {
        name: estimate([of(o) for o in by_round(outcomes, name).values()])
        for name in tables.names(outcomes)
    }


def _scale(axes: Axes, values: Mapping[str, Estimate], text: str) -> None:
    """Name the axis of bars, of which fewer is better."""
    middles = [value.middle for value in values.values()]
    if max(middles) > WIDE * min(middles):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:,g}")
        text += ", logarithmic"
    axes.set_xlabel(f"{text} (less is better)")


def _bars(axes: Axes, values: Mapping[str, Estimate]) -> None:
    """Draw horizontal bars with their intervals, from below."""
    middles = [value.middle for value in values.values()]
    spread = [
        [value.middle - value.low for value in values.values()],
        [value.high - value.middle for value in values.values()],
    ]
    colours = [THEIRS if name.startswith(OF_OTHERS) else OURS for name in values]
    labels = [tables.title(name) for name in values]
    axes.barh(labels, middles, xerr=spread, color=colours, capsize=2)
    for place, value in enumerate(values.values()):
        text = f"  {tables.number(value.middle)}"
        axes.text(value.high, place, text, va="center", ha="left")
    axes.margins(x=0.15)
