"""What the app remembers of its visitors, in memory and bounded."""

from collections import OrderedDict
from typing import Final

from attrs import define, field, frozen
from markupsafe import Markup

from examples.customer_app.policy import Decision
from octet.client import Verdict, mint_session_ref

MAX_SESSIONS: Final = 1000
"""References remembered; the oldest go first."""


@frozen
class Outcome:
    """How a visit ended."""

    verdict: Verdict
    decision: Decision
    world_map: Markup


@define
class Sessions:
    """Which reference belongs to which visit, and each visit's last outcome."""

    _visits: OrderedDict[str, str] = field(factory=OrderedDict)
    _last: dict[str, Outcome] = field(factory=dict)

    def open(self, visit: str) -> str:
        """Return a new reference for *visit*."""
        ref = mint_session_ref()
        self._visits[ref] = visit
        while len(self._visits) > MAX_SESSIONS:
            self._visits.popitem(last=False)
        return ref

    def visit_of(self, ref: str) -> str | None:
        """Return the visit that *ref* was minted for, or None for a stranger's reference."""
        return self._visits.get(ref)

    def keep(self, visit: str, outcome: Outcome) -> None:
        """Remember *outcome* as the last one of *visit*; there are as many as visits."""
        self._last[visit] = outcome

    def last(self, visit: str) -> Outcome | None:
        """Return the last outcome of *visit*, if there was one."""
        return self._last.get(visit)
