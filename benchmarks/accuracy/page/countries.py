"""Where the errors are."""

from typing import Final

from benchmarks.accuracy import plots
from benchmarks.accuracy.measure import LEAST_OF_COUNTRY
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import percent
from octet.service.atlas import Atlas, AtlasError
from octet.service.config import DEFAULT_ATLAS

LISTED: Final = 12


def section(kept: Kept) -> str:
    """Return the map, and the countries that fare worst."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    seen = {c: o for c, o in numbers["countries"].items() if o["count"] >= LEAST_OF_COUNTRY}
    _draw({code: one["wrong"] for code, one in seen.items()}, kept)
    worst = sorted(seen, key=lambda code: -seen[code]["wrong"])[:LISTED]
    rows = [
        "## Countries",
        "",
        f"Visitors who do not hide, simulated, of the {len(seen)} countries with {LEAST_OF_COUNTRY} of them;",
        "grey has fewer. Where a country has few sessions its share is of chance.",
        "",
        "![where the errors are](accuracy/countries.svg)",
        "",
        "| worst | sessions | wrong | silent | alarm ≥ medium |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {code} | {seen[code]['count']:,} | {percent(seen[code]['wrong'])} | "
        f"{percent(seen[code]['silent'])} | {percent(seen[code]['medium'])} |"
        for code in worst
    ]
    return "\n".join([*rows, ""])


def _draw(wrong: dict[str, float], kept: Kept) -> None:
    """Draw the map; where there are no tables, and so no outlines, the last one stays."""
    try:
        atlas = Atlas.load(DEFAULT_ATLAS)
    except AtlasError:
        return
    plots.errors(atlas, wrong, kept.picture("countries.svg"))
