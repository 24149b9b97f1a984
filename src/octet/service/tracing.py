"""Spans of a request's parts, for an operator who collects them; by default there are none.

`octet.service.telemetry` makes real ones. Nothing else imports OpenTelemetry, and that only where
its standard variables ask for it.
"""

from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Final, Protocol

from quart_trio import QuartTrio

from octet.serving import Environment

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL: Final = "http/protobuf"
LIBRARIES: Final = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")


class Tracing(Protocol):
    """Makes spans."""

    def install(self, app: QuartTrio) -> None:
        """Have a span for each request of *app*, from the start of serving to its end."""

    def span(self, name: str, **numbers: int) -> AbstractContextManager[object]:
        """Have a span for the block, a child of the request's; *numbers* say how much it does."""


class NoTracing:
    """Makes none."""

    def install(self, app: QuartTrio) -> None:
        """Leave *app* as it is."""

    def span(self, name: str, **numbers: int) -> AbstractContextManager[object]:  # noqa: ARG002
        """Do nothing."""
        return _NOTHING


_NOTHING: Final = nullcontext()
NO_TRACING: Final = NoTracing()


def is_asked_for(env: Environment) -> bool:
    """Return whether OpenTelemetry's own variables ask for traces; note what is wrong with that."""
    endpoint = next((name for name in ENDPOINTS if env.text(name)), None)
    disabled = env.text("OTEL_SDK_DISABLED").lower() == "true"
    if endpoint is None or disabled or env.text("OTEL_TRACES_EXPORTER", "otlp") == "none":
        return False
    for name in PROTOCOLS:
        if env.text(name, PROTOCOL) != PROTOCOL:
            env.fault(name, f"can only be {PROTOCOL}")
    if not _has_libraries():
        env.fault(endpoint, "needs octet-service[otel]")
    return True


def _has_libraries() -> bool:
    try:
        return all(find_spec(name) for name in LIBRARIES)
    except ModuleNotFoundError:  # of a package above
        return False
