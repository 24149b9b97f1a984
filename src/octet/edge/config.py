"""The edge's settings, frozen; read once from the environment with every fault named at once."""

import ipaddress
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
from attrs import frozen

from octet.edge.connection.address import plain_address
from octet.edge.connection.forwarding import Mode, Network, trusted_networks
from octet.edge.signature import SigningKey
from octet.serving import ConfigError, Environment
from octet.serving.environment import MAX_PORT, read_host

DEV_URL: Final = "http://127.0.0.1:8787"

METRICS_BIND: Final[tuple[str, int] | None] = ("127.0.0.1", 9464)


_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NO_ORIGIN: Final = frozenset({"data", "file", "ftp", "ws", "wss"})
_ORIGIN: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<host>[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])"
    r"(:(?P<port>[0-9]{1,5}))?"
)
_NUMERIC: Final = re.compile(r"(^|\.)([0-9]+|0x[0-9a-f]*)\.?$")
"""How a host ends that browsers take for an IPv4 address."""
_ORIGINS_WANTED: Final = (
    "must be * or origins like https://yourapp.com, separated by commas: no path, no wildcard,"
    " names beyond ASCII in their xn-- form"
)


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
    trusted_proxies: tuple[Network, ...]
    """Whose forwarding headers, hints and PROXY headers are believed."""
    forwarded: Mode
    """Which forwarding header is read; the other is only a header."""
    proxy_protocol: bool
    """Whether connections of trusted peers begin with a PROXY header, version 2."""
    expose_verdict: bool
    """Demo only: the browser gets the verdict."""
    exit_ip: str | None
    """Test only: stands in for the whole connection's address, the source's and the peer's."""
    debug: bool
    """One line a request with source address and timing."""
    redact_headers: frozenset[str]
    """Lower-case names of more headers whose values stay here."""
    max_connections: int
    max_per_address: int
    """Connections at once of one address (IPv6: its /64); 0 is no limit."""
    rate_per_address: int
    """New connections a second of one address; 0 is no limit."""
    limit_loopback: bool
    """Whether this machine's own addresses are limited, too."""
    workers: int
    """Processes that share the port."""
    metrics_bind: tuple[str, int] | None
    """Where metrics are served; None is nowhere."""
    max_pending: int
    """Reports at once between the page's post and the service's answer."""
    relay_timeout_ms: int
    """From a report's arrival to the page's answer, milliseconds."""
    ca_file: Path | None
    """The only certificate authority believed for the service."""
    client_files: tuple[Path, Path] | None
    """Certificate chain and key that the edge shows the service, PEM."""
    signing_key: SigningKey | None
    """Signs every forward."""
    ready_file: Path | None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> "EdgeConfig":
        """Read the configuration.

        Raises:
            ConfigError: with every fault.
        """
        config, faults = cls.read(variables)
        if faults:
            raise ConfigError(faults)
        return config

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> tuple["EdgeConfig", list[str]]:
        """Read the configuration; return it with every fault. What is faulty has its default."""
        env = Environment(variables)
        dev = env.flag("OCTET_DEV")
        config = cls(
            octet_url=env.value("OCTET_URL", DEV_URL if dev else "", read_http_url),
            license=env.value("LICENSE", None, read_license),
            allowed_origins=env.value("ALLOWED_ORIGIN", frozenset("*"), _origins),
            host=env.value("HOST", "0.0.0.0", read_host),  # noqa: S104 - it faces the internet
            port=env.integer("PORT", 8080, high=MAX_PORT),
            tls_files=env.pair("EDGE_TLS_CERT_FILE", "EDGE_TLS_KEY_FILE"),
            alpn=env.value("EDGE_ALPN", ("http/1.1",), _alpn),
            edge_id=env.value("EDGE_ID", _host_name(), _edge_id),
            location=env.value("EDGE_LOCATION", None, _location),
            base_path=env.value("EDGE_BASE_PATH", "", _base_path),
            trusted_proxies=env.value("EDGE_TRUSTED_PROXIES", (), trusted_networks),
            forwarded=env.value("EDGE_FORWARDED", "x-forwarded-for", _mode),
            proxy_protocol=env.value("EDGE_PROXY_PROTOCOL", default=False, parse=_proxy_protocol),
            expose_verdict=env.flag("EDGE_EXPOSE_VERDICT"),
            exit_ip=env.value("EXIT_IP", None, plain_address),
            debug=env.flag("EDGE_DEBUG"),
            redact_headers=env.value("EDGE_REDACT_HEADERS", frozenset(), _header_names),
            max_connections=env.integer("EDGE_MAX_CONNECTIONS", 10_000, low=1),
            max_per_address=env.integer("EDGE_MAX_PER_ADDRESS", 512),
            rate_per_address=env.integer("EDGE_RATE_PER_ADDRESS", 100, high=1_000_000),
            limit_loopback=env.flag("EDGE_LIMIT_LOOPBACK"),
            workers=env.integer("EDGE_WORKERS", 1, low=1, high=256),
            metrics_bind=env.address("EDGE_METRICS_BIND", METRICS_BIND),
            max_pending=env.integer("EDGE_MAX_PENDING", 1024, low=1),
            relay_timeout_ms=env.integer("EDGE_RELAY_TIMEOUT_MS", 5000, low=1, high=60_000),
            ca_file=env.file("OCTET_CA_FILE"),
            client_files=env.pair("EDGE_CLIENT_CERT_FILE", "EDGE_CLIENT_KEY_FILE"),
            signing_key=env.value("EDGE_SIGNING_KEY", None, SigningKey.read),
            ready_file=env.target("OCTET_READY_FILE"),
        )
        _look_across(env, config, dev=dev)
        try:
            env.finish()
        except ConfigError as exc:
            return config, exc.faults
        return config, []


def _look_across(env: Environment, config: EdgeConfig, *, dev: bool) -> None:
    """Note what single variables do not show."""
    if not dev:
        for name in ("OCTET_URL", "LICENSE"):
            if not env.text(name):
                env.fault(name, "is required (or set OCTET_DEV=1 to develop without it)")
    for name in ("OCTET_CA_FILE", "EDGE_CLIENT_CERT_FILE"):
        if env.text(name) and config.octet_url.startswith("http:"):
            env.fault(name, "protects nothing unless OCTET_URL is https")
    if config.proxy_protocol and not config.trusted_proxies:
        env.fault("EDGE_PROXY_PROTOCOL", "has no effect without EDGE_TRUSTED_PROXIES")
    if config.signing_key is not None and config.license is None:
        env.fault("EDGE_SIGNING_KEY", "signs the licence too: set LICENSE")


def read_http_url(text: str) -> str:
    """Read a URL to which paths may be added; return it without a slash at its end.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(text)
    try:
        httpx.URL(text)
    except httpx.InvalidURL as exc:
        raise ValueError("must be an http or https URL") from exc
    usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    read_host(parts.hostname or "")
    surplus = parts.query or parts.fragment or "@" in parts.netloc
    if not usable or surplus or not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ValueError("must be an http or https URL")
    return text.rstrip("/")


def read_license(text: str) -> str:
    """Read a licence, as far as its form goes.

    Raises:
        ValueError: it is none; the message repeats nothing of *text*.
    """
    if not re.fullmatch(r"octet_(live|test)_v4\.public\.[A-Za-z0-9_.-]+", text):
        raise ValueError("must be a licence: octet_live_v4.public.… or octet_test_v4.public.…")
    return text


def _origins(text: str) -> frozenset[str]:
    origins = (part.strip() for part in text.split(",") if part.strip())
    found = frozenset(origin if origin == "*" else read_origin(origin) for origin in origins)
    if not found:
        raise ValueError(_ORIGINS_WANTED)
    return found


def read_origin(text: str) -> str:
    """Return an origin as browsers write it (RFC 6454, 6.2): their header is compared as a whole.

    Applications and extensions have schemes of their own; `_NO_ORIGIN` holds those that are never
    an origin's.

    Raises:
        ValueError: it is none.
    """
    match = _ORIGIN.fullmatch(text.lower()) if text.isascii() else None
    if match is None or match["scheme"] in _NO_ORIGIN:
        raise ValueError(_ORIGINS_WANTED)
    scheme, host = match["scheme"], match["host"]
    port = int(match["port"]) if match["port"] else None
    try:
        if host.startswith("["):
            host = f"[{ipaddress.IPv6Address(host[1:-1])}]"
        elif _NUMERIC.search(host):
            host = str(ipaddress.IPv4Address(host))
    except ipaddress.AddressValueError as exc:
        raise ValueError(_ORIGINS_WANTED) from exc
    if port is None or port == _DEFAULT_PORTS.get(scheme):
        return f"{scheme}://{host}"
    if not 0 < port <= MAX_PORT:
        raise ValueError(_ORIGINS_WANTED)
    return f"{scheme}://{host}:{port}"


def _alpn(text: str) -> tuple[str, ...]:
    protocols = tuple(part.strip() for part in text.split(","))
    if not set(protocols) <= {"h2", "http/1.1"}:
        raise ValueError("may name h2 and http/1.1")
    return protocols


def _mode(text: str) -> Mode:
    if text == "x-forwarded-for":
        return "x-forwarded-for"
    if text == "rfc7239":
        return "rfc7239"
    raise ValueError("must be x-forwarded-for or rfc7239")


def _proxy_protocol(text: str) -> bool:
    if text not in {"off", "v2"}:
        raise ValueError("must be off or v2")
    return text == "v2"


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
