"""Pictures of the components."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure

from benchmarks.accuracy.plots import OURS, THEIRS

COLOURS: Final = {"cross-border": OURS, "same country": THEIRS[1]}


def gaps(measured: Mapping[str, Any], path: Path) -> None:
    """Draw the cumulative shares of Δ: browsers without a proxy, and legs to one."""
    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    axes = figure.subplots()
    dashes = ["-", "--"]
    for style, (name, one) in zip(dashes, measured.items(), strict=False):
        for group, told in one["groups"].items():
            axes.plot(
                one["gridMs"],
                told["curve"],
                color=COLOURS[group],
                linestyle=style,
                linewidth=1.8,
                label=f"proxy, {group} ({name})",
            )
    first = next(iter(measured.values()))
    noise = first["noise"]
    axes.plot(
        first["gridMs"], noise["curve"], color="#444", label=f"no proxy ({noise['visits']} visits)"
    )
    for alarms, one in next(iter(first["groups"].values()))["detection"].items():
        axes.axvline(one["ms"], color="#b3261e", linewidth=0.8, linestyle=":")
        axes.text(
            one["ms"] * 1.04,
            1.02,
            f"{float(alarms):.1%}".replace(".0%", "%"),
            color="#b3261e",
            va="bottom",
        )
    axes.set_xscale("log")
    axes.set_ylim(0, 1.0)
    axes.set_xlabel("Δ, ms; dotted: thresholds at those shares of false alarms")
    axes.set_ylabel("share of visits, or of pairs, below")
    axes.grid(visible=True, alpha=0.3)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def delays(measured: Mapping[str, Any], path: Path) -> None:
    """Draw which claims of a country delays rule out, and what a tighter bound costs."""
    figure = Figure(figsize=(8.0, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    counts = list(measured["byLandmarks"])
    places = range(len(counts))
    for test, colour, shift in (("light", THEIRS[2], -0.18), ("engine", OURS, 0.18)):
        told = [measured["byLandmarks"][count][test]["false"] for count in counts]
        left.bar(
            [place + shift for place in places],
            [one["value"] for one in told],
            width=0.34,
            color=colour,
            label={"light": "100 km a millisecond", "engine": "engine, 1 % of true claims"}[test],
            yerr=[
                [one["value"] - one["low"] for one in told],
                [one["high"] - one["value"] for one in told],
            ],
            ecolor="#444",
            error_kw={"linewidth": 0.9},
        )
    left.set_xticks(list(places), [f"{count} edge{'s' * (count != '1')}" for count in counts])
    left.set_ylabel("false claims ruled out")
    left.set_ylim(0, 1)
    left.legend(frameon=False, fontsize=8, loc="upper left")
    speeds = measured["speeds"]
    right.plot(
        [one["kmPerMs"] for one in speeds],
        [max(one["pairs"]["value"], 1e-5) for one in speeds],
        color=OURS,
        marker="o",
        markersize=4,
    )
    right.set_yscale("log")
    right.invert_xaxis()
    right.set_xlabel("bound, km a millisecond one way (light in glass: 200)")
    right.set_ylabel("true pairs ruled out")
    for axes in (left, right):
        axes.grid(visible=True, alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
