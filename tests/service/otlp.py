"""A collector of traces: a real HTTP server that reads OTLP's protobuf."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

Span = Any
"""Of the protobuf, which tells no types."""


class Collector:
    """What was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Span] = []
        self.resources: list[dict[str, str]] = []
        self.raw = b""
        self.takes = True
        """Whether it answers; else it is silent until the end of the test."""
        self.ending = threading.Event()

    def take(self, path: str, body: bytes) -> None:
        """Read what one request brings."""
        assert path == "/v1/traces"
        self.raw += body
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(
                {each.key: each.value.string_value for each in group.resource.attributes}
            )
            for scope in group.scope_spans:
                self.spans += scope.spans

    def named(self, name: str) -> Span:
        """Return the only span of that name."""
        (span,) = [span for span in self.spans if span.name == name]
        return span


@contextmanager
def collecting() -> Iterator[Collector]:
    """Serve on a free port of loopback."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.take(self.path, body)
            if not collector.takes:
                collector.ending.wait()
                return
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield collector
        finally:
            collector.ending.set()
            server.shutdown()
            thread.join()


def attributes(span: Span) -> dict[str, Any]:
    """Return the attributes of *span*."""
    return {each.key: _value(each.value) for each in span.attributes}


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))
