"""The link to a real Redis: what it survives, and what it says meanwhile."""

import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from random import Random

import pytest
import trio

from octet.service.quotas.redis import RedisQuotas
from octet.service.realm import DEV
from octet.service.redis import RedisAddress, link
from octet.service.redis.errors import AwayError, RefusingError
from octet.service.redis.firsts import RedisFirsts
from octet.service.redis.link import RedisLink
from octet.service.verdicts.redis import RedisStore
from tests.certificates import Certificate
from tests.redis_server import NotStartedError, RedisServer

pytestmark = pytest.mark.redis

AWAY = "verdict store cannot be reached"
ACL = ("octet", "on", ">s3cret")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the link look more often than an operator would want."""
    monkeypatch.setattr(link, "PROBE_EVERY_S", 0.02)
    monkeypatch.setattr(link, "COMMAND_S", 1.0)
    monkeypatch.setattr(link, "CONNECT_S", 1.0)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A Redis that a test may harm."""
    with RedisServer() as server:
        yield server


@asynccontextmanager
async def running(address: RedisAddress) -> AsyncIterator[RedisLink]:
    """A link that tries."""
    it = RedisLink(address, rng=Random(1))  # noqa: S311 - not a secret
    async with trio.open_nursery() as nursery:
        nursery.start_soon(it.run)
        with trio.fail_after(20):
            yield it
        nursery.cancel_scope.cancel()


async def fault(it: RedisLink, expected: str | None) -> None:
    """Return once the fault is *expected*, or begins so."""
    while (it.fault() or "").startswith(expected or "nothing") is (expected is None):  # noqa: ASYNC110
        await trio.sleep(0.001)


async def test_asks(server: RedisServer) -> None:
    """What many tasks ask at once is answered, each its own, over two connections in all."""
    async with running(server.address) as it:
        await it.up()
        assert it.fault() is None

        async def echo(number: int) -> None:
            assert await it.ask(b"ECHO", number) == b"%d" % number

        async with trio.open_nursery() as nursery:
            for number in range(200):
                nursery.start_soon(echo, number)
        ours = [line for line in server.cli("CLIENT", "LIST").splitlines() if link.NAME in line]
        assert len(ours) == 2
    assert link.NAME not in server.cli("CLIENT", "LIST")


async def test_cancelled_task_harms_no_other(server: RedisServer) -> None:
    """A task that is cancelled between command and answer leaves the others their own answers."""
    async with running(server.address) as it:
        await it.up()
        async with trio.open_nursery() as nursery:
            with trio.move_on_after(0.005):
                nursery.start_soon(it.ask, b"ECHO", "other")
                await it.ask(b"BLPOP", "never", "0.1")
            assert await it.ask(b"ECHO", "mine") == b"mine"
        assert it.fault() is None


async def test_refusal_is_one_command_only(server: RedisServer) -> None:
    """A command that Redis refuses fails alone, and with nothing but Redis's code."""
    async with running(server.address) as it:
        await it.up()
        await it.ask(b"SET", "text", "x")
        with pytest.raises(RefusingError) as caught:
            await it.ask(b"HGETALL", "text")
        assert caught.value.code == "WRONGTYPE"
        assert await it.ask(b"GET", "text") == b"x"
        assert it.fault() is None


async def test_kill_and_restart(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """A Redis that dies is missed at once, tried for, and used again when it is back."""
    caplog.set_level(logging.INFO, "octet")
    async with running(server.address) as it:
        await it.up()
        losses: list[None] = []
        it.on_loss = lambda: losses.append(None)
        server.kill()
        await fault(it, AWAY)
        with pytest.raises(AwayError):
            await it.ask(b"ECHO", "x")
        with pytest.raises(AwayError):
            await it.subscribed("x")
        assert len(losses) == 1
        await fault(it, f"{AWAY}: ")
        server.start()
        await it.up()
        await fault(it, None)
        assert await it.ask(b"ECHO", "x") == b"x"
    told = [message for message in caplog.messages if "store" in message]
    assert f"verdict store in order: redis at {server.path} db 0" in told[-1]
    assert len(told) < 12, "a line a change, not a line an attempt"


async def test_not_there_yet(server: RedisServer) -> None:
    """Who starts before its Redis says so, and waits for it."""
    server.kill()
    async with running(server.address) as it:
        assert it.fault() == "verdict store not reached yet"
        with pytest.raises(AwayError):
            await it.ask(b"ECHO", "x")
        await fault(it, AWAY)
        server.start()
        await it.up()
        await fault(it, None)


async def test_silent_redis_is_missed_without_traffic(server: RedisServer) -> None:
    """A Redis that hangs is found out by the probe, and found again when it goes on."""
    async with running(server.address) as it:
        await it.up()
        server.send(signal.SIGSTOP)
        await fault(it, AWAY)
        server.send(signal.SIGCONT)
        await it.up()
        await fault(it, None)


async def test_answer_that_does_not_come(server: RedisServer) -> None:
    """A command has its time-out, and everyone who waits then is told."""
    async with running(server.address) as it:
        await it.up()
        server.send(signal.SIGSTOP)
        told: list[bool] = []

        async def ask() -> None:
            with pytest.raises(AwayError):
                await it.ask(b"ECHO", "x")
            told.append(it.is_down)

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(ask)
        assert told == [True] * 5
        server.send(signal.SIGCONT)


@pytest.mark.parametrize("kind", ["pubsub", "normal"])
async def test_one_lost_connection(server: RedisServer, kind: str) -> None:
    """When either connection is lost both are made anew: no wake-up is missed in silence."""
    async with running(server.address) as it:
        await it.up()
        lost = trio.Event()
        it.on_loss = lost.set
        await trio.to_thread.run_sync(server.cli, "CLIENT", "KILL", "TYPE", kind)
        await lost.wait()
        await it.up()
        heard = trio.Event()
        it.on_message = lambda _: heard.set()
        it.subscribe("octet:v1:x")
        await it.subscribed("octet:v1:x")
        await it.ask(b"PUBLISH", "octet:v1:x", "")
        await heard.wait()


async def test_full(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """A Redis without room says so through the probe while it is read on, and recovers."""
    async with running(server.address) as it:
        await it.up()
        await it.ask(b"SET", "text", "x")
        server.cli("CONFIG", "SET", "maxmemory", "1")
        await fault(it, "verdict store refuses to write: OOM")
        assert await it.ask(b"GET", "text") == b"x"
        server.cli("CONFIG", "SET", "maxmemory", "0")
        await fault(it, None)
    assert caplog.text.count("refuses to write: OOM") == 1


async def test_replica(server: RedisServer) -> None:
    """A Redis that has become a replica is left, for its name may lead elsewhere by now."""
    async with running(server.address) as it:
        await it.up()
        server.cli("REPLICAOF", "127.0.0.1", "1")
        await fault(it, "verdict store refuses: READONLY")
        server.cli("REPLICAOF", "NO", "ONE")
        await it.up()
        await fault(it, None)


async def test_password(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong password is told as what it is, and not repeated; the right one gets in."""
    server.cli("CONFIG", "SET", "requirepass", "s3cret")
    wrong = RedisAddress.parse(server.url.replace("unix://", "unix://:s3crets@"))
    async with running(wrong) as it:
        await fault(it, "verdict store refuses: WRONGPASS")
    async with running(server.address) as it:
        await fault(it, "verdict store refuses: NOAUTH")
    right = RedisAddress.parse(server.url.replace("unix://", "unix://:s3cret@"))
    async with running(right) as it:
        await it.up()
    assert "s3cret" not in caplog.text


async def test_forbidden_channels(server: RedisServer) -> None:
    """A user that may not listen is told so, and never used: waits would not be woken."""
    server.cli("ACL", "SETUSER", *ACL, "~*", "resetchannels", "+@all")
    address = RedisAddress.parse(server.url.replace("unix://", "unix://octet:s3cret@"))
    async with running(address) as it:
        await fault(it, "verdict store refuses: NOPERM")
        assert it.is_down


async def test_database(server: RedisServer) -> None:
    """The database that the URL names is used."""
    async with running(RedisAddress.parse(f"{server.url}?db=3")) as it:
        await it.up()
        await it.ask(b"SET", "text", "x")
    assert server.cli("-n", "3", "GET", "text") == "x"


@contextmanager
def listening(option: str, *options: str) -> Iterator[int]:
    """Run a Redis on a free port, which *option* takes; yield it."""
    for _ in range(10):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        try:
            server = RedisServer("--bind", "127.0.0.1", option, str(port), *options)
        except NotStartedError:  # somebody else took the port in between
            continue
        with server:
            yield port
        return
    raise AssertionError("no port to be had")


async def test_tcp() -> None:
    """Redis is reached over TCP."""
    with listening("--port") as port:
        async with running(RedisAddress.parse(f"redis://127.0.0.1:{port}")) as it:
            await it.up()


async def test_tls(certificate: Certificate, caplog: pytest.LogCaptureFixture) -> None:
    """Over TLS a Redis whose certificate is trusted is used, and no other one."""
    files = ("--tls-cert-file", str(certificate.chain), "--tls-key-file", str(certificate.key))
    ours = ("--tls-ca-cert-file", str(certificate.chain), "--tls-auth-clients", "no")
    with listening("--tls-port", *files, *ours) as port:
        url = f"rediss://127.0.0.1:{port}"
        async with running(RedisAddress.parse(f"{url}?ssl_ca_certs={certificate.chain}")) as it:
            await it.up()
        async with running(RedisAddress.parse(url)) as it:
            await fault(it, AWAY)
            assert it.is_down
    assert "SSLCertVerificationError" in caplog.text


async def test_durability(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """Settings that lose what was acknowledged are warned of, once, however often it reconnects."""
    async with running(server.address) as it:
        await it.up()
        server.cli("CLIENT", "KILL", "TYPE", "pubsub")
        while not it.is_down:  # noqa: ASYNC110 - there is no event for it
            await trio.sleep(0.001)
        await it.up()
    assert caplog.text.count("the verdict store forgets all at a restart") == 1
    assert "the verdict store forgets the last moment" in caplog.text


async def test_forbidden_settings(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """Where Redis does not tell its settings, that is said, and it is used all the same."""
    server.cli("ACL", "SETUSER", *ACL, "~*", "&*", "+@all", "-config")
    address = RedisAddress.parse(server.url.replace("unix://", "unix://octet:s3cret@"))
    async with running(address) as it:
        await it.up()
    assert "does not tell how durable it is" in caplog.text


async def test_durable_settings(caplog: pytest.LogCaptureFixture) -> None:
    """The example for operators is no cause for a warning, and its user may do what is needed."""
    with RedisServer(durable=True) as server:
        async with running(server.address) as it:
            await it.up()
            assert await RedisFirsts(it).first("a", "1") == "1"
            assert await RedisQuotas(it).take("a", 1) is not None
            await RedisStore(it, ttl_s=60).wait(DEV, "sess_nothing1", 0.05)
            with pytest.raises(RefusingError):
                await it.ask(b"SET", "somebody-else", "1")
    assert caplog.messages == []
