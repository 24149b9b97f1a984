"""Verdicts in this process's memory: quick, bounded, and gone with the process."""

from collections.abc import Callable, Mapping, Sequence

import trio

from octet.schema.verdict import Verdict
from octet.service.errors import OverloadedError
from octet.service.realm import Realm
from octet.service.verdicts.expiring import Expiring
from octet.service.verdicts.keys import id_key, ref_key
from octet.service.verdicts.standing import standing
from octet.service.verdicts.store import Entry
from octet.service.verdicts.waiters import MAX_WAITERS, Waiters

MAX_VERDICTS = 250_000
"""References, and as many ids: over 400 posts a second at the default time to live."""


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
        self._by_ref: Expiring[str, Verdict] = Expiring(ttl_s=ttl_s, limit=max_verdicts, now=now)
        self._by_id: Expiring[str, Verdict] = Expiring(ttl_s=ttl_s, limit=max_verdicts, now=now)
        self.waiters = Waiters(max_waiters)

    async def recall(self, realm: Realm, ids: Sequence[str]) -> Mapping[str, Verdict]:
        """Return what earlier posts of *ids* were given."""
        known = {name: self._by_id.get(id_key(realm, name)) for name in ids}
        return {name: verdict for name, verdict in known.items() if verdict is not None}

    async def put(self, realm: Realm, entries: Sequence[Entry]) -> Mapping[str, Verdict]:
        """Hold *entries*, and return what stands for their ids.

        Has no checkpoint, so it cannot be cancelled half-way.
        """
        fresh = [e for e in entries if self._by_id.get(id_key(realm, e.envelope_id)) is None]
        self._make_sure_of_room(realm, fresh)
        return {entry.envelope_id: self._put(realm, entry) for entry in entries}

    async def get(self, realm: Realm, ref: str) -> Verdict | None:
        """Return what stands for *ref*."""
        return self._by_ref.get(ref_key(realm, ref))

    async def wait(self, realm: Realm, ref: str, timeout_s: float) -> Verdict | None:
        """Return what stands for *ref* as soon as something does; None after *timeout_s*.

        Cancellation: no waiter is left behind. Timeout: the caller owns it.
        """
        verdict = await self.get(realm, ref)
        if verdict is None and timeout_s > 0:
            key = ref_key(realm, ref)
            with self.waiters.place(), self.waiters.room(key) as room:
                with trio.move_on_after(timeout_s):
                    await room.woken.wait()
            verdict = await self.get(realm, ref)
        return verdict

    def fault(self) -> str | None:
        """Return why nothing can be held at present."""
        return None if self._by_ref.room and self._by_id.room else "verdict store full"

    def _make_sure_of_room(self, realm: Realm, fresh: Sequence[Entry]) -> None:
        """Refuse all rather than hold some."""
        ids = {entry.envelope_id for entry in fresh}
        keys = {ref_key(realm, entry.ref) for entry in fresh if entry.ref is not None}
        refs = [key for key in keys if self._by_ref.get(key) is None]
        if len(ids) > self._by_id.room or len(refs) > self._by_ref.room:
            raise OverloadedError("the verdict store is full")

    def _put(self, realm: Realm, entry: Entry) -> Verdict:
        key = id_key(realm, entry.envelope_id)
        known = self._by_id.get(key)
        if known is not None:
            return known
        self._by_id.put(key, entry.verdict)
        if entry.ref is not None:
            ref = ref_key(realm, entry.ref)
            self._by_ref.put(ref, standing(self._by_ref.get(ref), entry.verdict))
            self.waiters.wake(ref)
        return entry.verdict
