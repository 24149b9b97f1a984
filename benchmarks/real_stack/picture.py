"""Δ beside the round trips that were set."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.real_stack.cases import TUNNELS, Way

Row = Mapping[str, Any]
COLOURS: Final = {
    Way.DIRECT: "#444444",
    Way.OPENVPN: "#c4862b",
    Way.WIREGUARD: "#8a5a83",
    Way.MICROSOCKS: "#0b6e4f",
    Way.DANTE: "#5b7db1",
    Way.TINYPROXY: "#b5483a",
    Way.HAPROXY: "#9aa5b1",
}
MARKERS: Final = {"chromium": "o", "firefox": "^"}
CARRIED: Final = TUNNELS | {Way.DIRECT}
"""Ways on which the browser's own machine ends TCP."""


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw every visit: where something else ends TCP, and where nothing does."""
    mpl.rcParams["svg.hashsalt"] = "octet"
    mpl.rcParams["font.size"] = 9
    figure = Figure(figsize=(8.4, 4.0), layout="constrained")
    ended, carried = figure.subplots(1, 2)
    _scatter(ended, [row for row in rows if row["way"] not in CARRIED], "set_gap_ms")
    _scatter(carried, [row for row in rows if row["way"] in CARRIED], "set_kernel_ms")
    for axes in (ended, carried):
        limit = 270
        axes.plot([0, limit], [0, limit], color="#999999", linewidth=0.8, linestyle="--")
        axes.set_xlim(-8, limit)
        axes.set_ylim(-8, limit + 30)
        axes.set_ylabel("Δ measured, ms")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(loc="upper left", fontsize=8)
    ended.set_title("something at the exit ends TCP")
    ended.set_xlabel("round trip set between exit and browser, ms")
    carried.set_title("the browser's machine ends TCP")
    carried.set_xlabel("round trip set between edge and browser, ms")
    figure.savefig(path, metadata={"Date": None})


def _scatter(axes: Axes, rows: Sequence[Row], across: str) -> None:
    for way in COLOURS:
        for browser, marker in MARKERS.items():
            found = [
                (row[across], visit["deltaUs"] / 1e3)
                for row in rows
                if (row["way"], row["browser"]) == (way, browser)
                for visit in row["visits"]
            ]
            if found:
                label = way if browser == "chromium" else f"{way}, {browser}"
                x, y = zip(*found, strict=True)
                axes.scatter(
                    x,
                    y,
                    s=22,
                    marker=marker,
                    facecolors="none",
                    edgecolors=COLOURS[way],
                    label=label,
                )
