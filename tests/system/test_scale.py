"""Two service processes, one Redis, two edges: any of them may die, nothing acknowledged is lost.

Reports are posted through one edge to one service while the customer's backend waits for the
verdict at the other one.
"""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
import trio
from attrs import Factory, define, field

from examples.demo.process import Program, launched, running
from octet.client import OctetClient, Pending, ServiceUnavailableError, Verdict
from tests.redis_server import RedisServer

pytestmark = pytest.mark.redis

REPORT = json.loads(Path("tests/data/report.json").read_text(encoding="utf-8"))
AGAIN_S = 0.05
"""A page and a backend try again after so long."""
BATCH = 6
"""Sessions in flight while something dies."""


def command(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@define
class Service:
    """A service process that can be killed and started again where it was."""

    variables: dict[str, str]
    log: Path
    url: str = ""
    _stop: trio.Event = field(factory=trio.Event)
    _program: Program | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until killed, then again; the first time at a free port."""
        while True:
            port = self.url.rpartition(":")[2] or "0"
            variables = self.variables | {"PORT": port}
            async with launched([command("octet-service")], variables, self.log) as program:
                self.url = program.url
                self._program = program
                task_status.started()
                task_status = trio.TASK_STATUS_IGNORED
                await program.process.wait()

    async def kill(self) -> None:
        """Kill it as a power failure would, and return once it serves again."""
        assert self._program is not None
        dead = self._program
        dead.process.kill()
        while self._program is dead:  # noqa: ASYNC110 - a new process is no event
            await trio.sleep(0.01)


@define
class System:
    """Everything that runs, and what was acknowledged."""

    redis: RedisServer
    services: list[Service]
    edges: list[str]
    partner_key: str
    acknowledged: dict[str, str] = Factory(dict)
    """Reference by id."""

    async def session(self, number: int, acknowledged: trio.Event) -> None:
        """Post through one side while the backend waits at the other."""
        ref = f"sess_scale_{number:04}"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read, self.services[(number + 1) % 2], ref)
            await self._post(self.edges[number % 2], f"id-{number}", ref)
            acknowledged.set()

    async def _post(self, edge: str, name: str, ref: str) -> None:
        """Post as a page does: by the same id until it is acknowledged."""
        report = REPORT | {"id": name, "sessionRef": ref, "receipts": []}
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            while True:
                answer = await client.post(f"{edge}/v1/signals", json=report)
                if answer.status_code == 200:
                    break
                assert answer.status_code in {502, 503, 504}
                assert "retry-after" in answer.headers
                await trio.sleep(AGAIN_S)
        assert answer.json() == {"ok": True}
        self.acknowledged[name] = ref

    async def _read(self, service: Service, ref: str) -> None:
        """Read as a backend does: until there is a verdict."""
        while not isinstance(await self.poll(service, ref, 5), Verdict):  # noqa: ASYNC110
            await trio.sleep(AGAIN_S)

    async def poll(self, service: Service, ref: str, timeout_s: float) -> Verdict | Pending | None:
        """Ask once; None when the service is not there."""
        async with OctetClient(service.url, partner_key=self.partner_key) as client:
            try:
                return await client.wait_for_verdict(ref, timeout_s=timeout_s)
            except ServiceUnavailableError:
                return None


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis as operators are told to set it up."""
    with RedisServer(durable=True) as server:
        yield server


@pytest.fixture
async def system(redis: RedisServer, tmp_path: Path) -> AsyncIterator[System]:
    """Start everything, with credentials from the operator's commands."""
    keyring = tmp_path / "keyring.json"

    async def keys(*arguments: str) -> str:
        words = [command("octet-service"), "keys", "--keyring", str(keyring), *arguments]
        return (await trio.run_process(words, capture_stdout=True)).stdout.decode().strip()

    await keys("init")
    licence = await keys("issue-license", "--partner", "acme")
    partner_key = await keys("issue-partner-key", "--partner", "acme")
    variables = {"OCTET_KEYRING": str(keyring), "OCTET_STORE": redis.url}
    services = [Service(variables, tmp_path / f"service-{n}.log") for n in range(2)]
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
        async with trio.open_nursery() as starting:
            for service in services:
                starting.start_soon(nursery.start, service.run)
        edges = [
            await stack.enter_async_context(edge(service.url, licence, tmp_path / f"edge-{n}.log"))
            for n, service in enumerate(services)
        ]
        yield System(redis, services, edges, partner_key)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def edge(service_url: str, licence: str, log: Path) -> AsyncIterator[str]:
    """An edge before one service."""
    variables = {
        "HOST": "127.0.0.1",
        "PORT": "0",
        "OCTET_URL": service_url,
        "LICENSE": licence,
        "EDGE_METRICS_BIND": "127.0.0.1:0",
    }
    async with running([command("octet-edge")], variables, log) as url:
        yield url


async def test_nothing_acknowledged_is_lost(system: System) -> None:
    """Whichever service is killed, or the Redis, in mid-flight: all that was acknowledged is there.

    Every page is acknowledged in the end, every backend reads its verdict at the other service, and
    afterwards both services give the verdict of every reference, and Redis has every id.
    """
    first, second = system.services

    async def restart_redis() -> None:
        system.redis.kill()
        await trio.to_thread.run_sync(system.redis.start)

    disasters: list[Callable[[], Awaitable[None]]] = [
        trio.lowlevel.checkpoint,
        first.kill,
        second.kill,
        restart_redis,
    ]
    with trio.fail_after(100):
        for place, disaster in enumerate(disasters):
            async with trio.open_nursery() as nursery:
                acknowledged = trio.Event()
                for number in range(place * BATCH, (place + 1) * BATCH):
                    nursery.start_soon(system.session, number, acknowledged)
                await acknowledged.wait()
                await disaster()
        assert len(system.acknowledged) == len(disasters) * BATCH
        for service in system.services:
            async with trio.open_nursery() as nursery:
                for ref in system.acknowledged.values():
                    nursery.start_soon(partial(must_read, system, service, ref))
    held = system.redis.content()
    for name, ref in system.acknowledged.items():
        assert f"octet:v1:id:live:acme:{name}" in held
        assert f"octet:v1:ref:live:acme:{ref}" in held


async def must_read(system: System, service: Service, ref: str) -> None:
    assert isinstance(await system.poll(service, ref, 5), Verdict)
