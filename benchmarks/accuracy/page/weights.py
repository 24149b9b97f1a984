"""Whether each family of evidence counts as much as it should."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.accuracy.page.kept import Kept


def section(kept: Kept) -> str:
    """Return what ``accuracy-weights.json`` says."""
    return kept.section("accuracy-weights", "## Weights\n\n", _told)


def _told(numbers: Mapping[str, Any], where: Mapping[str, Any]) -> str:
    factors = numbers["factors"]
    columns = [f"{name} × {factor:g}" for name in ("country", "hides") for factor in factors]
    quick = "a quick run, which shows only that everything works; " if where["quick"] else ""
    rows = [
        f"Simulated, in {numbers['worlds']} worlds of those that the model is fitted in: the log loss of the",
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
