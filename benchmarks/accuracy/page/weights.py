"""Whether each family of evidence counts as much as it should."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks.accuracy.page.kept import NOT_MEASURED, Kept

HEADING: Final = "## Weights\n\n"


def section(kept: Kept) -> str:
    """Return what ``accuracy-weights.json`` says."""
    result = kept.result("accuracy-weights")
    if result is None:
        return f"{HEADING}{NOT_MEASURED}\n"
    if result.numbers is None:
        return f"{HEADING}**The last run failed:** `{result.failure}`\n"
    numbers, where = result.numbers, result.environment
    factors = numbers["factors"]
    columns = [f"{name} × {factor:g}" for name in ("country", "hides") for factor in factors]
    quick = "a quick run, which shows only that everything works; " if where["quick"] else ""
    rows = [
        f"{HEADING}Simulated, in {numbers['worlds']} worlds of those that the model is fitted in: the log loss of the",
        "true country, and of whether somebody hides, when one family counts less or more than it does;",
        "thousandths of a nat a session, the least in bold. Weights are judgement and at most 1.",
        "",
        f"| family | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
        *(_row(one) for one in numbers["families"]),
        "",
        f"<sub>{quick}{numbers['sessions']:,} sessions; {where['at']}; seed {where['seed']}</sub>",
    ]
    return "\n".join([*rows, ""])


def _row(one: Mapping[str, Any]) -> str:
    cells = [*_cells(one["country"]), *_cells(one["hides"])]
    return f"| {one['family']} | {' | '.join(cells)} |"


def _cells(nats: Sequence[float]) -> list[str]:
    told = [f"{1000 * value:.1f}" for value in nats]
    return [
        f"**{cell}**" if value == min(nats) else cell
        for cell, value in zip(told, nats, strict=True)
    ]
