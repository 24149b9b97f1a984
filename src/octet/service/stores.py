"""Where verdicts are kept, as the configuration says: in this process, or where many share it."""

from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import Final

import trio
from attrs import frozen

from octet.service.redis import RedisAddress
from octet.service.verdicts import MemoryStore, VerdictStore

REACHED_S: Final = 2.0
"""A start waits so long for the store; then it serves all the same, and is not ready."""


@frozen(kw_only=True)
class Stores:
    """What is kept between requests."""

    verdicts: VerdictStore
    run: Callable[[], Awaitable[None]] = trio.sleep_forever
    """Does what they need, until cancelled."""
    reached: Callable[[], Awaitable[None]] = trio.lowlevel.checkpoint
    """Returns once they can be asked, while `run` runs."""


def open_stores(address: RedisAddress | None, *, ttl_s: float) -> Stores:
    """Return the stores at *address*, or in memory. Nothing is opened before `Stores.run`.

    So this may be called before processes are forked.

    Args:
        address: of Redis.
        ttl_s: how long a verdict is held, seconds.
    """
    if address is None:
        return Stores(verdicts=MemoryStore(ttl_s=ttl_s))
    from octet.service.redis.link import RedisLink  # noqa: PLC0415 - half a second, for nothing
    from octet.service.verdicts.redis import RedisStore  # noqa: PLC0415 - in memory

    link = RedisLink(address, rng=SystemRandom())
    return Stores(verdicts=RedisStore(link, ttl_s=ttl_s), run=link.run, reached=link.up)
