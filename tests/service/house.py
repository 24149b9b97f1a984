"""The application in process, with its parts and one good credential of each kind."""

from pathlib import Path
from typing import Any

import trio
from quart.wrappers import Response
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.schema import PROBLEM_TYPE, Problem, decode
from octet.service.app import create_app
from octet.service.bench import Bench
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from tests.redis_server import RedisServer
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge, batch
from tests.service.stores import stores

REF = "sess_12345678"
URL = f"/v1/verdict/{REF}"
JSON = {"content-type": "application/json"}
LOCAL = {"client": ("127.0.0.1", 40000), "server": ("127.0.0.1", 8787)}


class House:
    """The application, its parts, and one good credential of each kind."""

    def __init__(self, path: Path, server: RedisServer | None = None) -> None:
        self.cupboard = Cupboard(path)
        self.license = {"x-octet-license": self.cupboard.issue(), **JSON}
        self.key = {"x-octet-partner-key": self.cupboard.issue(Kind.PARTNER)}
        self.judge = ScriptedJudge()
        kept, self.store = stores(server, max_waiters=2)
        self.bench = Bench(self.judge, max_posts=2)
        self.app = create_app(
            ServiceConfig(keyring=self.cupboard.file.path),
            self.judge,
            stores=kept,
            bench=self.bench,
            epoch_ms=lambda: NOW_MS,
        )
        self.client = self.app.test_client()
        self.looked = trio.Event()
        """The service has looked at its keyring again."""

    async def minute(self, clock: MockClock) -> None:
        """Let a minute pass, and the service look at its keyring."""
        await wait_all_tasks_blocked()
        clock.jump(60)
        for _ in range(1000):
            if self.looked.is_set():
                return
            await wait_all_tasks_blocked(0.005)  # a thread looks, in real time
        raise AssertionError("the service does not look at its keyring")

    async def post(self, *raws: Any, **headers: str) -> Response:
        return await self.post_body(batch(*raws), self.license | headers)

    async def post_body(self, body: bytes, headers: dict[str, str]) -> Response:
        response = await self.client.post("/v1/signals", data=body, headers=headers)
        assert isinstance(response, Response)
        return response

    async def read(self, url: str = URL, **headers: str) -> Response:
        response = await self.client.get(url, headers=headers or self.key)
        assert isinstance(response, Response)
        return response


class Peer:
    """The other end of one request, which can hang up."""

    def __init__(self, body: bytes) -> None:
        self.answer: list[Any] = []
        self._body: bytes | None = body
        self._gone = trio.Event()

    async def call(
        self, app: Any, method: str, path: str, query: str, headers: dict[str, str]
    ) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        await app(scope, self._receive, self._send)

    def hang_up(self) -> None:
        self._gone.set()

    async def _receive(self) -> Any:
        if self._body is None:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def _send(self, event: Any) -> None:
        self.answer.append(event)


async def problem_of(response: Response, code: str) -> Problem:
    """Check that *response* is the problem *code* in every respect, and return it."""
    body = decode(Problem, await response.get_data(as_text=False))
    assert response.content_type == PROBLEM_TYPE
    assert (body.code, body.status) == (code, response.status_code)
    assert body.request_id == response.headers["x-request-id"]
    return body
