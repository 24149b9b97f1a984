"""All findings of one run, for people and for machines."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import asdict, frozen

from octet import __version__
from octet.edge.check.finding import Finding, Status

EXIT_FINE: Final = 0
EXIT_FAILED: Final = 1
EXIT_CONFIG: Final = 2
"""The settings or the arguments cannot be used: nothing was checked."""

WIDTH: Final = 100
_LABELS: Final[Mapping[Status, str]] = {
    Status.OK: "ok",
    Status.WARN: "warn",
    Status.FAIL: "FAIL",
    Status.UNKNOWN: "not known",
}


@frozen
class Report:
    """Of one subject."""

    subject: str
    """What was checked, in words."""
    findings: tuple[Finding, ...]

    @property
    def exit_status(self) -> int:
        """Of the command."""
        return EXIT_FAILED if self._count(Status.FAIL) else EXIT_FINE

    @property
    def verdict(self) -> str:
        """All findings in a line."""
        failed, warned = self._count(Status.FAIL), self._count(Status.WARN)
        unknown = self._count(Status.UNKNOWN)
        if failed:
            return f"FAILED: {failed} of {len(self.findings)} checks"
        notes = [f"{warned} to know of"] * bool(warned) + [f"{unknown} not known"] * bool(unknown)
        return f"fine: nothing failed{''.join(f', {note}' for note in notes)}"

    def table(self) -> str:
        """Return one line a finding, and under it what to do."""
        lines = [f"octet-edge check: {self.subject}", ""]
        names = max(len(finding.name) for finding in self.findings)
        for finding in self.findings:
            label = _LABELS[finding.status]
            head = f"  {label:<9}  {finding.name:<{names}}  "
            lines += _wrapped(finding, head)
        return "\n".join([*lines, "", self.verdict])

    def members(self) -> Mapping[str, Any]:
        """Return what becomes JSON."""
        return {
            "subject": self.subject,
            "version": __version__,
            "ok": self.exit_status == EXIT_FINE,
            "findings": [asdict(finding) for finding in self.findings],
        }

    def _count(self, status: Status) -> int:
        return sum(finding.status is status for finding in self.findings)


def _wrapped(finding: Finding, head: str) -> Iterator[str]:
    blank = " " * len(head)
    yield from textwrap.wrap(
        finding.text, WIDTH, initial_indent=head, subsequent_indent=blank, break_on_hyphens=False
    )
    yield from textwrap.wrap(
        finding.remedy,
        WIDTH,
        initial_indent=f"{blank}→ ",
        subsequent_indent=f"{blank}  ",
        break_on_hyphens=False,
    )
