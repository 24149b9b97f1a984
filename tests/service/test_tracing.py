"""Whether spans are asked for, and what is wrong with how."""

import pytest

from octet.service import tracing
from octet.service.tracing import NO_TRACING, is_asked_for
from octet.serving import ConfigError, Environment

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a.test/v1/traces"}, True),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, False),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "false"}, True),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, False),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "otlp"}, True),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
        ({"OTEL_SERVICE_NAME": "octet"}, False),
    ],
)
def test_asked_for(variables: dict[str, str], asked: bool) -> None:
    """An endpoint asks for them, unless another variable says no."""
    env = Environment(variables)
    assert is_asked_for(env) == asked
    env.finish()


def faults(variables: dict[str, str]) -> list[str]:
    env = Environment(variables)
    is_asked_for(env)
    with pytest.raises(ConfigError) as caught:
        env.finish()
    return caught.value.faults


def test_other_protocol() -> None:
    """A protocol that is not spoken is a fault, not a silence."""
    found = faults(ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
    assert found == ["OTEL_EXPORTER_OTLP_PROTOCOL can only be http/protobuf"]


@pytest.mark.parametrize("name", ["opentelemetry.nowhere", "nowhere.sdk.trace"])
def test_not_installed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Where the libraries are lacking the fault says what to install."""
    monkeypatch.setattr(tracing, "LIBRARIES", (name,))
    assert faults(ENDPOINT) == ["OTEL_EXPORTER_OTLP_ENDPOINT needs octet-service[otel]"]


def test_none() -> None:
    """By default a block runs as if nobody watched, one inside another too."""
    with NO_TRACING.span("a", envelopes=1), NO_TRACING.span("b"):
        pass
