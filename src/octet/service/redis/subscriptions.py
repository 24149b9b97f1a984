"""The channels that one connection listens to.

The connection is used for nothing else. Redis answers a SUBSCRIBE by a push, which no request waits
for, but refuses one by an ordinary reply; beside requests, that reply would be taken for the answer
to the next of them, and every later answer would go to the wrong one.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import aclosing

import trio
from coredis.connection import BaseConnection
from coredis.exceptions import ConnectionError as LostError
from coredis.exceptions import RedisError

from octet.service.redis.errors import AwayError, RefusingError, code_of


class Subscriptions:
    """Opens and closes channels, and tells what is heard on them."""

    def __init__(self, connection: BaseConnection, heard: Callable[[str], None]) -> None:
        """Listen on *connection*; *heard* is called with the channel of each message."""
        self._connection = connection
        self._heard = heard
        self._unconfirmed: Counter[str] = Counter()
        self._confirmed: dict[str, trio.Event] = {}

    def open(self, channel: str) -> None:
        """Ask to hear *channel*."""
        self._confirmed[channel] = trio.Event()
        if self._send(b"SUBSCRIBE", channel):
            self._unconfirmed[channel] += 1

    def close(self, channel: str) -> None:
        """Ask to hear *channel* no more."""
        self._confirmed.pop(channel, None)
        self._send(b"UNSUBSCRIBE", channel)

    async def confirmed(self, channel: str) -> None:
        """Return once whatever is published on *channel* from now on will be heard.

        Cancellation: the channel stays open. Timeout: the caller's.

        Raises:
            AwayError: it was closed, or never opened.
        """
        event = self._confirmed.get(channel)
        if event is None:
            raise AwayError
        await event.wait()

    async def run(self) -> None:
        """Listen until the connection ends, or is cancelled.

        Raises:
            RedisError: the connection was lost.
            RefusingError: Redis will not let us listen.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._run_refusals)
            async with aclosing(self._connection.push_messages) as messages:
                async for kind, channel, *_ in messages:
                    self._take(kind, channel)

    async def _run_refusals(self) -> None:
        async with aclosing(self._connection.streamed_messages) as replies:
            async for reply in replies:
                raise RefusingError(code_of(reply) if isinstance(reply, RedisError) else "reply")

    def _take(self, kind: object, channel: object) -> None:
        if not isinstance(channel, bytes):
            return
        name = channel.decode("utf-8", "replace")
        if kind == b"message":
            self._heard(name)
        elif kind == b"subscribe":
            self._unconfirmed[name] -= 1
            if self._unconfirmed[name] <= 0:  # not before the last: one in between was closed again
                del self._unconfirmed[name]
                if name in self._confirmed:
                    self._confirmed[name].set()

    def _send(self, command: bytes, channel: str) -> bool:
        """Send a command, unless the connection is lost: then nothing is heard anyway."""
        try:
            self._connection.send_command(command, channel)
        except LostError:
            return False
        return True
