"""What is kept between requests, as the configuration says: in this process, or shared by many."""

from collections.abc import Awaitable, Callable
from functools import partial
from random import SystemRandom
from typing import Final

import trio
from attrs import field, frozen

from octet.service.firsts import Firsts, MemoryFirsts
from octet.service.fixtures import MAX_FIRST_READS
from octet.service.quotas import MemoryQuotas, Quotas
from octet.service.redis import RedisAddress
from octet.service.verdicts import MemoryStore, VerdictStore

REACHED_S: Final = 2.0
"""A start waits so long for the store; then it serves all the same, and is not ready."""


@frozen(kw_only=True)
class Stores:
    """What is kept between requests."""

    verdicts: VerdictStore
    quotas: Quotas = field(factory=MemoryQuotas)
    nonces: Firsts = field(factory=MemoryFirsts)
    """Of signed posts."""
    first_reads: Firsts = field(factory=partial(MemoryFirsts, max_names=MAX_FIRST_READS))
    """Of fixtures; apart from the nonces, so that those who test take nobody's room."""
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
    # half a second of imports, which nobody needs in memory
    from octet.service.quotas.redis import RedisQuotas  # noqa: PLC0415
    from octet.service.redis.firsts import RedisFirsts  # noqa: PLC0415
    from octet.service.redis.link import RedisLink  # noqa: PLC0415
    from octet.service.verdicts.redis import RedisStore  # noqa: PLC0415

    link = RedisLink(address, rng=SystemRandom())
    return Stores(
        verdicts=RedisStore(link, ttl_s=ttl_s),
        quotas=RedisQuotas(link),
        nonces=RedisFirsts(link),
        first_reads=RedisFirsts(link),
        run=link.run,
        reached=link.up,
    )
