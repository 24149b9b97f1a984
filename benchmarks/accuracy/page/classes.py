"""Every class of sessions, and the worst world of each."""

from collections.abc import Mapping
from typing import Any, Final

from benchmarks.accuracy.baselines import BASELINES, DELTA_RULE
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import NUMBERS, percent

COLUMNS: Final = ("right", "wrong", "silent", "sureWrong", "low", "medium", "high")


def section(kept: Kept) -> str:
    """Return the engine's numbers of every class, its scores, and the rules' countries."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    rows = [
        "## Every class",
        "",
        "The engine, simulated; below each number its worst world. Who sits behind a company's egress",
        "abroad hides without meaning to, and nobody can tell him from somebody behind a VPN.",
        "",
        f"| class | sessions | {' | '.join(NUMBERS[name] for name in COLUMNS)} |",
        f"|---|---|{'---|' * len(COLUMNS)}",
    ]
    for case, rates in numbers["rates"].items():
        cells = [_cell(rates[name], least=_more_is_better(case, name)) for name in COLUMNS]
        rows.append(f"| {case} | {rates['right']['count']:,} | {' | '.join(cells)} |")
    spoofed = _spoofed(numbers["spoofed"])
    return "\n".join([*rows, "", spoofed, *_scores(numbers), "", *_rules(numbers), ""])


def _spoofed(found: Mapping[str, int]) -> str:
    """Say what those look like who hide well and are placed wrongly for sure."""
    rest = found["sureWrong"] - found["amongHomes"] - found["elsewhere"]
    return (
        f"Of those behind a VPN whose clock is set to where its exit is advertised, {found['sureWrong']} are "
        f"placed wrongly above 0.9. {found['amongHomes']} of these have an address in a network that the "
        "tables call access or mobile, as people at home and travellers with a stale clock have. "
        f"{found['elsewhere']} of the rest have an address that every table which knows it puts elsewhere "
        f"than the clock, as honest visitors behind a VPN have. {rest} have neither.\n"
    )


def _more_is_better(case: str, number: str) -> bool:
    """Tell whether the worst of a number is its least: of alarms, where somebody hides."""
    if number in {"low", "medium", "high"}:
        return case.startswith(("VPN", "L4", "Tor"))
    return number == "right"


def _cell(rate: Mapping[str, float], *, least: bool) -> str:
    worst = rate["worst_low" if least else "worst_high"]
    return f"{percent(rate['value'])}<br><sub>{percent(worst)}</sub>"


def _scores(numbers: Mapping[str, Any]) -> list[str]:
    """Return the table of proper scores and averages."""
    rows = [
        "Proper scores: log loss (nats) and Brier score of the confidence that an answer is right, where",
        "there is one; log loss of the posterior for the true country, answered or not, before anything",
        "is fitted. *Macro* is the mean over countries with 20 sessions, *micro* over sessions.",
        "",
        "| class | log loss | Brier | posterior's log loss | right, micro | right, macro | countries |",
        "|---|---|---|---|---|---|---|",
    ]
    for case, one in numbers["scores"].items():
        micro = numbers["rates"][case]["right"]["value"]
        rows.append(
            f"| {case} | {one['logLoss']:.3f} | {one['brier']:.4f} | {one['posteriorLogLoss']:.3f} | "
            f"{percent(micro)} | {percent(one['macroRight'])} | {one['countries']} |"
        )
    return rows


def _rules(numbers: Mapping[str, Any]) -> list[str]:
    """Return what the rules say of countries, and what they find."""
    names = [name for name in BASELINES if name != DELTA_RULE]
    rows = [
        "The rules on the same sessions: country right, withheld only where no table knows the address; of",
        "the threshold on Δ it is that of IP only. In brackets the share alarmed at as many false alarms as the engine's",
        "*medium*.",
        "",
        f"| class | {' | '.join([*names, DELTA_RULE])} |",
        f"|---|{'---|' * len(BASELINES)}",
    ]
    for case in numbers["rates"]:
        told = [numbers["baselines"][name][case] for name in [*names, DELTA_RULE]]
        cells = [f"{percent(one['right'])} ({percent(one['medium'])})" for one in told]
        rows.append(f"| {case} | {' | '.join(cells)} |")
    return rows
