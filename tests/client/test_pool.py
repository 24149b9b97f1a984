"""The pool that threads share: which connections it holds to be left by the service."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from select import select
from typing import Any

import httpcore
from attrs import define

from octet.client._pool import SharedPool
from tests.client.conftest import LittleService

PATIENCE_S = 10.0


def nothing() -> None:
    """Do so."""


@define
class Looked(httpcore.NetworkStream):
    """A connection that calls *before* each look whether it is readable."""

    stream: httpcore.NetworkStream
    before: Callable[[], None] = nothing
    reads: Callable[[], object] = nothing

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read, once `reads` lets."""
        self.reads()
        return self.stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write."""
        self.stream.write(buffer, timeout)

    def close(self) -> None:
        """Close."""
        self.stream.close()

    def get_extra_info(self, info: str) -> Any:
        """Tell, after `before`."""
        if info == "is_readable":
            self.before()
        return self.stream.get_extra_info(info)


@define
class Backend(httpcore.SyncBackend):
    """Keeps the last connection."""

    stream: Looked | None = None

    def connect_tcp(self, *args: Any, **settings: Any) -> Looked:
        """Connect."""
        self.stream = Looked(super().connect_tcp(*args, **settings))
        return self.stream


def until_readable(stream: Looked) -> None:
    """Wait until the service has answered, or closed."""
    readable, _, _ = select([stream.get_extra_info("socket")], [], [], PATIENCE_S)
    assert readable


def test_asked_on_meanwhile(service: LittleService) -> None:
    """A connection on which another thread asks between the two looks of the pool is kept."""
    for _ in range(3):
        service.answers(200, b"answer")
    backend = Backend()
    with SharedPool(network_backend=backend) as pool, ThreadPoolExecutor() as threads:
        assert pool.request("GET", service.url).content == b"answer"
        (connection,) = pool.connections
        stream = backend.stream
        assert stream is not None
        may_read = threading.Event()

        def ask() -> bytes:
            request = httpcore.Request("GET", service.url, headers={"host": "octet.example"})
            response = connection.handle_request(request)
            try:
                return response.read()
            finally:
                response.close()

        def ask_meanwhile() -> None:
            stream.before = nothing
            stream.reads = lambda: may_read.wait(PATIENCE_S)
            answers.append(threads.submit(ask))
            until_readable(stream)

        answers: list[Any] = []
        stream.before = ask_meanwhile
        assert not connection.has_expired()
        may_read.set()
        assert answers[0].result(PATIENCE_S) == b"answer"
        assert pool.request("GET", service.url).content == b"answer"
    assert {request.connection for request in service.requests} == {0}


def test_left_by_the_service(service: LittleService) -> None:
    """A connection that the service has closed is not asked on again."""
    service.cuts(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nanswer")
    service.answers(200, b"answer")
    backend = Backend()
    with SharedPool(network_backend=backend) as pool:
        with pool.stream("GET", service.url) as response:
            assert response.read() == b"answer"
            assert backend.stream is not None
            until_readable(backend.stream)
        assert pool.request("GET", service.url).content == b"answer"
    assert [request.connection for request in service.requests] == [0, 1]
