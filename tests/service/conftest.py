"""The real atlas, one engine over it and one Redis, for all tests of the service."""

import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from octet.service.atlas import Atlas
from octet.service.atlas.assembly import build, is_current
from octet.service.config import DEFAULT_ATLAS
from octet.service.credentials import KeyringWatch
from octet.service.engine import Engine
from octet.service.logs import handler
from tests.redis_server import RedisServer
from tests.service.house import House

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "node_modules"

Logged = Callable[[], list[Any]]
"""Returns what was logged so far, a line each, as an operator's machinery reads it."""


@pytest.fixture
def logged() -> Iterator[Logged]:
    """Log as the service does."""
    stream = io.StringIO()
    logger, added = logging.getLogger("octet"), handler(stream)
    logger.addHandler(added)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(added)
    logger.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where npm put the data packages."""
    return NODE_MODULES


@pytest.fixture(scope="session")
def atlas_path() -> Path:
    """The artefact as `make setup` builds it; built here only when it is missing or stale."""
    if not is_current(DEFAULT_ATLAS, NODE_MODULES):
        build(NODE_MODULES, DEFAULT_ATLAS)
    return DEFAULT_ATLAS


@pytest.fixture(scope="session")
def atlas(atlas_path: Path) -> Atlas:
    """The real atlas."""
    return Atlas.load(atlas_path)


@pytest.fixture(scope="session")
def engine(atlas: Atlas) -> Engine:
    """An engine over the real atlas."""
    return Engine(atlas)


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    """One server for all tests that do not harm it."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis(shared_redis: RedisServer) -> RedisServer:
    """An empty Redis."""
    shared_redis.flush()
    return shared_redis


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def server(request: pytest.FixtureRequest) -> RedisServer | None:
    """An empty Redis, or none: what every store has to do is tested with both."""
    return request.getfixturevalue("redis") if request.param == "redis" else None


@pytest.fixture
async def house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: RedisServer | None
) -> AsyncIterator[House]:
    """A house that keeps its verdicts in memory, and one that keeps them in Redis."""
    house = House(tmp_path / "keyring.json", server)

    async def refresh(
        watch: KeyringWatch, of: Callable[..., Awaitable[None]] = KeyringWatch.refresh
    ) -> None:
        await of(watch)
        house.looked.set()

    monkeypatch.setattr(KeyringWatch, "refresh", refresh)
    async with house.app.test_app():
        yield house
    assert len(house.store.waiters) == 0
    assert house.bench.fault() is None
