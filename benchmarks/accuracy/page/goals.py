"""What was to be reached, whether it was, and whether a simpler rule does better."""

from collections.abc import Mapping
from typing import Any

from benchmarks.accuracy.goals import ECE_OVERALL, ECE_PATTERN, GOALS, Goal
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import NUMBERS, interval, met, percent


def section(kept: Kept) -> str:
    """Return the table of goals."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    levels = ", ".join(
        f"{percent(rate)} ≥ {level}" if level != "high" else f"{percent(rate)} {level}"
        for level, rate in numbers["falseAlarms"].items()
    )
    rows = [
        "## Goals",
        "",
        "All simulated. Ceilings are read at the upper end of the interval, floors at the number. Of",
        "visitors at home, travelling and roaming the engine alarms",
        f"{levels}.",
        "**Every rule's threshold is set to that very rate** on these very sessions, which no deployment",
        "could know. *At 1 % false* stands for the engine's own suspicion with a threshold that gives",
        "just that rate among them; *plain access* leaves those out whose carrier ends TCP.",
        "*Worse* than the best rule is said only where the interval excludes it; no rule is ever silent.",
        "",
        "| class | number | goal | engine | 95 % | met | best rule at as many false alarms | engine is |",
        "|---|---|---|---|---|---|---|---|",
        *(_goal(goal, numbers) for goal in GOALS),
    ]
    rows += [
        f"| all, {one['hidden']:.0%} hidden | ECE | ≤ {ECE_OVERALL} | {one['ece']:.3f} | "
        f"{one['low']:.3f} – {one['high']:.3f} | {met(one['high'] <= ECE_OVERALL)} | | |"
        for one in numbers["calibration"]
    ]
    rows += [
        f"| {one['pattern']} | ECE | ≤ {ECE_PATTERN} | {one['ece']:.3f} | "
        f"{one['low']:.3f} – {one['high']:.3f} | {met(one['ece'] <= ECE_PATTERN)} | | |"
        for one in _worst(numbers["patterns"])
    ]
    return "\n".join([*rows, "", _summary(numbers), *_prices(numbers)])


def _worst(patterns: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(patterns, key=lambda one: -float(one["ece"]))[:1]


def _goal(goal: Goal, numbers: Mapping[str, Any]) -> str:
    bound = f"{'≥' if goal.at_least else '≤'} {percent(goal.goal)}"
    head = f"| {goal.case} | {NUMBERS[goal.number]} | {bound}"
    reached = goal.reached(numbers)
    if reached is None:
        return f"{head} | not measured | | | | |"
    name, best = goal.best_baseline(numbers)
    return (
        f"{head} | {percent(reached['value'])} | {interval(reached)} | "
        f"{met(goal.met(reached))} | {percent(best)} ({name}) | "
        f"{goal.beside(reached, best)} |"
    )


def _prices(numbers: Mapping[str, Any]) -> list[str]:
    """Return what each rule that is better somewhere misses elsewhere with the same thresholds."""
    there = [(goal, one) for goal in GOALS if (one := goal.reached(numbers)) is not None]
    better: dict[str, list[Goal]] = {}
    for goal, one in there:
        name, best = goal.best_baseline(numbers)
        if goal.worse(one, best):
            better.setdefault(name, []).append(goal)
    if not better:
        return []
    rows = [
        "**What a rule pays** that is better in a row: what it misses with the same thresholds and the",
        "engine meets. False alarms are the same in sum, so who alarms fewer visitors at home alarms more",
        "of the others; and a rule that is never silent is wrong instead.",
        "",
        "| rule | better at | misses |",
        "|---|---|---|",
    ]
    for name, goals in better.items():
        rates = numbers["baselines"][name]
        missed = [
            f"{_named(other)} {percent(rates[other.case][other.number])}"
            for other, ours in there
            if other.met(ours) and not other.reaches(rates[other.case][other.number])
        ]
        rows.append(f"| {name} | {'<br>'.join(map(_named, goals))} | {'<br>'.join(missed)} |")
    return [*rows, ""]


def _named(goal: Goal) -> str:
    return f"{goal.case}: {NUMBERS[goal.number]}"


def _summary(numbers: Mapping[str, Any]) -> str:
    """Return how many goals are met by the engine and by each rule, and where a rule is better."""
    there = [(goal, one) for goal in GOALS if (one := goal.reached(numbers)) is not None]
    met_rates = sum(goal.met(one) for goal, one in there)
    worse = sum(goal.worse(one, goal.best_baseline(numbers)[1]) for goal, one in there)
    calibrated = sum(one["high"] <= ECE_OVERALL for one in numbers["calibration"])
    patterns = sum(one["ece"] <= ECE_PATTERN for one in numbers["patterns"])
    chance = sum(ECE_PATTERN < one["ece"] <= one["byChanceHigh"] for one in numbers["patterns"])
    rules = ", ".join(
        f"{name} {sum(goal.reaches(rates[goal.case][goal.number]) for goal, _ in there)}"
        for name, rates in numbers["baselines"].items()
    )
    return (
        f"The engine meets {met_rates} of {len(there)} rates, {calibrated} of "
        f"{len(numbers['calibration'])} calibrations overall and {patterns} of "
        f"{len(numbers['patterns'])} patterns, the worst of which is in the table; {chance} of the missed "
        f"cannot be told from chance. In {worse} rows "
        f"some rule is better. Rates met by each rule, without an interval: {rules}.\n"
    )
