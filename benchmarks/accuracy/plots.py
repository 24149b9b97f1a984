"""Pictures of what was measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.accuracy.baselines import ENGINE

OURS: Final = "#0b6e4f"
THEIRS: Final = ("#9aa5b1", "#c4862b", "#5b7db1")

mpl.rcParams["svg.hashsalt"] = "octet"
mpl.rcParams["font.size"] = 9


def reliability(calibration: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw how often answers of a confidence were right, a panel a share of hidden visitors."""
    figure = Figure(figsize=(3.0 * len(calibration), 3.2), layout="constrained")
    panels = figure.subplots(1, len(calibration), squeeze=False)[0]
    for axes, one in zip(panels, calibration, strict=True):
        sure = [part["confidence"] for part in one["bins"]]
        right = [part["right"] for part in one["bins"]]
        axes.plot([0.5, 1], [0.5, 1], color="#444", linewidth=0.8, linestyle="--")
        axes.plot(sure, right, color=OURS, marker="o", markersize=4)
        axes.set_xlim(0.5, 1.005)
        axes.set_ylim(min([0.5, *right]) - 0.02, 1.02)
        axes.set_title(f"{one['hidden']:.0%} hidden: ECE {one['ece']:.3f}")
        axes.set_xlabel("confidence")
        axes.set_ylabel("share right")
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def risk_coverage(curves: Mapping[str, Sequence[Sequence[float]]], path: Path) -> None:
    """Draw the share of wrong answers over the share of sessions answered."""
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axes = figure.subplots()
    others = iter(THEIRS)
    for name, points in curves.items():
        colour = OURS if name == ENGINE else next(others)
        covered, risk = zip(*points, strict=True)
        width = 2.0 if name == ENGINE else 1.2
        axes.plot(covered, risk, color=colour, label=name, linewidth=width)
    axes.set_xlabel("share of sessions answered, surest first")
    axes.set_ylabel("share of those wrong")
    axes.set_ylim(bottom=0.0)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})
