"""Where and when the simulation ran."""

from benchmarks.accuracy.page.kept import Kept


def section(kept: Kept) -> str:
    """Return one line."""
    result = kept.result()
    if result is None:
        return ""
    e = result.environment
    quick = "a quick run, which shows only that everything works; " if e["quick"] else ""
    return (
        f"<sub>{quick}{e['at']}; commit {e['commit']}; seed {e['seed']}; tables {e['atlas']}; {e['cpu']}, "
        f"{e['cores']} cores; Linux {e['kernel']}; Python {e['python']}, "
        f"numpy {e['packages']['numpy']}</sub>\n"
    )
