"""Edges that are deployed wrongly: nobody is to be alarmed above low for it."""

from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import interval, percent
from benchmarks.accuracy.sessions import Case

WRONG = (Case.EDGE_FRONTED, Case.EDGE_ELSEWHERE, Case.EDGE_CLOCK)


def section(kept: Kept) -> str:
    """Return what visitors at home get from such edges."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    rows = [
        "## Edges deployed wrongly",
        "",
        "Visitors at home, simulated, at an edge that takes a proxy of its own for every visitor, that",
        "claims another's place or swaps its coordinates, or whose clock is off by an hour up to 400 days.",
        "An alarm above *low* is to be as rare as at an edge that is right: first row.",
        "",
        "| edge | sessions | country right | silent | alarm ≥ low | alarm ≥ medium | 95 % | alarm high |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for case in (Case.DIRECT, *WRONG):
        rates = numbers["rates"][case]
        shares = [percent(rates[name]["value"]) for name in ("right", "silent", "low", "medium")]
        rows.append(
            f"| {case if case in WRONG else 'right'} | {rates['right']['count']:,} | "
            f"{' | '.join(shares)} | {interval(rates['medium'])} | {percent(rates['high']['value'])} |"
        )
    return "\n".join([*rows, ""])
