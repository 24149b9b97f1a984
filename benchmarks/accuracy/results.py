"""What is kept of a run: where it was made, its aggregates, or why it failed."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen

FILE: Final = Path(__file__).parents[1] / "results/accuracy.json"

INNERMOST: Final = re.compile(r"[\[{][^\[\]{}]*[\]}]")
"""Lists and objects with nothing but scalars inside: a line each."""


@frozen
class Result:
    """One run."""

    environment: Mapping[str, Any]
    numbers: Mapping[str, Any] | None
    """None when it failed."""
    failure: str | None = None


def write(result: Result, file: Path = FILE) -> None:
    """Keep *result*, in place of that of the last run."""
    kept = {
        "environment": result.environment,
        "failure": result.failure,
        "numbers": _rounded(result.numbers),
    }
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    text = INNERMOST.sub(lambda part: " ".join(part.group().split()), text)
    file.write_text(text + "\n", encoding="utf-8")


def read(file: Path = FILE) -> Result:
    """Return what was kept.

    Raises:
        FileNotFoundError: nothing was.
    """
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Result(kept["environment"], kept["numbers"], kept["failure"])


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    return value
