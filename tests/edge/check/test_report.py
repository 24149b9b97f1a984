"""What people and machines are shown."""

import pytest

from octet import __version__
from octet.edge.check.finding import Finding, fail, ok, unknown, warn
from octet.edge.check.report import WIDTH, Report

LONG = "a text of many words that goes on " * 6


@pytest.mark.parametrize(
    ("findings", "status", "verdict"),
    [
        ((ok("a", "x"),), 0, "fine: nothing failed"),
        ((ok("a", "x"), warn("b", "x")), 0, "fine: nothing failed, 1 to know of"),
        ((unknown("a", "x"), unknown("b", "x")), 0, "fine: nothing failed, 2 not known"),
        ((fail("a", "x", "y"), unknown("b", "x"), ok("c", "x")), 1, "FAILED: 1 of 3 checks"),
    ],
)
def test_verdict(findings: tuple[Finding, ...], status: int, verdict: str) -> None:
    """Only what failed makes the command fail; the verdict is the table's last line."""
    report = Report("it", findings)
    assert (report.exit_status, report.verdict) == (status, verdict)
    assert report.table().splitlines()[-1] == verdict


def test_table() -> None:
    """Each finding is one line where it fits, aligned, with what to do below it."""
    report = Report("it", (ok("short", "good"), fail("longer-name", "bad", "mend it")))
    assert report.table() == (
        "octet-edge check: it\n\n"
        "  ok         short        good\n"
        "  FAIL       longer-name  bad\n"
        "                          → mend it\n\n"
        "FAILED: 1 of 2 checks"
    )


def test_long_texts_are_wrapped() -> None:
    """No line is longer than a terminal that is not too small, and no word is lost."""
    table = Report("it", (warn("name", LONG, LONG),)).table()
    assert all(len(line) <= WIDTH for line in table.splitlines())
    assert table.split().count("many") == LONG.split().count("many") * 2


def test_members() -> None:
    """Machines get the same, by names that stay."""
    assert Report("it", (fail("a", "bad", "mend it"), ok("b", "good"))).members() == {
        "subject": "it",
        "version": __version__,
        "ok": False,
        "findings": [
            {"name": "a", "status": "fail", "text": "bad", "remedy": "mend it"},
            {"name": "b", "status": "ok", "text": "good", "remedy": ""},
        ],
    }
