"""Serves the fake over HTTP/1.1 on a free port of loopback: a thread a connection, all joined."""

import http.server
import socket
import socketserver
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from octet.client.testing._book import Book
from octet.client.testing._faults import HangUp
from octet.client.testing._replying import Answering, Request, Response

IDLE_S: Final = 75.0
"""A connection that says nothing for so long is closed."""
MAX_BODY_BYTES: Final = 1024 * 1024
"""Of a request; the fake reads and drops it."""
_GLANCE_S: Final = 0.02
"""The accept loop looks for its end so often."""


class FakeServer(socketserver.ThreadingTCPServer):
    """Listens from its making to `close`."""

    allow_reuse_address = True
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, book: Book, answer: Callable[[Request], Answering]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.book = book
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_GLANCE_S,), name="fake-octet"
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        """Stop, cut what is open, and return when every thread has ended."""
        self.book.close()
        self.shutdown()
        self._thread.join()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _cut(connection)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, and start its thread."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection, and close it."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that has gone is no event of a test."""


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has gone by itself
        return


class _Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    server: FakeServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        self._drop_body()
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        answering = self.server.answer(Request(self.command, target.path, target.query, headers))
        try:
            while True:
                hold = next(answering)
                self.server.book.wait(hold.version, hold.seconds)
                if self.server.book.closed:
                    self.close_connection = True
                    return
        except StopIteration as end:
            response: Response | HangUp = end.value
        if isinstance(response, HangUp):
            self.close_connection = True
            return
        self._write(response)

    def __getattr__(self, name: str) -> Any:
        """Serve every method alike: the base class looks for ``do_GET`` and its like."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _write(self, response: Response) -> None:
        fields = {**response.headers, "content-length": str(len(response.body))}
        head = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
        head += [f"{name}: {value}" for name, value in fields.items()]
        body = b"" if self.command == "HEAD" else response.body
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)

    def _drop_body(self) -> None:
        length = self.headers.get("content-length", "0")
        if length.isdecimal() and int(length) <= MAX_BODY_BYTES:
            self.rfile.read(int(length))
        else:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: a test that wants to know looks at the requests."""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
