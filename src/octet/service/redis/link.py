"""The link to Redis: two connections of this process, kept up for as long as it serves.

One carries commands of all tasks, pipelined, the other the channels that long polls wait on. They
live and die together: a lost one, or an answer that does not come in time, ends both, whoever waits
is told, and new ones are tried for with growing pauses. Without any traffic a probe proves every
few seconds that Redis writes, runs scripts and lets us hear, so `fault` turns, and turns back, by
itself.

The library's pool is not used: its places are lost with the connections that hold them, and it
sends a command again whose answer was lost, while here the page does that.
"""

import logging
from collections.abc import Callable
from random import Random
from typing import Any, Final, NoReturn

import trio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import frozen
from coredis.connection import (
    BaseConnection,
    TCPConnection,
    TCPLocation,
    UnixDomainSocketConnection,
    UnixDomainSocketLocation,
)
from coredis.exceptions import ConnectionError as LostError
from coredis.exceptions import ReadOnlyError, RedisError

from octet.service.redis.address import RedisAddress
from octet.service.redis.backoff import Backoff
from octet.service.redis.durability import SETTINGS, doubts
from octet.service.redis.errors import AwayError, RefusingError, code_of
from octet.service.redis.prefix import PREFIX
from octet.service.redis.subscriptions import Subscriptions
from octet.serving.failure import describe

logger = logging.getLogger(__name__)
logging.getLogger("coredis").setLevel(logging.CRITICAL)  # it logs messages of exceptions

CONNECT_S: Final = 2.0
"""To connect and be let in."""
COMMAND_S: Final = 2.0
"""From a command to its answer; after that Redis is taken for lost."""
PROBE_EVERY_S: Final = 3.0
NAME: Final = "octet-service"
"""What ``CLIENT LIST`` shows."""

_PROBE: Final = (
    "redis.call('SET', KEYS[1], '', 'PX', ARGV[1]) redis.call('PUBLISH', KEYS[1], '') return 1"
)
_GONE: Final = (LostError, ReadOnlyError, TimeoutError, trio.TooSlowError)
"""A replica that was a primary will not become one again under us: its name must be resolved."""


class _EndedError(Exception):
    """A connection has ended."""


@frozen(eq=False)
class _Pair:
    """Both connections, while they stand."""

    commands: BaseConnection
    channels: BaseConnection
    subscriptions: Subscriptions


class RedisLink:
    """Reaches one Redis on behalf of all tasks of this process."""

    def __init__(self, address: RedisAddress, *, rng: Random) -> None:
        """Prepare a link; `run` makes it.

        Args:
            address: where Redis is.
            rng: for the pauses between attempts and the name of a probe, so that processes differ.
        """
        self._address = address
        self._rng = rng
        self._backoff = Backoff(rng)
        self._pair: _Pair | None = None
        self._up = trio.Event()
        self._fault: str | None = "verdict store not reached yet"
        self._told: str | None = None
        self._doubts: tuple[str, ...] | None = None
        self._probed = trio.Event()
        self._probe_key = ""
        self.on_message: Callable[[str], None] = lambda _: None
        """Called with the channel of each message."""
        self.on_loss: Callable[[], None] = lambda: None
        """Called when messages may have been missed."""

    def fault(self) -> str | None:
        """Return why Redis is of no use at present, for the operator; None when it is."""
        return self._fault

    @property
    def is_down(self) -> bool:
        """Whether Redis is not reached."""
        return self._pair is None

    async def up(self) -> None:
        """Return once Redis is reached. Timeout: the caller's."""
        while self._pair is None:
            await self._up.wait()
        await trio.lowlevel.checkpoint()

    async def ask(self, command: bytes, *arguments: bytes | str | int) -> Any:
        """Send a command and return what Redis answers.

        Cancellation: it is carried out or not. Timeout: `COMMAND_S`, ours.

        Raises:
            AwayError: Redis is not reached, or did not answer.
            RefusingError: Redis will not.
        """
        if self._pair is None:
            raise AwayError
        return await self._ask(self._pair, command, *arguments)

    def subscribe(self, channel: str) -> None:
        """Begin to hear *channel*; without a link, nothing."""
        if self._pair is not None:
            self._pair.subscriptions.open(channel)

    def unsubscribe(self, channel: str) -> None:
        """Hear *channel* no more."""
        if self._pair is not None:
            self._pair.subscriptions.close(channel)

    async def subscribed(self, channel: str) -> None:
        """Return once whatever is published on *channel* from now on will be heard.

        Cancellation: nothing changes. Timeout: `COMMAND_S`, ours.

        Raises:
            AwayError: it will not be heard.
        """
        if self._pair is None:
            raise AwayError
        pair = self._pair
        try:
            with trio.fail_after(COMMAND_S):
                await pair.subscriptions.confirmed(channel)
        except trio.TooSlowError as exc:
            self._lose(pair)
            raise AwayError from exc

    async def run(self) -> None:
        """Keep the link up until cancelled; nothing that Redis does ends it.

        Cancellation: both connections are closed. Timeout: none.
        """
        while True:
            try:
                await self._live()
            except* Exception as errors:  # noqa: BLE001 - the boundary around Redis: the link goes on
                self._blame(*_reason(errors))  # a cancellation that came along goes on, too
            await trio.sleep(self._backoff.pause_s())

    # --- one life of the link

    async def _live(self) -> NoReturn:
        """Connect, and probe until something fails."""
        async with trio.open_nursery() as nursery:
            with trio.fail_after(CONNECT_S):
                commands = await nursery.start(self._hold)
                channels = await nursery.start(self._hold)
            pair = _Pair(commands, channels, Subscriptions(channels, self._heard))
            nursery.start_soon(pair.subscriptions.run)
            self._probe_key = f"{PREFIX}:probe:{self._rng.getrandbits(64):016x}"
            pair.subscriptions.open(self._probe_key)
            try:
                await self._check_durability(pair)
                await self._probe(pair)
                self._rise(pair)
                while True:
                    await trio.sleep(PROBE_EVERY_S)
                    await self._probe(pair)
            finally:
                self._lose(pair)

    async def _hold(self, task_status: trio.TaskStatus[BaseConnection]) -> None:
        """Keep one connection open; its end is the end of all."""
        connection = _connection(self._address)
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(connection.run)
                task_status.started(connection)
        finally:
            _discard(connection)
        raise _EndedError

    async def _probe(self, pair: _Pair) -> None:
        """See that Redis writes, runs scripts, publishes, and that we hear it.

        Raises:
            AwayError: it does not answer, or we hear nothing.
        """
        self._probed = trio.Event()
        try:
            with trio.fail_after(COMMAND_S):
                await pair.subscriptions.confirmed(self._probe_key)
                await self._ask(pair, b"EVAL", _PROBE, 1, self._probe_key, 10_000)
                await self._probed.wait()
        except RefusingError as exc:
            self._blame("verdict store refuses to write", exc.code)
        except trio.TooSlowError as exc:
            raise AwayError from exc
        else:
            self._praise()

    async def _check_durability(self, pair: _Pair) -> None:
        """Warn of settings under which what was acknowledged can be lost; once for each finding."""
        known: dict[str, str] = {}
        for name in SETTINGS:
            try:
                answer = await self._ask(pair, b"CONFIG GET", name)
                known |= {key.decode(): value.decode() for key, value in answer.items()}
            except RefusingError:
                break
        found = doubts(known)
        if found != self._doubts:
            for doubt in found:
                logger.warning("the verdict store %s", doubt)
        self._doubts = found

    def _rise(self, pair: _Pair) -> None:
        self._backoff.reset()
        self._pair = pair
        self._up.set()

    def _lose(self, pair: _Pair) -> None:
        """Take *pair* for lost, once: nobody uses it from now on, and who waits hears of it."""
        pair.commands.invalidate()
        pair.channels.invalidate()
        if self._pair is pair:
            self._pair = None
            self._up = trio.Event()
            self._fault = "verdict store cannot be reached"
            self.on_loss()

    async def _ask(self, pair: _Pair, command: bytes, *arguments: bytes | str | int) -> Any:
        try:
            return await pair.commands.create_request(command, *arguments, timeout=COMMAND_S)
        except _GONE as exc:
            self._lose(pair)
            raise AwayError from exc
        except RedisError as exc:
            raise RefusingError(code_of(exc)) from exc

    def _heard(self, channel: str) -> None:
        if channel == self._probe_key:
            self._probed.set()
        else:
            self.on_message(channel)

    def _blame(self, fault: str, why: str) -> None:
        """Note what is wrong, and log it unless it was logged already."""
        self._fault = f"{fault}: {why}"
        if self._fault != self._told:
            logger.error("%s; trying again", self._fault)
        self._told = self._fault

    def _praise(self) -> None:
        """Note that all is well, and log it if it was not."""
        if self._fault is not None:
            logger.info("verdict store in order: redis at %s", self._address)
        self._fault = self._told = None


def _connection(address: RedisAddress) -> BaseConnection:
    options: dict[str, Any] = {
        "username": address.username,
        "password": address.password,
        "db": address.db,
        "client_name": NAME,
        "connect_timeout": CONNECT_S,
        "stream_timeout": COMMAND_S,
    }
    if address.path:
        return UnixDomainSocketConnection(UnixDomainSocketLocation(address.path), **options)
    place = TCPLocation(address.host, address.port)
    return TCPConnection(place, ssl_context=address.tls, socket_keepalive=True, **options)


def _discard(connection: BaseConnection) -> None:
    """Close what the library leaves open of a connection that never stood."""
    for part in vars(connection).values():
        if isinstance(part, MemoryObjectSendStream | MemoryObjectReceiveStream):
            part.close()


def _reason(exc: BaseException) -> tuple[str, str]:
    """Return the fault that *exc* stands for, and why."""
    while isinstance(exc, BaseExceptionGroup):
        exc = exc.exceptions[0]
    root = exc.__cause__ or exc
    match root:
        case LostError() | AwayError() | _EndedError() | trio.TooSlowError() | OSError():
            return "verdict store cannot be reached", type(root).__name__
        case RedisError():
            return "verdict store refuses", code_of(root)
        case RefusingError():
            return "verdict store refuses", root.code
        case _:
            return "verdict store cannot be reached", describe(exc)
