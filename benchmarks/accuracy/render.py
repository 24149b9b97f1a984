"""The page about accuracy, made of what was kept, and of nothing else."""

from pathlib import Path
from typing import Final

from benchmarks.accuracy.page import (
    ablations,
    alarms,
    calibration,
    classes,
    components,
    countries,
    deployments,
    gaps,
    goals,
    introduction,
    real_stack,
    red_team,
    run,
    sources,
    weights,
)
from benchmarks.accuracy.page.kept import Kept

RESULTS: Final = Path(__file__).parents[1] / "results"
PAGE: Final = Path(__file__).parents[2] / "docs/accuracy.md"

SECTIONS: Final = (
    introduction,
    goals,
    ablations,
    weights,
    alarms,
    calibration,
    classes,
    countries,
    deployments,
    components,
    real_stack,
    red_team,
    sources,
    gaps,
    run,
)
"""What everybody wants to know first, then what is simulated, then what was measured, then what
must be known to read it."""


def render(directory: Path = RESULTS, page: Path = PAGE) -> None:
    """Write the page, and its pictures beside it."""
    kept = Kept(directory, page)
    parts = [module.section(kept) for module in SECTIONS]
    page.write_text("\n".join(part for part in parts if part), encoding="utf-8")
