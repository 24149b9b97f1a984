"""A little HTTP service on a real socket that answers as told, and complains at teardown."""

import queue
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any, Self, TypeVar

import anyio
import pytest
import trio
from attrs import define, field, frozen

from octet.client import OctetClient, OctetSyncClient, Pending, Verdict

T = TypeVar("T")

PATIENCE_S = 10.0
"""Of a test that waits for the service's thread; reached only when something is broken."""


@define
class Clock:
    """Goes forward when somebody waits."""

    time_s: float = 100.0
    slept: list[float] = field(factory=list)

    def now(self) -> float:
        return self.time_s

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.time_s += seconds


@frozen
class Request:
    """What came."""

    method: str
    target: str
    headers: dict[str, str]
    connection: int
    """0 for the first connection that was opened, 1 for the second."""


@frozen
class Answer:
    """What goes back."""

    head: bytes
    body: bytes = b""
    then: str = "keep"
    """``keep`` the connection, ``cut`` it, or ``stall`` until the client closes it."""


@define
class LittleService:
    """Answers each request with the next of its answers; used from the test's thread."""

    url: str = ""
    requests: list[Request] = field(factory=list)
    unexpected: list[Request] = field(factory=list)
    stalled: queue.Queue[Request] = field(factory=queue.Queue)
    """Requests whose answer has stalled."""
    _answers: deque[Answer] = field(factory=deque)
    _connections: int = 0

    def answers(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer the next request properly."""
        fields = {"content-length": str(len(body))} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self._answers.append(Answer(_head(status, fields), body))

    def cuts(self, text: bytes = b"") -> None:
        """Send *text* to the next request and close the connection."""
        self._answers.append(Answer(text, then="cut"))

    def stalls(self, text: bytes = b"") -> None:
        """Send *text* to the next request, and never the rest."""
        self._answers.append(Answer(text, then="stall"))

    async def until_stalled(self) -> None:
        """Wait until an answer has stalled."""
        await anyio.to_thread.run_sync(partial(self.stalled.get, timeout=PATIENCE_S))

    async def serve(self, ready: queue.Queue[Callable[[], None]]) -> None:
        """Serve until the function put into *ready* is called from another thread."""
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        token = trio.lowlevel.current_trio_token()
        with trio.CancelScope() as scope:
            ready.put(partial(token.run_sync_soon, scope.cancel))
            await trio.serve_listeners(self._talk, [listener])

    def check(self) -> None:
        """Complain of requests that nobody expected, and of answers that nobody fetched."""
        assert not self.unexpected
        assert not self._answers

    async def _talk(self, stream: trio.SocketStream) -> None:
        number, self._connections = self._connections, self._connections + 1
        while (request := await _read_request(stream, number)) is not None:
            self.requests.append(request)
            if not self._answers:
                self.unexpected.append(request)
                break
            answer = self._answers.popleft()
            await stream.send_all(answer.head + answer.body)
            if answer.then == "cut":
                break
            if answer.then == "stall":
                self.stalled.put(request)
                await stream.receive_some()
                break
        await stream.aclose()


def _head(status: int, fields: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def _read_request(stream: trio.SocketStream, connection: int) -> Request | None:
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        try:
            chunk = await stream.receive_some()
        except trio.BrokenResourceError:
            return None
        if not chunk:
            return None
        text += chunk
    start, *lines = text.decode().splitlines()
    method, target, _ = start.split()
    headers = dict(line.split(": ", 1) for line in lines if line)
    return Request(method, target, {k.lower(): v for k, v in headers.items()}, connection)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[LittleService]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    little = LittleService()
    ready: queue.Queue[Callable[[], None]] = queue.Queue()
    thread = threading.Thread(target=trio.run, args=(little.serve, ready))
    thread.start()
    stop = ready.get(timeout=PATIENCE_S)
    yield little
    stop()
    thread.join(PATIENCE_S)
    little.check()


KEY = "octet_test_v4.public.the-key-itself"


class Blocking:
    """The synchronous client, asked from worker threads so that async scenarios can use it."""

    def __init__(self, base_url: str, **options: Any) -> None:
        self.client = OctetSyncClient(base_url, **options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await anyio.to_thread.run_sync(self.client.close)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self.client, name)

        async def call(*args: Any, **options: Any) -> Any:
            return await anyio.to_thread.run_sync(partial(method, *args, **options))

        return call


@frozen
class Run:
    """Runs a scenario to its end, with the client that fits."""

    backend: str

    def __call__(self, scenario: Callable[[], Awaitable[T]]) -> T:
        """Return what *scenario* returns."""
        return anyio.run(scenario, backend="trio" if self.backend == "trio" else "asyncio")

    @property
    def kind(self) -> Callable[..., OctetClient]:
        """What makes the client; every one of its calls is awaited, whatever its kind."""
        kind: Any = Blocking if self.backend == "blocking" else OctetClient
        return kind  # type: ignore[no-any-return]  # Blocking awaits for another class

    def client(self, service: LittleService, *, retries: int = 0, **options: Any) -> OctetClient:
        """Make the client for *service*; what fails is not tried again."""
        return self.kind(service.url, partner_key=KEY, retries=retries, **options)

    def ask(
        self, service: LittleService, ref: str, *args: Any, **options: Any
    ) -> Callable[[], Awaitable[Any]]:
        """Make the scenario of one question to *service*."""

        async def scenario() -> Verdict | Pending:
            async with self.client(service, **options) as octet:
                return await octet.verdict(ref, *args)

        return scenario


@pytest.fixture(params=["trio", "asyncio", "blocking"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run scenarios with each of the clients, under each of the event loops it supports."""
    return Run(request.param)


@pytest.fixture(params=["trio", "asyncio"])
def loop(request: pytest.FixtureRequest) -> Run:
    """Run scenarios under each of the event loops."""
    return Run(request.param)
