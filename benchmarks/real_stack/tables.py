"""What was measured, as tables of Markdown: rendered from the raw figures alone."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final

Row = Mapping[str, Any]
Visit = Mapping[str, Any]

MOST: Final = 3
"""Transports of a row that are named."""


def timing(rows: Sequence[Row]) -> str:
    """Return set and measured round trips, milliseconds."""
    head = (
        "browser", "way", "visitor", "clock", "kernel: set", "measured", "application", "Δ: set",
        "measured", "volleys", "visits", "late", "no receipt",
    )  # fmt: skip
    return _table(head, [_timed(row) for row in rows])


def _timed(row: Row) -> Sequence[str]:
    visits = row["visits"]
    if not visits:
        measured = ["–"] * 4
        kernel, application, gap, volleys = measured
    else:
        kernel = _spread(visits, lambda visit: visit["kernelMinRttUs"] / 1e3)
        application = _spread(visits, lambda visit: visit["appMinRttUs"] / 1e3)
        gap = _spread(visits, lambda visit: visit["deltaUs"] / 1e3)
        volleys = f"{median(visit['volleys'] for visit in visits):g}"
    late = sum(visit["late"] for visit in visits)
    counts = (volleys, str(len(visits)), str(late), str(row["withoutReceipt"]))
    set_kernel, set_gap = (f"{row[name]:g}" for name in ("set_kernel_ms", "set_gap_ms"))
    clock = row["person"]["time_zone"]
    return *_who(row), clock, set_kernel, kernel, application, set_gap, gap, *counts


def packets(rows: Sequence[Row]) -> str:
    """Return what the SYN and the ClientHello of each way and browser look like."""
    head = ("browser", "way", "MSS", "TTL", "window", "scale", "options", "JA4", "SYNs")
    groups: dict[tuple[str, str], list[Visit]] = {}
    for row in rows:
        groups.setdefault((row["browser"], row["way"]), []).extend(row["visits"])
    return _table(head, [(*names, *_sent(found)) for names, found in groups.items() if found])


def _sent(visits: Sequence[Visit]) -> Sequence[str]:
    syns = [visit["syn"] for visit in visits if visit["syn"]]
    told = [_each(syn[name] for syn in syns) for name in ("mss", "ttl", "window", "scale")]
    order = _each(syn["options"] for syn in syns)
    return *told, order, _each(visit["ja4"] for visit in visits), str(len(syns))


def verdicts(rows: Sequence[Row]) -> str:
    """Return what the engine makes of each row: means of its posterior, and its verdicts."""
    head = (
        "browser",
        "way",
        "visitor",
        "clock",
        "Δ set",
        "transport",
        "country",
        "confidence",
        "alarm",
    )
    return _table(head, [_judged(row) for row in rows if row["visits"]])


def _judged(row: Row) -> Sequence[str]:
    judged = [visit["engine"] for visit in row["visits"]]
    confidence = f"{median(one['confidence'] for one in judged):.2f}"
    country = _each(one["country"] or "none" for one in judged)
    clock = row["person"]["time_zone"]
    gap = f"{row['set_gap_ms']:g}"
    alarm = _each(one["alarm"] for one in judged)
    return *_who(row), clock, gap, _transports(judged), country, confidence, alarm


def _transports(judged: Sequence[Mapping[str, Any]]) -> str:
    """Return the likeliest transports and the mean of their probabilities."""
    total: Counter[str] = Counter()
    for one in judged:
        total.update(one["transport"])
    shares = [(name, share / len(judged)) for name, share in total.most_common(MOST)]
    return ", ".join(f"{name} {share:.2f}" for name, share in shares if share >= 0.01)  # noqa: PLR2004 - as it is written


def _who(row: Row) -> tuple[str, str, str]:
    return row["browser"], row["way"], row["person"]["country"]


def _spread(visits: Sequence[Visit], figure: Callable[[Visit], float]) -> str:
    """Return median and range."""
    found = sorted(map(figure, visits))
    return f"{median(found):.1f} ({found[0]:.1f} – {found[-1]:.1f})"


def _each(values: Any) -> str:
    """Return what there is, and how often unless always."""
    counts = Counter(map(str, values))
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{value} ({count})" for value, count in counts.most_common())


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
