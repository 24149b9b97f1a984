"""Which evidence a goal lacks, and what each family contributes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from benchmarks.accuracy.ablations import AS_IT_IS, BETTER, OTHERWISE, WITHOUT
from benchmarks.accuracy.goals import ECE_OVERALL, ECE_PATTERN, GOALS, Goal
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import NUMBERS, percent

HAPPENS = (*OTHERWISE, "three landmarks", "five landmarks")
LEVEL_POINTS = 0.02
"""A share that moves by less is not said to."""


def section(kept: Kept) -> str:
    """Return the tables."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    variants = numbers["variants"]
    missed = [(goal, one) for goal in GOALS if (one := goal.reached(numbers)) and not goal.met(one)]
    rows = [
        "## Ablations",
        "",
        "Simulated; the same sessions judged again with less evidence, and with evidence that nobody has.",
        "They are fewer than above, without intervals: differences of a few points mean nothing. Nothing",
        "is fitted anew, so the engine trusts what it is given no more than what it has; a perfect list",
        "calls every exit a host and no visitor's own network one.",
        "",
        "**What the missed goals lack.** What suffices is in bold:",
        "",
        f"| missed | goal | {AS_IT_IS} | {' | '.join(BETTER)} | lacks |",
        f"|---|---|---|{'---|' * len(BETTER)}---|",
        *(_missed(goal, one, variants) for goal, one in missed),
        _calibration(variants),
        *_patterns(numbers["patterns"], variants),
        "",
        "**What each family contributes**, in points against the engine as it is; empty where it moves the",
        f"number by less than {percent(LEVEL_POINTS)}:",
        "",
        f"| class | number | {AS_IT_IS} | {' | '.join(WITHOUT)} |",
        f"|---|---|---|{'---|' * len(WITHOUT)}",
        *(_contributions(goal, variants, WITHOUT) for goal in GOALS),
        "",
        "**What happens**: IPv6, signals that are missing, more edges measured one after another; in points",
        "likewise:",
        "",
        f"| class | number | {AS_IT_IS} | {' | '.join(HAPPENS)} |",
        f"|---|---|---|{'---|' * len(HAPPENS)}",
        *(_contributions(goal, variants, HAPPENS) for goal in GOALS),
        _errors(variants),
    ]
    return "\n".join([*(row for row in rows if row is not None), ""])


def _missed(goal: Goal, reached: Mapping[str, float], variants: Mapping[str, Any]) -> str:
    bound = f"{'≥' if goal.at_least else '≤'} {percent(goal.goal)}"
    told = {name: goal.variant(variants[name]["rates"]) for name in (AS_IT_IS, *BETTER)}
    there = {name: value for name, value in told.items() if value is not None}
    cells = [_cell(goal, told[name]) for name in told]
    narrow = goal.reaches(reached["value"])
    lacks = "sessions: the number is there" if narrow else _lacks(goal, there)
    return f"| {goal.case}: {NUMBERS[goal.number]} | {bound} | {' | '.join(cells)} | {lacks} |"


def _cell(goal: Goal, value: float | None) -> str:
    if value is None:
        return "no such session"
    return f"**{percent(value)}**" if goal.reaches(value) else percent(value)


def _lacks(goal: Goal, there: Mapping[str, float]) -> str:
    if AS_IT_IS not in there:
        return ""
    if goal.reaches(there[AS_IT_IS]):
        return "cannot be told: on these fewer sessions it is met"
    enough = [name for name in BETTER if goal.reaches(there[name])]
    if enough:
        return enough[0]
    best = max(BETTER, key=lambda name: there[name] if goal.at_least else -there[name])
    gain = there[best] - there[AS_IT_IS]
    if (gain if goal.at_least else -gain) <= 0.0:
        return "nothing that these tables and clocks could tell"
    return f"more than {best}"


def _calibration(variants: Mapping[str, Any]) -> str:
    told = [float(variants[name]["ece"]) for name in (AS_IT_IS, *BETTER)]
    cells = [f"**{ece:.3f}**" if ece <= ECE_OVERALL else f"{ece:.3f}" for ece in told]
    return f"| all, 10% hidden: ECE | ≤ {ECE_OVERALL} | {' | '.join(cells)} | |"


def _patterns(alike: Iterable[Mapping[str, Any]], variants: Mapping[str, Any]) -> Iterator[str]:
    """Yield a row for each pattern whose error is too large."""
    for one in alike:
        if one["ece"] <= ECE_PATTERN:
            continue
        told = {
            name: variants[name]["patterns"].get(one["pattern"]) for name in (AS_IT_IS, *BETTER)
        }
        cells = [_error_cell(error) for error in told.values()]
        yield (
            f"| {one['pattern']}: ECE | ≤ {ECE_PATTERN} | {' | '.join(cells)} | "
            f"{_lacks_of_pattern(one, told)} |"
        )


def _error_cell(error: float | None) -> str:
    if error is None:
        return ""
    return f"**{error:.3f}**" if error <= ECE_PATTERN else f"{error:.3f}"


def _lacks_of_pattern(one: Mapping[str, Any], told: Mapping[str, float | None]) -> str:
    bias = "too modest" if one["right"] > one["claimed"] else "too sure"
    if one["ece"] <= one["byChanceHigh"]:
        return f"{bias}, not told from chance"
    enough = [name for name in BETTER if (error := told[name]) is not None and error <= ECE_PATTERN]
    if told[AS_IT_IS] is None:
        return f"{bias}; too few of these sessions"
    if told[AS_IT_IS] <= ECE_PATTERN:
        return f"{bias}; on these fewer sessions it is met"
    return f"{bias}; {enough[0] if enough else 'nothing here that suffices'}"


def _contributions(goal: Goal, variants: Mapping[str, Any], names: Iterable[str]) -> str | None:
    usual = goal.variant(variants[AS_IT_IS]["rates"])
    if usual is None:
        return None
    cells = []
    for name in names:
        value = goal.variant(variants[name]["rates"])
        moved = (value or 0.0) - usual
        cells.append(f"{100 * moved:+.0f}" if abs(moved) >= LEVEL_POINTS else "")
    return f"| {goal.case} | {NUMBERS[goal.number]} | {percent(usual)} | {' | '.join(cells)} |"


def _errors(variants: Mapping[str, Any]) -> str:
    usual = float(variants[AS_IT_IS]["ece"])
    told = [f"{float(variants[name]['ece']):.3f}" for name in HAPPENS]
    return f"| all, 10% hidden | ECE | {usual:.3f} | {' | '.join(told)} |"
