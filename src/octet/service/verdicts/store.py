"""What the service asks of the place that holds verdicts.

It holds verdicts only: no envelope, no signal, no address ever reaches it. Every method asks in one
realm, so another partner's verdict is not refused but simply not there.
"""

from typing import Protocol

from octet.schema.verdict import Verdict
from octet.service.realm import Realm


class VerdictStore(Protocol):
    """Holds each verdict for its time to live, then forgets it."""

    async def recall(self, realm: Realm, envelope_id: str) -> Verdict | None:
        """Return the verdict that a post with this id was given; None when there was none."""

    async def put(
        self, realm: Realm, ref: str | None, envelope_id: str, verdict: Verdict
    ) -> Verdict:
        """Hold *verdict*, and return the one that stands for *envelope_id*: the first one put.

        Without a *ref* nobody can read it; it is held only to answer the same id the same way.
        Cancellation: either all of it is held or nothing.

        Raises:
            OverloadedError: there is no room; nothing that was acknowledged is dropped for it.
        """

    async def get(self, realm: Realm, ref: str) -> Verdict | None:
        """Return what stands for *ref*; None when pending, expired, foreign or never collected."""

    async def wait(self, realm: Realm, ref: str, timeout_s: float) -> Verdict | None:
        """Return what stands for *ref* as soon as something does; None after *timeout_s*.

        Cancellation: no waiter is left behind. Timeout: the caller owns it.

        Raises:
            OverloadedError: too many wait already.
        """

    def fault(self) -> str | None:
        """Return why nothing can be held at present, for the operator; None when it can."""
