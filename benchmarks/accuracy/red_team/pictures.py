"""Pictures of what attackers reached."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from benchmarks.accuracy.plots import OURS

GOOD: Final = "#0b6e4f"
CAUGHT: Final = "#5b7db1"
SILENT: Final = "#c9d1d9"
OTHER: Final = "#c4862b"
BELIEVED: Final = "#b3261e"
SWING: Final = 0.22
"""How far dots of one row are set apart."""


def reached(capabilities: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw what each attacker reached below medium: a dot a situation, a bar the median."""
    figure = Figure(figsize=(8.2, 0.42 * len(capabilities) + 1.0), layout="constrained")
    axes = figure.subplots()
    for row, one in enumerate(reversed(capabilities)):
        each = np.array(one["ceilings"]["low"]["each"])
        away = SWING * np.sin(2.4 * np.arange(len(each)))
        named = each > 0
        axes.scatter(each[named], row + away[named], s=13, color=BELIEVED, alpha=0.75, linewidths=0)
        axes.scatter(each[~named], row + away[~named], s=13, color=GOOD, alpha=0.6, linewidths=0)
        median = float(np.median(each))
        axes.plot([median, median], [row - 0.34, row + 0.34], color="#222", linewidth=1.6)
    axes.set_yticks(range(len(capabilities)), [one["capability"] for one in reversed(capabilities)])
    axes.axvspan(-0.03, 0.5, color=OURS, alpha=0.06)
    axes.text(0.25, len(capabilities) - 0.35, "not named", ha="center", color=GOOD)
    axes.axvline(0.9, color="#888", linewidth=0.8, linestyle=":")
    axes.set_xlim(-0.03, 1.02)
    axes.set_ylim(-0.6, len(capabilities) - 0.1)
    axes.set_xlabel("confidence in the false country that the attacker chose, alarm below medium")
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.savefig(path, metadata={"Date": None})


def outcomes(attacks: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw what each attack came to: shares of situations, of one bar each."""
    parts = [(name, colour, [_share(one, name) for one in attacks]) for name, colour in _PARTS]
    figure = Figure(figsize=(9.2, 0.3 * len(attacks) + 1.2), layout="constrained")
    axes = figure.subplots()
    left, rows = np.zeros(len(attacks)), np.arange(len(attacks))
    for name, colour, values in parts:
        axes.barh(rows, values, left=left, height=0.72, color=colour, label=name)
        left += values
    axes.set_yticks(rows, [one["attack"] for one in attacks])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of situations")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper center", ncols=len(_PARTS), frameon=False)
    figure.savefig(path, metadata={"Date": None})


_PARTS: Final = (
    ("true country", GOOD),
    ("silent", SILENT),
    ("another country", OTHER),
    ("the chosen one, alarm ≥ medium", CAUGHT),
    ("the chosen one, alarm below", BELIEVED),
)


def _share(one: Mapping[str, Any], name: str) -> float:
    value = {key: part["value"] for key, part in one.items() if isinstance(part, Mapping)}
    shares = dict(
        zip(
            (part for part, _ in _PARTS),
            (
                value["true"],
                value["silent"],
                value["other"],
                value["claimed"] - value["claimedQuietly"],
                value["claimedQuietly"],
            ),
            strict=True,
        )
    )
    return float(shares[name])
