"""Who came first under a name, in Redis: so that a nonce is good once in all processes."""

from typing import Final

from octet.service.firsts import KEPT_S
from octet.service.redis.link import RedisLink
from octet.service.redis.prefix import PREFIX

_FIRST: Final = (
    "local known = redis.call('GET', KEYS[1]) if known then return known end "
    "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return ARGV[1]"
)


class RedisFirsts:
    """The `Firsts` of many processes."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link

    async def first(self, name: str, value: str) -> str:
        """Return the first value that came under *name*, in one step of Redis's.

        Cancellation: *value* is remembered or not. Timeout: the link's.

        Raises:
            OverloadedError: Redis is away, or refuses.
        """
        key = f"{PREFIX}:first:{name}"
        known: bytes = await self._link.ask(b"EVAL", _FIRST, 1, key, value, KEPT_S * 1000)
        return known.decode()
