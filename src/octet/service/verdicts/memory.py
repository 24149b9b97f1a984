"""Verdicts in this process's memory: quick, bounded, and gone with the process."""

from collections.abc import Callable

import trio

from octet.schema.verdict import Verdict
from octet.service.realm import Realm
from octet.service.verdicts.expiring import Expiring
from octet.service.verdicts.standing import standing
from octet.service.verdicts.waiters import Waiters

MAX_VERDICTS = 250_000
"""References, and as many ids: over 400 posts a second at the default time to live."""
MAX_WAITERS = 4096
"""Long polls at once."""

_Key = tuple[Realm, str]


class MemoryStore:
    """The `VerdictStore` of a single process."""

    def __init__(
        self,
        *,
        ttl_s: float,
        now: Callable[[], float] = trio.current_time,
        max_verdicts: int = MAX_VERDICTS,
        max_waiters: int = MAX_WAITERS,
    ) -> None:
        """Make an empty store.

        Args:
            ttl_s: how long a verdict is held after the last report for its reference, seconds.
            now: seconds, never going back.
            max_verdicts: references, and ids, that are held at once.
            max_waiters: long polls that wait at once.
        """
        self._by_ref: Expiring[_Key, Verdict] = Expiring(ttl_s=ttl_s, limit=max_verdicts, now=now)
        self._by_id: Expiring[_Key, Verdict] = Expiring(ttl_s=ttl_s, limit=max_verdicts, now=now)
        self.waiters = Waiters(max_waiters)

    async def recall(self, realm: Realm, envelope_id: str) -> Verdict | None:
        """Return the verdict that a post with this id was given."""
        return self._by_id.get((realm, envelope_id))

    async def put(
        self, realm: Realm, ref: str | None, envelope_id: str, verdict: Verdict
    ) -> Verdict:
        """Hold *verdict*, unless the id has one already; return the one that stands for the id.

        Has no checkpoint, so it cannot be cancelled half-way.
        """
        known = self._by_id.get((realm, envelope_id))
        if known is not None:
            return known
        if ref is not None:  # before the id: an id that is held promises that its reference is too
            self._by_ref.put((realm, ref), standing(self._by_ref.get((realm, ref)), verdict))
            self.waiters.wake((realm, ref))
        self._by_id.put((realm, envelope_id), verdict)
        return verdict

    async def get(self, realm: Realm, ref: str) -> Verdict | None:
        """Return what stands for *ref*."""
        return self._by_ref.get((realm, ref))

    async def wait(self, realm: Realm, ref: str, timeout_s: float) -> Verdict | None:
        """Return what stands for *ref* as soon as something does; None after *timeout_s*.

        Cancellation: no waiter is left behind. Timeout: the caller owns it.
        """
        verdict = self._by_ref.get((realm, ref))
        if verdict is None and timeout_s > 0:
            await self.waiters.wait((realm, ref), timeout_s)
            verdict = self._by_ref.get((realm, ref))
        return verdict

    def fault(self) -> str | None:
        """Return why nothing can be held at present."""
        return "verdict store full" if self._by_ref.full or self._by_id.full else None
