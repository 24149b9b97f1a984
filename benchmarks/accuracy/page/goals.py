"""What was to be reached, and whether it was."""

from collections.abc import Mapping
from typing import Any

from benchmarks.accuracy.baselines import DELTA_RULE, IP_ONLY, ZONE_RULE
from benchmarks.accuracy.goals import ECE_OVERALL, ECE_PATTERN, GOALS, Goal
from benchmarks.accuracy.page.classes import NUMBERS
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import interval, met, percent

BASELINES = (IP_ONLY, ZONE_RULE, DELTA_RULE)


def section(kept: Kept) -> str:
    """Return the table of goals."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    rows = [
        "## Goals",
        "",
        "Ceilings are read at the upper end of the interval. All simulated; alarms of the baselines",
        "are at no common false-alarm rate. The threshold on Δ is the one that alarms for 1 % of these very",
        f"direct sessions; {IP_ONLY} never alarms. Slow pages and carriers that end TCP are among the direct.",
        "",
        f"| class | number | goal | engine | 95 % | met | {' | '.join(BASELINES)} |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_goal(goal, numbers) for goal in GOALS),
    ]
    rows += [
        f"| all, {one['hidden']:.0%} hidden | ECE | ≤ {ECE_OVERALL} | {one['ece']:.3f} | "
        f"{one['low']:.3f} – {one['high']:.3f} | {met(one['high'] <= ECE_OVERALL)} | | | |"
        for one in numbers["calibration"]
    ]
    if numbers["patterns"]:
        worst = max(numbers["patterns"], key=lambda one: float(one["ece"]))
        rows.append(
            f"| worst pattern: {worst['pattern']} | ECE | ≤ {ECE_PATTERN} | {worst['ece']:.3f} | | "
            f"{met(worst['ece'] <= ECE_PATTERN)} | | | |"
        )
    return "\n".join([*rows, ""])


def _goal(goal: Goal, numbers: Mapping[str, Any]) -> str:
    bound = f"{'≥' if goal.at_least else '≤'} {percent(goal.goal)}"
    head = f"| {goal.case} | {NUMBERS[goal.number]} | {bound}"
    reached = goal.reached(numbers)
    if reached is None:
        return f"{head} | not measured | | | | | |"
    theirs = [
        percent(numbers["rates"][name][goal.case][goal.number]["value"]) for name in BASELINES
    ]
    return (
        f"{head} | {percent(reached['value'])} | {interval(reached)} | "
        f"{met(goal.met(reached))} | {' | '.join(theirs)} |"
    )
