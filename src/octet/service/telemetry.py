"""Spans by OpenTelemetry's SDK: one a request, with a child for each of its parts.

They leave through the SDK's own thread and bounded queue, so a collector that is slow or away costs
requests nothing; what the queue cannot hold is dropped. What a span says is in this file: a
route, a method, a status, a problem code, a count. No reference, no address, no signal; and no
exception, whose message may hold any of them.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Final

import trio
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace import TraceFlags as Flags
from quart import Response, g, request
from quart_trio import QuartTrio

from octet import __version__
from octet.service import logs
from octet.serving.trace_context import TRACEPARENT, TraceContext

logger = logging.getLogger(__name__)

FLUSH_S: Final = 5.0
"""At the end of serving, how long the spans that are left get to reach the collector, seconds."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"})
SERVER_ERROR: Final = 500

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class OpenTelemetry:
    """Makes real spans, as the variables ``OTEL_…`` of the process's environment say.

    Make it before the fork; its thread begins with the application's lifespan.
    """

    def __init__(self) -> None:
        own = Resource({"service.name": "octet-service", "service.version": __version__})
        resource = Resource.create().merge(own).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._tracer = self._provider.get_tracer("octet.service", __version__)

    def install(self, app: QuartTrio) -> None:
        """Have a span for each request of *app*, from the start of serving to its end."""
        app.asgi_app = _Traced(app.asgi_app, self._tracer)  # type: ignore[method-assign, assignment]  # Quart's way to wrap
        app.before_serving(self._start)
        app.after_serving(self._stop)
        app.before_request(_name_span)
        app.after_request(_tell_code)

    def span(self, name: str, **numbers: int) -> AbstractContextManager[object]:
        """Have a span for the block, a child of the request's."""
        told = {f"octet.{key}": number for key, number in numbers.items()}
        return self._tracer.start_as_current_span(
            name, attributes=told, record_exception=False, set_status_on_exception=False
        )

    async def _start(self) -> None:
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))

    async def _stop(self) -> None:
        """Send what is left. Timeout: `FLUSH_S`; what is then left is lost."""
        with trio.move_on_after(FLUSH_S) as sending:
            await trio.to_thread.run_sync(self._provider.shutdown, abandon_on_cancel=True)
        if sending.cancelled_caught:
            logger.warning("the collector of traces did not take the last ones in time")


class _Traced:
    """An ASGI application with a span about each HTTP request."""

    def __init__(self, app: Any, tracer: trace.Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        with self._tracer.start_as_current_span(
            method,
            context=_parent(scope),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            async def tell(event: Mapping[str, Any]) -> None:
                if event["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", event["status"])
                    if event["status"] >= SERVER_ERROR:
                        span.set_status(Status(StatusCode.ERROR))
                await send(event)

            await self._app(scope, receive, tell)


def _parent(scope: Scope) -> Context:
    """Return the context of the caller's span; an empty one where there is none."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if _is_parent(name)]
    caller = TraceContext.read(values)
    if caller is None:
        return Context()
    flags = Flags(Flags.SAMPLED if caller.sampled else Flags.DEFAULT)
    trace_id, span_id = int(caller.trace_id, 16), int(caller.parent_id, 16)
    remote = SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(NonRecordingSpan(remote), Context())


def _is_parent(name: bytes) -> bool:
    return name.lower() == TRACEPARENT.encode()


async def _name_span() -> None:
    """Call the request's span by its route, and the request's log lines by its trace."""
    span = trace.get_current_span()
    if request.url_rule is not None:
        route = request.url_rule.rule
        span.update_name(f"{request.method} {route}")
        span.set_attribute("http.route", route)
    logs.begin_request(g.request_id, trace.format_trace_id(span.get_span_context().trace_id))


async def _tell_code(response: Response) -> Response:
    """Say in the request's span what the answer said."""
    if "code" in g:
        trace.get_current_span().set_attribute("octet.code", g.code)
    return response
