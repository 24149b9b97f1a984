"""The edge's settings, frozen; read once from the environment with every fault named at once."""

import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from octet.edge.connection.address import plain_address
from octet.serving import Environment

DEV_URL: Final = "http://127.0.0.1:8787"

NOT_YET: Final = (
    "EDGE_TRUSTED_PROXIES",
    "EDGE_FORWARDED",
    "EDGE_PROXY_PROTOCOL",
    "EDGE_MAX_PER_ADDRESS",
    "EDGE_RATE_PER_ADDRESS",
    "EDGE_LIMIT_LOOPBACK",
    "EDGE_WORKERS",
    "EDGE_METRICS_BIND",
    "EDGE_CLIENT_CERT_FILE",
    "EDGE_CLIENT_KEY_FILE",
    "EDGE_SIGNING_KEY",
)
"""Variables of the contract that this version does not implement. To ignore one silently would
leave an operator with a protection that is not there, so a set one is a fault."""


@frozen(kw_only=True)
class EdgeConfig:
    """All that an edge can be told."""

    octet_url: str
    """Base URL of the service, without a trailing slash."""
    license: str | None
    """Sent as ``x-octet-license``; None only in development."""
    allowed_origins: frozenset[str]
    """Origins for CORS and the WebSocket; ``*`` is any."""
    host: str
    port: int
    tls_files: tuple[Path, Path] | None
    """Certificate chain and key, PEM."""
    alpn: tuple[str, ...]
    """What TLS offers, the most wanted first."""
    edge_id: str
    location: tuple[float, float] | None
    """Latitude and longitude of this edge, degrees."""
    base_path: str
    """Prefix of every route: empty, or ``/octet``."""
    expose_verdict: bool
    """Demo only: the browser gets the verdict."""
    exit_ip: str | None
    """Test only: stands in for the address of every peer."""
    debug: bool
    """One line a request with source address and timing."""
    redact_headers: frozenset[str]
    """Lower-case names of more headers whose values stay here."""
    max_connections: int
    max_pending: int
    """Reports at once between the page's post and the service's answer."""
    relay_timeout_ms: int
    """From a report's arrival to the page's answer, milliseconds."""
    ca_file: Path | None
    """The only certificate authority believed for the service."""
    ready_file: Path | None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> "EdgeConfig":
        """Read the configuration.

        Raises:
            ConfigError: with every fault.
        """
        env = Environment(variables)
        dev = env.flag("OCTET_DEV")
        config = cls(
            octet_url=env.value("OCTET_URL", DEV_URL if dev else "", _http_url),
            license=env.value("LICENSE", None, _license),
            allowed_origins=env.value("ALLOWED_ORIGIN", frozenset("*"), _origins),
            host=env.text("HOST", "0.0.0.0"),  # noqa: S104 - it faces the internet
            port=env.integer("PORT", 8080, high=65535),
            tls_files=env.pair("EDGE_TLS_CERT_FILE", "EDGE_TLS_KEY_FILE"),
            alpn=env.value("EDGE_ALPN", ("http/1.1",), _alpn),
            edge_id=env.value("EDGE_ID", _host_name(), _edge_id),
            location=env.value("EDGE_LOCATION", None, _location),
            base_path=env.value("EDGE_BASE_PATH", "", _base_path),
            expose_verdict=env.flag("EDGE_EXPOSE_VERDICT"),
            exit_ip=env.value("EXIT_IP", None, plain_address),
            debug=env.flag("EDGE_DEBUG"),
            redact_headers=env.value("EDGE_REDACT_HEADERS", frozenset(), _header_names),
            max_connections=env.integer("EDGE_MAX_CONNECTIONS", 10_000, low=1),
            max_pending=env.integer("EDGE_MAX_PENDING", 1024, low=1),
            relay_timeout_ms=env.integer("EDGE_RELAY_TIMEOUT_MS", 5000, low=1, high=60_000),
            ca_file=env.file("OCTET_CA_FILE"),
            ready_file=env.value("OCTET_READY_FILE", None, Path),
        )
        if not dev:
            for name in ("OCTET_URL", "LICENSE"):
                if not env.text(name):
                    env.fault(name, "is required (or set OCTET_DEV=1 to develop without it)")
        for name in NOT_YET:
            if env.text(name):
                env.fault(name, "is not supported by this version")
        env.finish()
        return config


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    if not usable or parts.query or parts.fragment or not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ValueError("must be an http or https URL")
    return text.rstrip("/")


def _license(text: str) -> str:
    if not re.fullmatch(r"octet_(live|test)_v4\.public\.[A-Za-z0-9_.-]+", text):
        raise ValueError("must be a licence: octet_live_v4.public.… or octet_test_v4.public.…")
    return text


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(part.strip() for part in text.split(",") if part.strip())
    for origin in origins - {"*"}:
        parts = urlsplit(origin)
        if not parts.scheme or not parts.netloc or parts.path or parts.query:
            raise ValueError("must be * or origins like https://yourapp.com, separated by commas")
    return origins


def _alpn(text: str) -> tuple[str, ...]:
    protocols = tuple(part.strip() for part in text.split(","))
    if not set(protocols) <= {"h2", "http/1.1"}:
        raise ValueError("may name h2 and http/1.1")
    return protocols


def _edge_id(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,128}", text):
        raise ValueError("must be 1 to 128 printable ASCII characters without blanks")
    return text


def _host_name() -> str:
    return re.sub(r"[^\x21-\x7e]", "-", socket.gethostname()) or "edge"


def _location(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError("must be latitude,longitude in degrees: 50.11,8.68") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 - the globe
        raise ValueError("must lie within ±90,±180 degrees")
    return lat, lon


def _base_path(text: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", text):
        raise ValueError("must be a path like /octet")
    return text.rstrip("/")


def _header_names(text: str) -> frozenset[str]:
    names = frozenset(part.strip().lower() for part in text.split(","))
    for name in names:
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]+", name):
            raise ValueError("must be header names, separated by commas")
    return names
