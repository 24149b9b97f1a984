"""What was to be reached, whether it was, and whether a simpler rule does better."""

from collections.abc import Mapping
from typing import Any

from benchmarks.accuracy.alarms import AS_FOUND
from benchmarks.accuracy.goals import ECE_OVERALL, ECE_PATTERN, GOALS, Goal
from benchmarks.accuracy.mixes import OPEN_MIX
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
        "**Every rule's threshold is set to that very rate** on these very sessions, which no deployment",
        "could know. *At 1 % false* stands for the engine's own suspicion with a threshold that gives",
        "just that rate among them; *plain access* leaves those out whose carrier ends TCP.",
        "False alarms are the same in sum, so a rule that alarms fewer at home alarms more of the others:",
        "*at as many found* they stand once more with the threshold at which the rule finds as many of",
        "those who hide as the engine does (`TO_ALARM` of `benchmarks/accuracy/mixes.py`). To find as many",
        "a rule must find classes that its signals do not show, so it alarms many who hide nothing.",
        "*Worse* than the best rule is said only where the interval excludes it. No rule is silent about",
        "anybody at home: beside silence stands how often a rule is right, compared with the engine.",
        "",
        "| class | number | goal | engine | 95 % | met | best rule | engine is | at as many found | engine is |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_goal(goal, numbers) for goal in GOALS),
    ]
    rows += [
        f"| all, {one['hidden']:.0%} hidden | ECE | ≤ {ECE_OVERALL} | {one['ece']:.3f} | "
        f"{one['low']:.3f} – {one['high']:.3f} | {met(one['high'] <= ECE_OVERALL)} | | | | |"
        for one in numbers["calibration"]
    ]
    rows += [
        f"| {one['pattern']} | ECE | ≤ {ECE_PATTERN} | {one['ece']:.3f} | "
        f"{one['low']:.3f} – {one['high']:.3f} | {met(one['ece'] <= ECE_PATTERN)} | | | | |"
        for one in _worst(numbers["patterns"])
    ]
    return "\n".join([*rows, "", _summary(numbers), *_alarmed(numbers)])


def _worst(patterns: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(patterns, key=lambda one: -float(one["ece"]))[:1]


def _goal(goal: Goal, numbers: Mapping[str, Any]) -> str:
    bound = f"{'≥' if goal.at_least else '≤'} {percent(goal.goal)}"
    head = f"| {goal.case} | {NUMBERS[goal.number]} | {bound}"
    reached = goal.reached(numbers)
    if reached is None:
        return f"{head} | not measured | | | | | | |"
    head += f" | {percent(reached['value'])} | {interval(reached)} | {met(goal.met(reached))}"
    head += f" | {_other(goal, numbers)}{_beside(goal.compared, numbers)}"
    return f"{head} | {_beside(goal, numbers, AS_FOUND) if goal.false_alarm else ' |'} |"


def _other(goal: Goal, numbers: Mapping[str, Any]) -> str:
    """Return the engine's number where another than the goal's is compared."""
    reached = goal.compared.reached(numbers)
    if goal.compared == goal or reached is None:
        return ""
    return f"{NUMBERS[goal.compared.number]}: {percent(reached['value'])} beside "


def _beside(goal: Goal, numbers: Mapping[str, Any], suffix: str = "") -> str:
    """Return two cells: the best rule, and what the engine is beside it."""
    reached, (name, best) = goal.reached(numbers), goal.best_baseline(numbers, suffix)
    return f"{percent(best)} ({name}) | {goal.beside(reached, best) if reached else ''}"


def _alarmed(numbers: Mapping[str, Any]) -> list[str]:
    """Return whom everybody alarms who means no harm, at as many false alarms in sum."""
    cases = (*OPEN_MIX, Case.TRAVELLER_STALE, Case.OFFICE_ABROAD, Case.RELAY)
    engine = {
        case: {name: rate["value"] for name, rate in rates.items()}
        for case, rates in numbers["rates"].items()
    }
    rows = [
        "**Who is alarmed** that means no harm, ≥ low / ≥ medium: everybody with as many false alarms in",
        "sum of visitors at home, travelling and roaming. Companies pay most: their gateways end TCP as",
        "proxies do, and stand among hosts.",
        "",
        f"| | {' | '.join(cases)} |",
        f"|---|{'---|' * len(cases)}",
    ]
    for name, rates in {"engine": engine, **numbers["baselines"]}.items():
        alarms = [
            f"{percent(rates[case]['low'])} / {percent(rates[case]['medium'])}" for case in cases
        ]
        rows.append(f"| {name} | {' | '.join(alarms)} |")
    return [*rows, ""]


def _summary(numbers: Mapping[str, Any]) -> str:
    """Return how many goals are met by the engine and by each rule, and where a rule is better."""
    there = [(goal, one) for goal in GOALS if (one := goal.reached(numbers)) is not None]
    met_rates = sum(goal.met(one) for goal, one in there)
    worse, near = _behind([goal.compared for goal, _ in there], numbers)
    false = [goal for goal, _ in there if goal.false_alarm]
    found, _ = _behind(false, numbers, AS_FOUND)
    calibrated = sum(one["high"] <= ECE_OVERALL for one in numbers["calibration"])
    patterns = sum(one["ece"] <= ECE_PATTERN for one in numbers["patterns"])
    chance = sum(ECE_PATTERN < one["ece"] <= one["byChanceHigh"] for one in numbers["patterns"])
    asked = [(goal, one) for goal, one in there if goal.number != "silent"]
    counts = {"engine": sum(goal.reaches(one["value"]) for goal, one in asked)} | {
        name: sum(goal.reaches(rates[goal.case][goal.number]) for goal, _ in asked)
        for name, rates in numbers["baselines"].items()
    }
    return (
        f"The engine meets {met_rates} of {len(there)} rates, {calibrated} of "
        f"{len(numbers['calibration'])} calibrations overall and {patterns} of "
        f"{len(numbers['patterns'])} patterns, the worst of which is in the table; {chance} of the missed "
        f"cannot be told from chance. In {len(worse)} rows some rule is better"
        f"{f' ({_list(worse)})' if worse else ''}; in {len(near)} more a rule's number is the better one, "
        f"but within the interval{f' ({_list(near)})' if near else ''}. Of the {len(false)} rows of false "
        f"alarms a rule is better in {len(found)} where as many are found. Without an interval, of the "
        f"{len(asked)} rates but silence: {', '.join(f'{n} {count}' for n, count in counts.items())}.\n"
    )


def _behind(
    goals: list[Goal], numbers: Mapping[str, Any], suffix: str = ""
) -> tuple[list[Goal], list[Goal]]:
    """Return the goals in which a rule is better, and in which just its number is."""
    worse: list[Goal] = []
    near: list[Goal] = []
    for goal in goals:
        reached, (_, best) = goal.reached(numbers), goal.best_baseline(numbers, suffix)
        if reached is not None and goal.behind(reached, best):
            (worse if goal.worse(reached, best) else near).append(goal)
    return worse, near


def _list(goals: list[Goal]) -> str:
    return "; ".join(f"{goal.case}: {NUMBERS[goal.number]}" for goal in goals)
