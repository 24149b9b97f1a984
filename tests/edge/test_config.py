"""The edge's settings."""

from pathlib import Path

import pytest

from octet.edge.config import DEV_URL, EdgeConfig
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
        ("ALLOWED_ORIGIN", "HTTPS://A.Com:443, http://b.com:080, *", "allowed_origins",
         {"https://a.com", "http://b.com", "*"}),
        ("ALLOWED_ORIGIN", "http://a.com:443,https://127.0.0.1:0443", "allowed_origins",
         {"http://a.com:443", "https://127.0.0.1"}),
        ("ALLOWED_ORIGIN", "https://[2001:DB8:0::1]:8443", "allowed_origins",
         {"https://[2001:db8::1]:8443"}),
        ("ALLOWED_ORIGIN", "capacitor://localhost, https://xn--bcher-kva.de", "allowed_origins",
         {"capacitor://localhost", "https://xn--bcher-kva.de"}),
        ("EDGE_ALPN", "h2, http/1.1", "alpn", ("h2", "http/1.1")),
        ("EDGE_LOCATION", "-33.9, 151.2", "location", (-33.9, 151.2)),
        ("EDGE_BASE_PATH", "/a/b/", "base_path", "/a/b"),
        ("EDGE_REDACT_HEADERS", "X-A, x-b", "redact_headers", {"x-a", "x-b"}),
        ("EXIT_IP", "::ffff:203.0.113.7", "exit_ip", "203.0.113.7"),
        ("PORT", "0", "port", 0),
        ("EDGE_MAX_PER_ADDRESS", "", "max_per_address", 512),
        ("EDGE_MAX_PER_ADDRESS", "0", "max_per_address", 0),
        ("EDGE_RATE_PER_ADDRESS", "", "rate_per_address", 100),
        ("EDGE_RATE_PER_ADDRESS", "7", "rate_per_address", 7),
        ("EDGE_LIMIT_LOOPBACK", "", "limit_loopback", False),
        ("EDGE_LIMIT_LOOPBACK", "1", "limit_loopback", True),
        ("EDGE_METRICS_BIND", "", "metrics_bind", ("127.0.0.1", 9464)),
        ("EDGE_METRICS_BIND", "0.0.0.0:0", "metrics_bind", ("0.0.0.0", 0)),  # noqa: S104
        ("EDGE_METRICS_BIND", "[::1]:9000", "metrics_bind", ("::1", 9000)),
        ("EDGE_METRICS_BIND", "metrics.local:1", "metrics_bind", ("metrics.local", 1)),
        ("EDGE_METRICS_BIND", "off", "metrics_bind", None),
        ("EDGE_WORKERS", "", "workers", 1),
        ("EDGE_WORKERS", "8", "workers", 8),
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
        ("OCTET_URL", "https://1.2.3.400"),
        ("OCTET_URL", "https://[::zz]"),
        ("LICENSE", "octet_live_v4.local.x"),
        ("ALLOWED_ORIGIN", "https://a.com/path"),
        ("ALLOWED_ORIGIN", "a.com"),
        ("ALLOWED_ORIGIN", ","),
        ("ALLOWED_ORIGIN", "null"),
        ("ALLOWED_ORIGIN", "https://a.com/"),
        ("ALLOWED_ORIGIN", "https://a.com?"),
        ("ALLOWED_ORIGIN", "https://a.com#"),
        ("ALLOWED_ORIGIN", "https://a.com:"),
        ("ALLOWED_ORIGIN", "https://a.com:0"),
        ("ALLOWED_ORIGIN", "https://a.com:65536"),
        ("ALLOWED_ORIGIN", "https://*.a.com"),
        ("ALLOWED_ORIGIN", "https://a..com"),
        ("ALLOWED_ORIGIN", "https://user@a.com"),
        ("ALLOWED_ORIGIN", "https://bücher.example"),
        ("ALLOWED_ORIGIN", "https://127.1"),
        ("ALLOWED_ORIGIN", "https://[::zz]"),
        ("ALLOWED_ORIGIN", "https://[fe80::1%eth0]"),
        ("ALLOWED_ORIGIN", "wss://a.com"),
        ("ALLOWED_ORIGIN", "file:///x"),
        ("HOST", "a" * 64),
        ("HOST", "a..b"),
        ("OCTET_URL", f"https://{'a' * 64}.example"),
        ("EDGE_METRICS_BIND", "a..b:1"),
        ("PORT", "65536"),
        ("EDGE_MAX_PER_ADDRESS", "-1"),
        ("EDGE_RATE_PER_ADDRESS", "1000001"),
        ("EDGE_LIMIT_LOOPBACK", "some"),
        ("EDGE_METRICS_BIND", "9464"),
        ("EDGE_METRICS_BIND", "127.0.0.1"),
        ("EDGE_METRICS_BIND", ":9464"),
        ("EDGE_METRICS_BIND", "::1:9464"),
        ("EDGE_METRICS_BIND", "127.0.0.1:65536"),
        ("EDGE_METRICS_BIND", "host:port"),
        ("EDGE_WORKERS", "0"),
        ("EDGE_WORKERS", "two"),
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
        ("EDGE_CLIENT_CERT_FILE", "/nowhere/chain.pem"),
        ("EDGE_CLIENT_KEY_FILE", "/nowhere/key.pem"),
        ("EDGE_SIGNING_KEY", "c2hvcnQ="),
        ("OCTET_URL", "https://user:word@octet.example"),
        ("EDGE_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("EDGE_FORWARDED", "both"),
        ("EDGE_PROXY_PROTOCOL", "v1"),
        ("EDGE_PROXY_PROTOCOL", "v2"),  # believed of nobody
    ],
)
def test_faults(name: str, text: str) -> None:
    """What cannot be used, or is not there yet, is a fault of the variable that says so."""
    with pytest.raises(ConfigError) as caught:
        EdgeConfig.from_environment(LEAST | {name: text})
    assert all(name in fault for fault in caught.value.faults)


SEED = "n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU="


def test_signing_key() -> None:
    """The key is read from its seed, and the settings written out do not tell it."""
    config = EdgeConfig.from_environment(LEAST | {"EDGE_SIGNING_KEY": SEED})
    assert config.signing_key is not None
    assert SEED not in repr(config)


@pytest.mark.parametrize("text", [SEED[:-1], SEED + "x", SEED[4:], "-" + SEED[1:]])
def test_bad_signing_key_is_not_repeated(text: str) -> None:
    """A seed with a slip of the pen is still a secret."""
    with pytest.raises(ConfigError) as caught:
        EdgeConfig.from_environment(LEAST | {"EDGE_SIGNING_KEY": text})
    assert caught.value.faults == [
        "EDGE_SIGNING_KEY must be the base64 of 32 bytes, an Ed25519 seed"
    ]


def test_signing_key_needs_a_licence() -> None:
    """In development without a licence there is nothing that a signature could cover."""
    with pytest.raises(ConfigError, match="EDGE_SIGNING_KEY"):
        EdgeConfig.from_environment({"OCTET_DEV": "1", "EDGE_SIGNING_KEY": SEED})


@pytest.mark.parametrize("name", ["OCTET_CA_FILE", "EDGE_CLIENT_CERT_FILE"])
def test_certificates_need_tls(name: str, tmp_path: Path) -> None:
    """A certificate for a service that is reached in the clear is a fault."""
    (tmp_path / "file").touch()
    files = {name: str(tmp_path / "file"), "EDGE_CLIENT_KEY_FILE": str(tmp_path / "file")}
    with pytest.raises(ConfigError, match=f"{name} protects nothing"):
        EdgeConfig.from_environment(LEAST | files | {"OCTET_URL": "http://octet.example"})


def test_fault_leaves_the_rest_readable() -> None:
    """What is faulty has its default beside its fault, so that who asks can look further."""
    config, faults = EdgeConfig.read(LEAST | {"PORT": "x", "HOST": "::1"})
    assert (config.port, config.host) == (8080, "::1")
    assert [fault.split()[0] for fault in faults] == ["PORT"]


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
