"""The engine's parts on real data: votes, delays, composed legs, stack fingerprints."""

from benchmarks.accuracy.page.kept import NOT_MEASURED, Kept

HEADING = "## Components on real data\n\n"


def section(kept: Kept) -> str:
    """Return what ``accuracy-components.json`` says."""
    numbers = kept.numbers("accuracy-components")
    if numbers is None:
        return f"{HEADING}{NOT_MEASURED}\n"
    return f"{HEADING}"
