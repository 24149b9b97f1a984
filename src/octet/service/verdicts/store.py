"""What the service asks of the place that holds verdicts.

It holds verdicts only: no envelope, no signal, no address ever reaches it. Every method asks in one
realm, so another partner's verdict is not refused but simply not there.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from attrs import frozen

from octet.schema.verdict import Verdict
from octet.service.realm import Realm


@frozen(kw_only=True)
class Entry:
    """What is held of one report."""

    envelope_id: str
    """Within its realm, the same report's."""
    ref: str | None
    """What it can be read by; without one it only answers the same id the same way."""
    verdict: Verdict


class VerdictStore(Protocol):
    """Holds each verdict for its time to live, then forgets it."""

    async def recall(self, realm: Realm, ids: Sequence[str]) -> Mapping[str, Verdict]:
        """Return the verdicts that posts with these ids were given, as far as there were any.

        Raises:
            OverloadedError: it cannot be asked at present.
        """

    async def put(self, realm: Realm, entries: Sequence[Entry]) -> Mapping[str, Verdict]:
        """Hold *entries*; return for each id the verdict that stands for it: the first one put.

        All are held, for all readers, before this returns; an id that is not returned could not be.
        Cancellation: either all of them are held or none.

        Raises:
            OverloadedError: there is no room, or it cannot be told; nothing that was acknowledged
                is dropped for it, and to put the same again is harmless.
        """

    async def get(self, realm: Realm, ref: str) -> Verdict | None:
        """Return what stands for *ref*; None when pending, expired, foreign or never collected.

        Raises:
            OverloadedError: it cannot be asked at present.
        """

    async def wait(self, realm: Realm, ref: str, timeout_s: float) -> Verdict | None:
        """Return what stands for *ref* as soon as something does; None after *timeout_s*.

        Cancellation: no waiter is left behind. Timeout: the caller owns it.

        Raises:
            OverloadedError: too many wait already, or it cannot be asked when the time is over.
        """

    def fault(self) -> str | None:
        """Return why nothing can be held at present, for the operator; None when it can."""
