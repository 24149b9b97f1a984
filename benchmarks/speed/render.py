"""The page about speed, made of what was kept, and of nothing else."""

import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Final

from benchmarks.speed import plots, results, tables
from benchmarks.speed.loading import Outcome
from benchmarks.speed.programs import ROOT
from benchmarks.speed.ratios import estimate
from benchmarks.speed.results import Result
from benchmarks.speed.sections import SECTIONS
from benchmarks.speed.targets import TARGETS, Results

PAGE: Final = ROOT / "docs/performance.md"
INTRODUCTION: Final = (Path(__file__).parent / "introduction.md").read_text(encoding="utf-8")
TABLES: Final[Mapping[str, Callable[[Sequence[Outcome]], list[str]]]] = {
    "latency": tables.latency,
    "idle": tables.idle,
    "cold-start": tables.seconds,
    "polls": tables.polls,
    "engine": tables.engine,
}
"""Of those sections that are not about the cost of an exchange."""


def render(directory: Path = results.DIRECTORY, page: Path = PAGE) -> None:
    """Write the page, and its pictures beside it."""
    kept = {
        name: result for name in SECTIONS if (result := results.read(name, directory)) is not None
    }
    pictures = page.parent / "performance"
    pictures.mkdir(parents=True, exist_ok=True)
    raw = relpath(directory, page.parent)
    parts = [INTRODUCTION, _runs(kept), _targets(kept, raw)]
    for name, result in kept.items():
        parts.append(_section(name, result, pictures))
    page.write_text("\n".join(parts), encoding="utf-8")


def _runs(kept: Results) -> str:
    """Say which run each section is of, and where it was made."""
    rows = ["## Runs", ""]
    for at in sorted({result.environment["at"] for result in kept.values()}):
        of = {name: result for name, result in kept.items() if result.environment["at"] == at}
        e = next(iter(of.values())).environment
        taken_s = sum(result.took_s for result in of.values())
        quick = "a **quick run, which shows only that everything works**; " if e["quick"] else ""
        versions = ", ".join(f"{name} {value}" for name, value in e["packages"].items())
        rows += [
            f"**Run {at}**: {quick}{', '.join(of)}.",
            "",
            f"- {taken_s / 60:.0f} minutes; sources {e.get('commit', 'unknown')}; seed {e['seed']}",
            f"- {e['cpu']}, {e['cores']} cores, {e['memoryMib']} MiB; Linux {e['kernel']}",
            f"- Python {e['python']}; {e['openssl']}; {'; '.join(e['programs'].values())}",
            f"- {versions}",
            "",
        ]
    return "\n".join(rows)


def _targets(kept: Results, raw: str) -> str:
    rows = [
        "## Targets",
        "",
        "| what | goal | measured | 95 % | met | rounds | raw | run |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for target in TARGETS:
        result = kept.get(target.section)
        reached = target.number(result.outcomes) if result else None
        goal = f"{'≥' if target.at_least else '≤'} {target.goal:g}"
        if result is None:
            rows.append(f"| {target.text} | {goal} | not measured | | | | | |")
            continue
        where = (
            f"[{target.section}]({raw}/speed-{target.section}.json) | {result.environment['at']}"
        )
        if reached is None:
            rows.append(f"| {target.text} | {goal} | **failed** | | | | {where} |")
            continue
        met = "yes" if target.met(reached) else "**no**"
        rows.append(
            f"| {target.text} | {goal} | {tables.number(reached.middle)} | "
            f"{tables.interval(reached)} | {met} | {reached.rounds} | {where} |"
        )
    return "\n".join([*rows, ""])


def _section(name: str, result: Result, pictures: Path) -> str:
    parts = [f"## {name}", "", inspect.cleandoc(SECTIONS[name].__doc__ or ""), ""]
    if result.failure:
        parts += [f"**This run failed:** `{result.failure.splitlines()[0]}`", ""]
    broken = [o for o in result.outcomes if not o.good]
    for outcome in broken:
        told = ", ".join(f"{count} × {what}" for what, count in outcome.failed.items())
        parts.append(
            f"- {outcome.program}, round {outcome.round}: **failed**, {told or 'no answer'}"
        )
    if broken:
        parts.append("")
    if result.outcomes:
        parts += TABLES.get(name, tables.costs)(result.outcomes)
    if plots.draw(name, result.outcomes, pictures / f"{name}.svg"):
        parts += ["", f"![{name}]({pictures.name}/{name}.svg)"]
    return "\n".join([*parts, *_handshakes(result.outcomes), "", _where(result), ""])


def _handshakes(outcomes: Sequence[Outcome]) -> list[str]:
    """Say how connections were secured, a line a program."""
    lines = []
    for name in tables.names(outcomes):
        kinds: Counter[str] = Counter()
        for outcome in outcomes:
            if outcome.program == name:
                kinds.update(outcome.setting.get("handshakes", {}))
        if kinds:
            told = ", ".join(f"{count:,} × {kind}" for kind, count in sorted(kinds.items()))
            lines.append(f"- Handshakes of {tables.title(name)}: {told}")
    return ["", *lines] if lines else []


def _where(result: Result) -> str:
    e = result.environment
    load = ", ".join(f"{value:.2f}" for value in e["loadAverage"])
    stolen = ""
    if result.outcomes:
        shares = [o.stolen for o in result.outcomes]
        stolen = (
            f"; stolen by other guests {estimate(shares).middle:.1%}, at most {max(shares):.1%}"
        )
    return (
        f"<sub>Run {e['at']}; {len(result.outcomes)} windows in {result.took_s:.0f} s; "
        f"load before it {load}{stolen}; "
        f"a turn of an empty Python loop {e.get('loopNs', 0):.0f} ns</sub>"
    )
