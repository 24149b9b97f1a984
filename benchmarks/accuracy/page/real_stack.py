"""Real stacks: proxies and tunnels in network namespaces, with a real browser."""

from benchmarks.accuracy.page.kept import NOT_MEASURED, Kept

HEADING = "## Real stacks\n\n"


def section(kept: Kept) -> str:
    """Return what ``accuracy-real-stack.json`` says."""
    numbers = kept.numbers("accuracy-real-stack")
    if numbers is None:
        return f"{HEADING}{NOT_MEASURED}\n"
    return f"{HEADING}"
