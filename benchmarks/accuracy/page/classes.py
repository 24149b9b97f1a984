"""Every class of sessions, and the worst world of each."""

from collections.abc import Mapping
from typing import Final

from benchmarks.accuracy.baselines import ENGINE, IP_ONLY, ZONE_RULE
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import percent

NUMBERS: Final = {
    "right": "country right",
    "wrong": "country wrong",
    "silent": "silent",
    "sureWrong": "wrong above 0.9",
    "low": "alarm ≥ low",
    "medium": "alarm ≥ medium",
    "high": "alarm high",
}
BASELINES: Final = (IP_ONLY, ZONE_RULE)


def section(kept: Kept) -> str:
    """Return the engine's numbers of every class, and the baselines' countries."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    rows = ["## Every class", "", "The engine; below each number its worst world.", ""]
    rows += [
        f"| class | sessions | {' | '.join(NUMBERS.values())} |",
        f"|---|---|{'---|' * len(NUMBERS)}",
    ]
    for case, rates in numbers["rates"][ENGINE].items():
        cells = [_cell(rates[name], least=_more_is_better(case, name)) for name in NUMBERS]
        rows.append(f"| {case} | {rates['right']['count']:,} | {' | '.join(cells)} |")
    rows += ["", "Country right, wrong and silent of the baselines:", ""]
    rows += [f"| class | {' | '.join(BASELINES)} |", "|---|---|---|"]
    for case in numbers["rates"][ENGINE]:
        told = [
            " / ".join(
                percent(numbers["rates"][name][case][number]["value"])
                for number in ("right", "wrong", "silent")
            )
            for name in BASELINES
        ]
        rows.append(f"| {case} | {' | '.join(told)} |")
    return "\n".join([*rows, ""])


def _more_is_better(case: str, number: str) -> bool:
    """Tell whether the worst of a number is its least: of alarms, where somebody hides."""
    if number in {"low", "medium", "high"}:
        return case.startswith(("VPN", "L4"))
    return number == "right"


def _cell(rate: Mapping[str, float], *, least: bool) -> str:
    worst = rate["worst_low" if least else "worst_high"]
    return f"{percent(rate['value'])}<br><sub>{percent(worst)}</sub>"
