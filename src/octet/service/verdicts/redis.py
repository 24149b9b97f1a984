"""Verdicts in Redis: shared by all processes, and as durable as Redis is set up to be."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import trio

from octet.schema.verdict import Verdict
from octet.service.realm import Realm
from octet.service.redis.errors import AwayError
from octet.service.redis.link import RedisLink
from octet.service.verdicts.keys import id_key, ref_key
from octet.service.verdicts.records import RecordError, read, read_standing, write
from octet.service.verdicts.store import Entry
from octet.service.verdicts.waiters import MAX_WAITERS, Waiters

logger = logging.getLogger(__name__)

_PUT: Final = Path(__file__).with_name("put.lua").read_text(encoding="ascii")


class RedisStore:
    """The `VerdictStore` of many processes."""

    def __init__(self, link: RedisLink, *, ttl_s: float, max_waiters: int = MAX_WAITERS) -> None:
        """Make a store.

        Args:
            link: reaches Redis while it runs; this store alone listens to it.
            ttl_s: how long a verdict is held after the last report for its reference, seconds.
            max_waiters: long polls of this process that wait at once.
        """
        self._link = link
        self._ttl_ms = int(ttl_s * 1000)
        self.waiters = Waiters(max_waiters, opened=link.subscribe, closed=link.unsubscribe)
        link.on_message = self.waiters.wake
        link.on_loss = self.waiters.wake_all

    async def recall(self, realm: Realm, ids: Sequence[str]) -> Mapping[str, Verdict]:
        """Return what earlier posts of *ids* were given."""
        if not ids:
            return {}
        records = await self._link.ask(b"MGET", *(id_key(realm, name) for name in ids))
        held = zip(ids, records, strict=True)
        return {name: read(record) for name, record in held if record is not None}

    async def put(self, realm: Realm, entries: Sequence[Entry]) -> Mapping[str, Verdict]:
        """Hold *entries*, in one step of Redis's, and return what stands for their ids."""
        texts = {entry: text for entry in entries if (text := _text(entry)) is not None}
        if not texts:
            return {}
        keys: list[str] = []
        arguments: list[bytes | int] = []
        for entry, text in texts.items():
            key = id_key(realm, entry.envelope_id)
            keys += [key, key if entry.ref is None else ref_key(realm, entry.ref)]
            verdict = entry.verdict
            arguments += [verdict.alarm.level, int(verdict.country is not None), text]
        records = await self._link.ask(b"EVAL", _PUT, len(keys), *keys, self._ttl_ms, *arguments)
        return {
            entry.envelope_id: entry.verdict if record is None else read(record)
            for entry, record in zip(texts, records, strict=True)
        }

    async def get(self, realm: Realm, ref: str) -> Verdict | None:
        """Return what stands for *ref*."""
        record = await self._link.ask(b"GET", ref_key(realm, ref))
        return None if record is None else read_standing(record)

    async def wait(self, realm: Realm, ref: str, timeout_s: float) -> Verdict | None:
        """Return what stands for *ref* as soon as something does; None after *timeout_s*.

        Looks first, as most often something stands already; then listens before it looks again, so
        that what comes in between is seen. When Redis goes, it waits for its return.

        Cancellation: no waiter is left behind. Timeout: the caller owns it.
        """
        verdict = await self.get(realm, ref)
        if verdict is not None or timeout_s <= 0:
            return verdict
        with self.waiters.place(), trio.move_on_after(timeout_s):
            return await self._wait(realm, ref)
        if self._link.is_down:
            raise AwayError
        return None

    async def _wait(self, realm: Realm, ref: str) -> Verdict:
        channel = ref_key(realm, ref)
        while True:
            await self._link.up()
            with suppress(AwayError), self.waiters.room(channel) as room:
                await self._link.subscribed(channel)
                verdict = await self.get(realm, ref)
                if verdict is None:
                    await room.woken.wait()
                    verdict = await self.get(realm, ref)
                if verdict is not None:
                    return verdict

    def fault(self) -> str | None:
        """Return why nothing can be held at present."""
        return self._link.fault()


def _text(entry: Entry) -> bytes | None:
    """Return what is held of *entry*; None for one that is too large, which fails alone."""
    try:
        return write(entry.verdict)
    except RecordError as exc:
        logger.error("a verdict cannot be held: %s", exc)
        return None
