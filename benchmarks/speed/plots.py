"""Pictures of what was measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.speed.loading import Outcome
from benchmarks.speed.ratios import by_round, cost_us, estimate

OURS: Final = "#0b6e4f"
THEIRS: Final = "#9aa5b1"
QUANTILES: Final = tuple(1 - 10 ** (-step / 20) for step in range(1, 61))

mpl.rcParams["svg.hashsalt"] = "octet"
mpl.rcParams["font.size"] = 9


def costs(outcomes: Sequence[Outcome], path: Path, *, titles: Mapping[str, str]) -> None:
    """Draw the processor time of an exchange, a bar a program, on a logarithmic axis."""
    names = [n for n in dict.fromkeys(o.program for o in outcomes) if by_round(outcomes, n)]
    estimates = {n: estimate([cost_us(o) for o in by_round(outcomes, n).values()]) for n in names}
    names.sort(key=lambda name: -estimates[name].middle)
    figure = Figure(figsize=(7.5, 0.9 + 0.36 * len(names)), layout="constrained")
    axes = figure.subplots()
    middles = [estimates[name].middle for name in names]
    spread = [
        [estimates[n].middle - estimates[n].low for n in names],
        [estimates[n].high - estimates[n].middle for n in names],
    ]
    colours = [OURS if name in {"octet", "service"} else THEIRS for name in names]
    axes.barh([titles.get(n, n) for n in names], middles, xerr=spread, color=colours, capsize=2)
    axes.set_xscale("log")
    axes.set_xlabel("server's processor time each, µs (logarithmic; less is better)")
    for place, name in enumerate(names):
        value = estimates[name]
        axes.text(value.high, place, f"  {value.middle:,.0f}", va="center", ha="left")
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def latency(outcomes: Sequence[Outcome], path: Path) -> None:
    """Draw latency over its quantile, a panel an upstream delay, at half of each one's capacity."""
    half = [o for o in outcomes if o.setting["share"] == 0.5 and o.good]  # noqa: PLR2004
    delays = sorted({o.setting["delayMs"] for o in half})
    if not delays:
        return
    figure = Figure(figsize=(3.0 * len(delays), 3.0), layout="constrained")
    panels = figure.subplots(1, len(delays), squeeze=False)[0]
    for axes, delay_ms in zip(panels, delays, strict=True):
        for name in dict.fromkeys(o.program for o in half):
            rounds = [
                o
                for o in half
                if o.program == name and o.setting["delayMs"] == delay_ms and o.latency
            ]
            colour = OURS if name == "octet" else THEIRS
            for outcome in rounds:
                assert outcome.latency is not None  # noqa: S101 - chosen so
                times_ms = [outcome.latency.quantile_us(q) / 1000 for q in QUANTILES]
                label = name if outcome is rounds[0] else None
                axes.plot([1 / (1 - q) for q in QUANTILES], times_ms, color=colour, label=label)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks([2, 10, 100, 1000], ["p50", "p90", "p99", "p99.9"])
        axes.set_title(f"service takes {delay_ms} ms")
        axes.set_ylabel("ms")
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend()
    figure.savefig(path, metadata={"Date": None})
