"""What is not on the page."""

from typing import Final

from benchmarks.accuracy.page.kept import Kept

NOT_YET: Final = """## Not measured

- ClientHello, voices, locale, clock formats and graphics are in no simulated session.
- Which of a household's browsers are on IPv6: the IPv6 variant changes every address at once.
- Real sessions with a known country and all signals: nobody has any, so nothing here proves the
  calibration or the accuracy of a deployment.

A browser that really runs in the exit country (a cloud desktop) cannot be told from one that belongs
there.
"""


def section(kept: Kept) -> str:  # noqa: ARG001 - every section takes it
    """Return the list."""
    return NOT_YET
