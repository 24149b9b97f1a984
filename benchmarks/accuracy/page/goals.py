"""What was to be reached, whether it was, and whether a simpler rule does better."""

from collections.abc import Mapping
from typing import Any

from benchmarks.accuracy.goals import ECE_OVERALL, ECE_PATTERN, GOALS, Goal
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import NUMBERS, interval, met, percent
from benchmarks.accuracy.sessions import Case


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
        "Each rule's threshold is set on these very sessions, which no deployment could know: where a row",
        "is of alarms that are to be found, to the engine's own rate of false ones; **where it is of false",
        "ones, so that the rule finds as many of those who hide.** *At 1 % false* stands for the engine's",
        "own suspicion with a threshold that gives just that rate among visitors at home, travelling and",
        "roaming; *plain access* leaves those out whose carrier ends TCP. *Worse* than the best rule is",
        "said only where the interval excludes it; no rule is ever silent.",
        "",
        "| class | number | goal | engine | 95 % | met | best rule | engine is |",
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
    return "\n".join([*rows, "", _summary(numbers), *_open(numbers)])


def _worst(patterns: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(patterns, key=lambda one: -float(one["ece"]))[:1]


def _goal(goal: Goal, numbers: Mapping[str, Any]) -> str:
    bound = f"{'≥' if goal.at_least else '≤'} {percent(goal.goal)}"
    head = f"| {goal.case} | {NUMBERS[goal.number]} | {bound}"
    reached = goal.reached(numbers)
    if reached is None:
        return f"{head} | not measured | | | | |"
    head += f" | {percent(reached['value'])} | {interval(reached)} | {met(goal.met(reached))}"
    if (found := goal.best_baseline(numbers)) is None:
        return f"{head} | none is silent | |"
    name, best = found
    return f"{head} | {percent(best)} ({name}) | {goal.beside(reached, best)} |"


def _open(numbers: Mapping[str, Any]) -> list[str]:
    """Return whom everybody alarms who hides nothing, at the engine's rate of false alarms."""
    cases = (Case.DIRECT, Case.TRAVELLER, Case.ROAMING, Case.RELAY)
    engine = {
        case: {name: rate["value"] for name, rate in rates.items()}
        for case, rates in numbers["rates"].items()
    }
    rows = [
        "**Who pays for false alarms**: at as many of them in sum, a rule that alarms fewer at home alarms",
        "more of the others. Right countries stand beside, because who trusts the address or the clock",
        "alone is right of some and wrong of others; the least of a row is what a customer can count on.",
        "",
        f"| alarms ≥ low / ≥ medium | {' | '.join(cases)} | least country right of the goals |",
        f"|---|{'---|' * len(cases)}---|",
    ]
    for name, rates in {"engine": engine, **numbers["baselines"]}.items():
        alarms = [
            f"{percent(rates[case]['low'])} / {percent(rates[case]['medium'])}" for case in cases
        ]
        right = {goal.case: rates[goal.case]["right"] for goal in GOALS if goal.number == "right"}
        least = min(right, key=lambda case: right[case])
        rows.append(f"| {name} | {' | '.join(alarms)} | {percent(right[least])} ({least}) |")
    return [*rows, ""]


def _summary(numbers: Mapping[str, Any]) -> str:
    """Return how many goals are met by the engine and by each rule, and where a rule is better."""
    there = [(goal, one) for goal in GOALS if (one := goal.reached(numbers)) is not None]
    met_rates = sum(goal.met(one) for goal, one in there)
    beside = [(goal, one, goal.best_baseline(numbers)) for goal, one in there]
    behind = [
        goal.worse(one, best[1])
        for goal, one, best in beside
        if best is not None and goal.behind(one, best[1])
    ]
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
        f"cannot be told from chance. In {sum(behind)} rows "
        f"some rule is better, in {len(behind) - sum(behind)} its number is, within the interval. Rates met by each rule, without an interval: {rules}.\n"
    )
