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
        "Where the engine answers, in a mix of classes (`benchmarks/accuracy/mixes.py`); simulated, so it",
        "is calibrated to this simulation at best.",
        "",
        *_biases(numbers),
        "",
        "![reliability](accuracy/reliability.svg)",
        "",
        "![risk and coverage](accuracy/risk_coverage.svg)",
        "",
        *_sweep(numbers),
        "",
        "What looks alike, at 10 % hidden, where there are 200 sessions of it. An error is never negative,",
        "so few sessions show one even of an engine that is right just as often as it claims: *by chance*",
        "is that, on the mean, and in brackets what 39 of 40 draws stay below, each session by itself.",
        "*Within chance* is an error below that: missed, but not told from none. *95 %* are quantiles of",
        "resamples, which add their own chance: they lie high, and may lie above the error itself.",
        "",
        f"| pattern | share | sessions | claims | right | ECE | 95 % | by chance | ≤ {ECE_PATTERN} |",
        "|---|---|---|---|---|---|---|---|---|",
        *(pattern(one) for one in numbers["patterns"]),
    ]
    return "\n".join([*rows, ""])


def pattern(one: Mapping[str, Any]) -> str:
    """Return a pattern's row."""
    chance = " within chance" if ECE_PATTERN < one["ece"] <= one["byChanceHigh"] else ""
    return (
        f"| {one['pattern']} | {percent(one['share'])} | {one['count']:,} | {percent(one['claimed'])} | "
        f"{percent(one['right'])} | {one['ece']:.3f} | {one['low']:.3f} – {one['high']:.3f} | "
        f"{one['byChance']:.3f} ({one['byChanceHigh']:.3f}) | "
        f"{met(one['ece'] <= ECE_PATTERN)}{chance} |"
    )


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


def _sweep(numbers: Mapping[str, Any]) -> list[str]:
    """Return what changes as more hide."""
    rows = [
        "As more or fewer visitors hide; in brackets the worst world:",
        "",
        "| hidden | ECE | wrong | wrong above 0.9 | silent | log loss | Brier |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in numbers["sweep"]:
        mean, worst = one["mean"], one["worst"]
        shares = [
            f"{percent(mean[n])} ({percent(worst[n])})" for n in ("wrong", "sureWrong", "silent")
        ]
        rows.append(
            f"| {percent(one['hidden'])} | {mean['ece']:.3f} ({worst['ece']:.3f}) | {' | '.join(shares)} | "
            f"{mean['logLoss']:.3f} ({worst['logLoss']:.3f}) | {mean['brier']:.4f} ({worst['brier']:.4f}) |"
        )
    return rows
