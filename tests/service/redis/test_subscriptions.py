"""Channels of one connection, against a scripted Redis: what it says and when is the point."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import trio
from coredis.connection import BaseConnection
from coredis.exceptions import AuthorizationError
from coredis.exceptions import ConnectionError as LostError
from trio.testing import wait_all_tasks_blocked

from octet.service.redis.errors import AwayError, RefusingError
from octet.service.redis.subscriptions import Subscriptions


class Connection:
    """Records commands, and pushes what a test says."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, str]] = []
        self.lost = False
        self._push, self._pushes = trio.open_memory_channel[Any](100)
        self._reply, self._replies = trio.open_memory_channel[Any](100)

    def send_command(self, command: bytes, channel: str) -> None:
        if self.lost:
            raise LostError
        self.sent.append((command, channel))

    def push(self, *message: Any) -> None:
        self._push.send_nowait(list(message))

    def reply(self, reply: Any) -> None:
        self._reply.send_nowait(reply)

    @property
    async def push_messages(self) -> AsyncIterator[Any]:
        async for message in self._pushes:
            yield message

    @property
    async def streamed_messages(self) -> AsyncIterator[Any]:
        async for reply in self._replies:
            yield reply


class House:
    """Subscriptions, their connection, and what they heard."""

    def __init__(self) -> None:
        self.connection = Connection()
        self.heard: list[str] = []
        self.channels = Subscriptions(cast("BaseConnection", self.connection), self.heard.append)

    async def is_confirmed(self, channel: str) -> bool:
        await wait_all_tasks_blocked()
        return self.channels._confirmed[channel].is_set()


@asynccontextmanager
async def opened() -> AsyncIterator[House]:
    house = House()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.channels.run)
        yield house
        nursery.cancel_scope.cancel()


async def test_confirmed_and_heard() -> None:
    """A channel is confirmed when Redis says so, and its messages are told until it is closed."""
    async with opened() as house:
        house.channels.open("a")
        assert not await house.is_confirmed("a")
        house.connection.push(b"subscribe", b"a", 1)
        assert await house.is_confirmed("a")
        house.connection.push(b"message", b"a", b"")
        house.connection.push(b"invalidate", None)
        house.channels.close("a")
        house.connection.push(b"unsubscribe", b"a", 0)
        await wait_all_tasks_blocked()
        assert house.heard == ["a"]
        assert house.connection.sent == [(b"SUBSCRIBE", "a"), (b"UNSUBSCRIBE", "a")]
        with pytest.raises(AwayError):
            await house.channels.confirmed("a")
        assert house.channels._unconfirmed == {}


async def test_confirmation_of_an_earlier_life() -> None:
    """A channel that was closed and opened again is confirmed by the last confirmation only."""
    async with opened() as house:
        house.channels.open("a")
        house.channels.close("a")
        house.channels.open("a")
        house.connection.push(b"subscribe", b"a", 1)
        house.connection.push(b"unsubscribe", b"a", 0)
        assert not await house.is_confirmed("a")
        house.connection.push(b"subscribe", b"a", 1)
        assert await house.is_confirmed("a")


async def test_refused() -> None:
    """A refusal, which is no push, ends the connection: no wait may believe that it listens."""
    house = House()
    house.channels.open("a")
    house.connection.reply(AuthorizationError("NOPERM secret"))
    with pytest.raises(ExceptionGroup) as caught:
        await house.channels.run()
    assert caught.group_contains(RefusingError, match="refuses")


async def test_lost() -> None:
    """On a lost connection nothing is sent, and nothing raised: its end is told elsewhere."""
    house = House()
    house.connection.lost = True
    house.channels.open("a")
    house.channels.close("a")
    assert house.connection.sent == []
