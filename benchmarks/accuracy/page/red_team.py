"""The red team: added delay, jitter, replayed receipts, forged posts, helpers near the edge."""

from benchmarks.accuracy.page.kept import NOT_MEASURED, Kept

HEADING = "## Red team\n\n"


def section(kept: Kept) -> str:
    """Return what ``accuracy-red-team.json`` says."""
    numbers = kept.numbers("accuracy-red-team")
    if numbers is None:
        return f"{HEADING}{NOT_MEASURED}\n"
    return f"{HEADING}"
