"""Names that are good once, in a real Redis."""

import pytest
import trio

from octet.service.errors import OverloadedError
from octet.service.firsts import KEPT_S
from octet.service.redis.firsts import RedisFirsts
from tests.redis_server import RedisServer
from tests.service.stores import open_link

pytestmark = pytest.mark.redis


async def test_first(redis: RedisServer) -> None:
    """The first value of a name stays for all processes, as long as is promised."""
    async with open_link(redis, 1) as one, open_link(redis, 2) as other:
        assert await RedisFirsts(one).first("nonce:a", "ä1") == "ä1"
        assert await RedisFirsts(other).first("nonce:a", "2") == "ä1"
        assert await RedisFirsts(other).first("nonce:b", "2") == "2"
    assert KEPT_S * 1000 - 9000 < int(redis.cli("PTTL", "octet:v1:first:nonce:a")) <= KEPT_S * 1000


async def test_at_once(redis: RedisServer) -> None:
    """Of many who come in one moment one is the first, and all know which."""
    told: list[str] = []
    async with open_link(redis) as link, trio.open_nursery() as nursery:

        async def come(value: str) -> None:
            told.append(await RedisFirsts(link).first("a", value))

        for number in range(30):
            nursery.start_soon(come, str(number))
    assert len(told) == 30
    assert len(set(told)) == 1


async def test_away() -> None:
    """What cannot be told is not said: a nonce that may have been used is not good."""
    with RedisServer() as server:
        async with open_link(server) as link:
            server.kill()
            with pytest.raises(OverloadedError):
                await RedisFirsts(link).first("a", "1")
