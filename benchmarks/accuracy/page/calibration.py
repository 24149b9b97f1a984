"""How often answers of a confidence are right."""

from collections.abc import Mapping
from typing import Any

from benchmarks.accuracy import plots
from benchmarks.accuracy.goals import ECE_PATTERN
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import met, percent


def section(kept: Kept) -> str:
    """Return the calibration overall and of what looks alike, and draw it."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    plots.reliability(numbers["calibration"], kept.picture("reliability.svg"))
    plots.risk_coverage(numbers["riskCoverage"], kept.picture("risk_coverage.svg"))
    rows = [
        "## Calibration",
        "",
        "Where the engine answers, in a mix of classes (`benchmarks/accuracy/measure.py`); simulated.",
        "",
        *_biases(numbers),
        "",
        "![reliability](accuracy/reliability.svg)",
        "",
        "![risk and coverage](accuracy/risk_coverage.svg)",
        "",
        "What looks alike, at 10 % hidden, where there are 200 sessions of it:",
        "",
        "| pattern | share | sessions | ECE | ≤ 0.03 |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {one['pattern']} | {percent(one['share'])} | {one['count']:,} | {one['ece']:.3f} | {met(one['ece'] <= ECE_PATTERN)} |"
        for one in numbers["patterns"]
    ]
    return "\n".join([*rows, ""])


def _biases(numbers: Mapping[str, Any]) -> list[str]:
    """Say of each mix whether the engine is too sure, or not sure enough."""
    told = []
    for one in numbers["calibration"]:
        sure = sum(part["weight"] * part["confidence"] for part in one["bins"])
        right = sum(part["weight"] * part["right"] for part in one["bins"])
        told.append(
            f"- {one['hidden']:.0%} hidden: on average it claims {percent(sure)} and is right in "
            f"{percent(right)}."
        )
    return told
