"""What runs kept, for the sections of the page."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from benchmarks.accuracy import results
from benchmarks.accuracy.results import Result

NOT_MEASURED: Final = "Not measured."


@frozen
class Kept:
    """Where results lie, and where pictures go."""

    results: Path
    """Directory of the runs' files."""
    page: Path
    """The Markdown file."""

    def result(self, name: str = "accuracy") -> Result | None:
        """Return what ``{name}.json`` keeps; None when it is not there."""
        file = self.results / f"{name}.json"
        return results.read(file) if file.exists() else None

    def numbers(self, name: str = "accuracy") -> Mapping[str, Any] | None:
        """Return the numbers of a run; None when it is not there, or failed."""
        result = self.result(name)
        return result.numbers if result else None

    def section(
        self,
        name: str,
        heading: str,
        tell: Callable[[Mapping[str, Any], Mapping[str, Any]], str],
    ) -> str:
        """Return what *tell* makes of a run's numbers and environment, or why there are none."""
        result = self.result(name)
        if result is None:
            return f"{heading}{NOT_MEASURED}\n"
        if result.numbers is None:
            return f"{heading}**The last run failed:** `{result.failure}`\n"
        return heading + tell(result.numbers, result.environment)

    def picture(self, name: str) -> Path:
        """Return where the picture *name* goes; the page refers to it as ``accuracy/{name}``."""
        directory = self.page.parent / "accuracy"
        directory.mkdir(parents=True, exist_ok=True)
        return directory / name
