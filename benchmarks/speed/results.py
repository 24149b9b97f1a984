"""What is kept of a run: one file a section, everything that was measured in it, or why not."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from benchmarks.speed.loading import Histogram, Outcome

DIRECTORY: Final = Path(__file__).parents[1] / "results"


@frozen
class Result:
    """One section of one run."""

    section: str
    environment: Mapping[str, Any]
    outcomes: Sequence[Outcome]
    failure: str | None = None
    """Why the section broke off; the outcomes are those until then."""
    took_s: float = 0.0


def write(result: Result, directory: Path = DIRECTORY) -> Path:
    """Keep *result*, in place of that of the last run."""
    path = directory / f"speed-{result.section}.json"
    directory.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(outcome.to_json()) for outcome in result.outcomes)
    head = json.dumps(result.environment, indent=1)
    text = f'{{"environment": {head},\n"failure": {json.dumps(result.failure)},\n'
    text += f'"tookS": {result.took_s:.1f},\n'
    path.write_text(f'{text}"outcomes": [\n{lines}\n]}}\n', encoding="utf-8")
    return path


def read(section: str, directory: Path = DIRECTORY) -> Result | None:
    """Return what was kept of *section*; None when nothing was."""
    path = directory / f"speed-{section}.json"
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    outcomes = [_outcome(raw) for raw in kept["outcomes"]]
    took_s = kept.get("tookS", 0.0)
    return Result(section, kept["environment"], outcomes, kept["failure"], took_s)


def _outcome(raw: Mapping[str, Any]) -> Outcome:
    histograms = {name: _histogram(raw.get(name)) for name in ("latency", "lag", "posts")}
    return Outcome(**{**raw, **histograms})


def _histogram(raw: Any) -> Histogram | None:
    if raw is None:
        return None
    return Histogram({int(bucket): count for bucket, count in raw["counts"].items()})
