"""The edge's settings."""

from pathlib import Path

import pytest

from octet.edge.config import DEV_URL, NOT_YET, EdgeConfig
from octet.serving import ConfigError
from tests.edge.fakes import LICENSE

LEAST = {"OCTET_URL": "https://octet.example/", "LICENSE": LICENSE}


def test_defaults() -> None:
    """Two variables are enough, and the rest is as the contract says."""
    config = EdgeConfig.from_environment(LEAST)
    assert (config.octet_url, config.license) == ("https://octet.example", LICENSE)
    assert (config.host, config.port, config.tls_files) == ("0.0.0.0", 8080, None)  # noqa: S104
    assert config.allowed_origins == {"*"}
    assert config.alpn == ("http/1.1",)
    assert (config.max_connections, config.max_pending) == (10_000, 1024)
    assert (config.relay_timeout_ms, config.base_path) == (5000, "")
    assert (config.expose_verdict, config.debug, config.exit_ip) == (False, False, None)
    assert config.edge_id


def test_development_needs_nothing() -> None:
    """Under OCTET_DEV the service is the one of this machine, without a licence."""
    config = EdgeConfig.from_environment({"OCTET_DEV": "1"})
    assert (config.octet_url, config.license) == (DEV_URL, None)


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("ALLOWED_ORIGIN", "https://a.com, https://b.com:8443", "allowed_origins",
         {"https://a.com", "https://b.com:8443"}),
        ("EDGE_ALPN", "h2, http/1.1", "alpn", ("h2", "http/1.1")),
        ("EDGE_LOCATION", "-33.9, 151.2", "location", (-33.9, 151.2)),
        ("EDGE_BASE_PATH", "/a/b/", "base_path", "/a/b"),
        ("EDGE_REDACT_HEADERS", "X-A, x-b", "redact_headers", {"x-a", "x-b"}),
        ("EXIT_IP", "::ffff:203.0.113.7", "exit_ip", "203.0.113.7"),
        ("PORT", "0", "port", 0),
        ("OCTET_READY_FILE", "/run/ready", "ready_file", Path("/run/ready")),
    ],
)  # fmt: skip
def test_values(name: str, text: str, attribute: str, value: object) -> None:
    """A variable is read as the contract writes it."""
    assert getattr(EdgeConfig.from_environment(LEAST | {name: text}), attribute) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OCTET_URL", "octet.example"),
        ("OCTET_URL", "ftp://octet.example"),
        ("OCTET_URL", "https://"),
        ("OCTET_URL", "https://octet.example?x"),
        ("OCTET_URL", "https://octet.example:port"),
        ("OCTET_URL", "https://octet example"),
        ("LICENSE", "octet_live_v4.local.x"),
        ("ALLOWED_ORIGIN", "https://a.com/path"),
        ("ALLOWED_ORIGIN", "a.com"),
        ("PORT", "65536"),
        ("EDGE_ALPN", "h3"),
        ("EDGE_ID", "two words"),
        ("EDGE_LOCATION", "91,0"),
        ("EDGE_LOCATION", "nan,nan"),
        ("EDGE_LOCATION", "50"),
        ("EDGE_BASE_PATH", "octet"),
        ("EDGE_BASE_PATH", "/a b"),
        ("EDGE_REDACT_HEADERS", "x a"),
        ("EXIT_IP", "somewhere"),
        ("EDGE_EXPOSE_VERDICT", "maybe"),
        ("EDGE_MAX_PENDING", "0"),
        ("EDGE_MAX_CONNECTIONS", "0"),
        ("EDGE_RELAY_TIMEOUT_MS", "60001"),
        ("EDGE_TLS_CERT_FILE", "/nowhere/chain.pem"),
        ("OCTET_CA_FILE", "/nowhere/ca.pem"),
        *((name, "1") for name in NOT_YET),
    ],
)
def test_faults(name: str, text: str) -> None:
    """What cannot be used, or is not there yet, is a fault of the variable that says so."""
    with pytest.raises(ConfigError) as caught:
        EdgeConfig.from_environment(LEAST | {name: text})
    assert all(name in fault for fault in caught.value.faults)


def test_every_fault_at_once() -> None:
    """An operator learns of all that is wrong in one go."""
    with pytest.raises(ConfigError) as caught:
        EdgeConfig.from_environment({"PORT": "x", "EDGE_ALPN": "x"})
    assert [fault.split()[0] for fault in caught.value.faults] == [
        "PORT",
        "EDGE_ALPN",
        "OCTET_URL",
        "LICENSE",
    ]
