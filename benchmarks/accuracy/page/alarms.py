"""What alarms find, what they cost, and how many of them are true."""

from collections.abc import Mapping
from typing import Any, Final

from benchmarks.accuracy import plots
from benchmarks.accuracy.answers import ENGINE
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import percent

LEVELS: Final = ("low", "medium", "high")


def section(kept: Kept) -> str:
    """Return the curves, and the share of alarms that are true."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    curves = numbers["alarmCurves"]
    levels = {
        level: (
            rate,
            {case: numbers["rates"][case][level]["value"] for case in curves["found"][ENGINE]},
        )
        for level, rate in numbers["falseAlarms"].items()
    }
    picture = kept.picture("alarms.svg")
    plots.alarms(curves["falseAlarms"], curves["found"], levels, picture)
    rows = [
        "## Alarms",
        "",
        "Simulated. Share alarmed of each class over false alarms among visitors at home, travelling and",
        "roaming; dots are the engine's levels as it sets them, at the left edge where none is false. *High*",
        "wants two kinds of evidence besides, so its dot lies below the curve. *IP only* alarms by public",
        "lists and the kind of network.",
        "",
        "![alarms over false alarms](accuracy/alarms.svg)",
        "",
        "How many alarms are true when so many visitors hide (a relay does not count as hiding, and those",
        "who do not hide are also companies and satellites); in brackets the least of any world. Rules at",
        "as many false alarms as the engine's level:",
        "",
        *_true(numbers),
    ]
    return "\n".join([*rows, ""])


def _true(numbers: Mapping[str, Any]) -> list[str]:
    everybody = numbers["trueAlarms"]
    rows = [f"| level | hide | {' | '.join(everybody)} |", f"|---|---|{'---|' * len(everybody)}"]
    for at, one in enumerate(everybody[ENGINE]):
        cells = [
            f"{percent(told[at]['share'])} ({percent(told[at]['worst'])})"
            for told in everybody.values()
        ]
        rows.append(f"| {one['level']} | {percent(one['base'])} | {' | '.join(cells)} |")
    return rows
