"""Pictures of what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from benchmarks.accuracy.answers import ENGINE
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array

OURS: Final = "#0b6e4f"
THEIRS: Final = ("#9aa5b1", "#c4862b", "#5b7db1", "#a65a8a")
SEA, LAND, BORDER = "#ffffff", "#e4e7eb", "#ffffff"
COLUMNS: Final = 3
STEP_DEGREES, LEAST_DEGREES, DEGREES_HALF_ROUND = 0.6, 1.2, 180.0
"""Of the map: between vertices, across a shape, and what no country is wide."""

mpl.rcParams["svg.hashsalt"] = "octet"
mpl.rcParams["font.size"] = 9
mpl.rcParams["axes.spines.top"] = mpl.rcParams["axes.spines.right"] = False


def reliability(calibration: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw how often answers of a confidence were right, a panel a share of hidden visitors."""
    figure = Figure(figsize=(3.1 * len(calibration), 3.3), layout="constrained")
    panels = figure.subplots(1, len(calibration), squeeze=False, sharey=True)[0]
    least = min(part["right"] for one in calibration for part in one["bins"])
    for axes, one in zip(panels, calibration, strict=True):
        sure = [part["confidence"] for part in one["bins"]]
        right = [part["right"] for part in one["bins"]]
        axes.plot([0.5, 1], [0.5, 1], color="#444", linewidth=0.8, linestyle="--")
        axes.plot(sure, right, color=OURS, marker="o", markersize=4)
        axes.set_xlim(0.5, 1.005)
        axes.set_ylim(min(0.5, least) - 0.02, 1.02)
        axes.set_title(f"{one['hidden']:.0%} hidden: ECE {one['ece']:.3f}")
        axes.set_xlabel("confidence")
        axes.grid(visible=True, alpha=0.3)
    panels[0].set_ylabel("share right")
    figure.savefig(path, metadata={"Date": None})


def risk_coverage(curves: Mapping[str, Sequence[Sequence[float]]], path: Path) -> None:
    """Draw the share of wrong answers over the share of sessions answered."""
    figure = Figure(figsize=(6.0, 3.8), layout="constrained")
    axes = figure.subplots()
    for name, points in curves.items():
        covered, risk = zip(*points, strict=True)
        style = _style(name, list(curves))
        axes.plot(covered, risk, label=name, drawstyle="steps-post", **style)
        if len(points) < COLUMNS:
            axes.plot(covered, risk, "o", markersize=4, color=style["color"])
    axes.set_xlabel("share of sessions answered, surest first")
    axes.set_ylabel("share of those wrong")
    axes.set_ylim(bottom=0.0)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def alarms(
    rates: Sequence[float],
    found: Mapping[str, Mapping[str, Sequence[float]]],
    levels: Mapping[str, tuple[float, Mapping[str, float]]],
    path: Path,
) -> None:
    """Draw what each finds over false alarms, a panel a class.

    Args:
        rates: of false alarms, among visitors at home, travelling and roaming.
        found: name to class to the share found at each rate.
        levels: the engine's own, each its false alarms and what it finds of each class.
        path: of the picture.
    """
    classes = list(found[ENGINE])
    figure = Figure(figsize=(9.6, 6.2), layout="constrained")
    panels = figure.subplots(2, COLUMNS, sharex=True, sharey=True).ravel()
    for axes, case in zip(panels, classes, strict=True):
        for name, by_case in reversed(list(found.items())):
            axes.plot(rates, by_case[case], label=name, **_style(name, list(found)))
        for false, there in levels.values():
            axes.plot(max(false, 1e-4), there[case], "o", color=OURS, clip_on=False)
        _false_alarm_axis(axes)
        axes.set_title(case)
    for axes in panels[COLUMNS:]:
        axes.set_xlabel("false alarms")
    for axes in panels[::COLUMNS]:
        axes.set_ylabel("share alarmed")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(
        handles[::-1], names[::-1], loc="outside lower center", ncols=len(names), frameon=False
    )
    figure.savefig(path, metadata={"Date": None})


def _false_alarm_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xlim(1e-4, 1.0)
    axes.set_ylim(-0.02, 1.02)
    axes.grid(visible=True, alpha=0.3)


def errors(atlas: Atlas, wrong: Mapping[str, float], path: Path) -> None:
    """Draw the world, each country by its share of wrong answers."""
    figure = Figure(figsize=(9.6, 4.9), layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor(SEA)
    shapes = list(_shapes(atlas))
    told = [(ring, wrong[code]) for ring, code in shapes if code in wrong]
    rest = [ring for ring, code in shapes if code not in wrong]
    axes.add_collection(PolyCollection(rest, facecolors=LAND, edgecolors="#b8c0c8", linewidths=0.3))
    shaded = PolyCollection(
        [ring for ring, _ in told],
        cmap="YlOrRd",
        norm=LogNorm(1e-3, 0.2),
        edgecolors=BORDER,
        linewidths=0.3,
    )
    shaded.set_array(np.maximum([share for _, share in told], 1e-3))
    axes.add_collection(shaded)
    axes.set_xlim(-170, 190)
    axes.set_ylim(-57, 80)
    axes.set_aspect(1.15)
    axes.axis("off")
    bar = figure.colorbar(shaded, ax=axes, shrink=0.6, pad=0.01, extend="both")
    bar.set_ticks([1e-3, 1e-2, 1e-1], labels=["0.1 %", "1 %", "10 %"])
    bar.set_label("wrong answers, of visitors who do not hide")
    figure.savefig(path, metadata={"Date": None})


def _shapes(atlas: Atlas) -> Iterator[tuple[Array, str]]:
    """Yield outlines, longitude and latitude, and their country's code; small islands are left out.

    A ring that crosses the date line goes on beyond it.
    """
    rings = np.split(atlas.shape_point[:, ::-1] * 0.01, atlas.shape_end[:-1])
    for ring, row in zip(rings, atlas.shape_country, strict=True):
        if np.ptp(ring[:, 0]) > DEGREES_HALF_ROUND:
            ring[:, 0] += 360.0 * (ring[:, 0] < 0.0)
        if np.ptp(ring, axis=0).max() >= LEAST_DEGREES:
            yield _coarse(ring), atlas.countries[row] if row >= 0 else ""


def _coarse(ring: Array) -> Array:
    """Return the ring with a vertex each `STEP_DEGREES` or so: a picture needs no more."""
    kept = [ring[0]]
    for point in ring[1:]:
        if np.abs(point - kept[-1]).max() >= STEP_DEGREES:
            kept.append(point)
    return np.array(kept)


def _style(name: str, names: Sequence[str]) -> dict[str, Any]:
    if name == ENGINE:
        return {"color": OURS, "linewidth": 2.2}
    others = [one for one in names if one != ENGINE]
    return {"color": THEIRS[others.index(name) % len(THEIRS)], "linewidth": 1.3}
