"""The service's configuration: frozen, from the environment, every fault named at once."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from attrs import evolve, frozen

from octet.service.atlas.container import AtlasError, read_meta
from octet.service.atlas.operator import Database, OperatorTables, read_list
from octet.service.credentials.errors import KeyringError
from octet.service.credentials.keyring import MAX_VERDICT_MS
from octet.service.credentials.keyring_file import KeyringFile
from octet.service.loopback import is_loopback
from octet.service.redis import RedisAddress
from octet.service.tracing import is_asked_for
from octet.serving import ConfigError, Environment
from octet.serving.certificate import read_certificate
from octet.serving.environment import read_host

DEFAULT_ATLAS: Final = Path(__file__).parent / "atlas" / "tables.octet"
DEFAULT_TTL_S = 600
MAX_WORKERS = 256
MAX_TTL_S = MAX_VERDICT_MS // 1000
METRICS_BIND: Final[tuple[str, int] | None] = ("127.0.0.1", 9465)

_NO_LISTS: Final[tuple[Path, ...]] = ()
_TLS: Final = "OCTET_TLS_CERT_FILE and OCTET_TLS_KEY_FILE"


@frozen(kw_only=True)
class ServiceConfig:
    """How one service process runs."""

    host: str = "127.0.0.1"
    """Listen address."""
    port: int = 8787
    """Listen port; 0 takes a free one."""
    keyring: Path | None = None
    """The operator's keyring; None only when the service runs open."""
    store: RedisAddress | None = None
    """Where verdicts are kept; None: in this process's memory."""
    verdict_ttl_s: int = DEFAULT_TTL_S
    """How long a verdict is held, seconds."""
    atlas: Path = DEFAULT_ATLAS
    """The built tables."""
    country_mmdb: Path | None = None
    """The operator's own database of countries, in MaxMind's format: one more vote."""
    asn_mmdb: Path | None = None
    """The operator's own database of autonomous systems, in MaxMind's format."""
    asn_lists: tuple[Path, ...] = ()
    """Lists of autonomous systems of hosts, one number a line."""
    tls: tuple[Path, Path] | None = None
    """Certificate chain and key, PEM."""
    client_ca: Path | None = None
    """Authorities that vouch for clients, PEM: then every client must show a certificate."""
    workers: int = 1
    """Processes that share the port."""
    metrics_bind: tuple[str, int] | None = METRICS_BIND
    """Where metrics are served; None is nowhere."""
    tracing: bool = False
    """Whether spans are collected, as OpenTelemetry's own variables say."""
    dev: bool = False
    """A developer's own service."""
    ready_file: Path | None = None
    """Receives the address as one line once requests are served."""

    @property
    def open(self) -> bool:
        """Whether this machine's posts and reads need no credential; all are partner ``dev``'s."""
        return self.keyring is None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Read the contract's "Service environment".

        Raises:
            ConfigError: with every fault.
        """
        env = Environment(variables)
        defaults = cls()
        config = cls(
            host=env.value("HOST", defaults.host, read_host),
            port=env.integer("PORT", defaults.port, high=65535),
            keyring=env.file("OCTET_KEYRING"),
            store=env.value("OCTET_STORE", defaults.store, _store),
            verdict_ttl_s=env.integer(
                "OCTET_VERDICT_TTL_S", defaults.verdict_ttl_s, low=1, high=MAX_TTL_S
            ),
            **_tables(env),
            tls=env.pair("OCTET_TLS_CERT_FILE", "OCTET_TLS_KEY_FILE"),
            client_ca=env.file("OCTET_CLIENT_CA_FILE"),
            workers=env.integer("OCTET_WORKERS", defaults.workers, low=1, high=MAX_WORKERS),
            metrics_bind=env.address("OCTET_METRICS_BIND", METRICS_BIND),
            tracing=is_asked_for(env),
            dev=env.flag("OCTET_DEV"),
            ready_file=env.target("OCTET_READY_FILE"),
        )
        _check_access(env, config)
        _check_workers(env, config)
        _check_tls(env, config)
        _check_atlas(env, config)
        env.finish()
        return config

    @classmethod
    def with_tables(cls, variables: Mapping[str, str]) -> Self:
        """Read only which tables to reason by: all that a command needs which serves nothing.

        Raises:
            ConfigError: with every fault of those variables.
        """
        env = Environment(variables)
        config = cls(**_tables(env))
        _check_atlas(env, config)
        env.finish()
        return config

    def operator_tables(self) -> OperatorTables:
        """Open the operator's own databases and lists.

        Raises:
            OperatorError: one of them has become unusable since it was checked.
        """
        return OperatorTables.open(
            country=self.country_mmdb, system=self.asn_mmdb, lists=self.asn_lists
        )

    def tls_context(self) -> ssl.SSLContext | None:
        """Load the certificate and its key; None when the service speaks plain HTTP.

        Raises:
            ConfigError: they cannot be used.
        """
        if self.tls is None:
            return None
        context = read_certificate(self.tls, variables=_TLS, alpn=["http/1.1"])
        if self.client_ca is not None:
            _demand_certificates(context, self.client_ca)
        return context


def _demand_certificates(context: ssl.SSLContext, authorities: Path) -> None:
    """Have every client of *context* show a certificate that one of *authorities* vouches for.

    No session is resumed: a certificate that has expired meanwhile would be taken on.

    Raises:
        ConfigError: the file holds no certificate.
    """
    try:
        context.load_verify_locations(authorities)
    except OSError as exc:  # ssl.SSLError is one
        raise ConfigError(["OCTET_CLIENT_CA_FILE holds no certificate"]) from exc
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET


def _tables(env: Environment) -> dict[str, Any]:
    return {
        "atlas": env.file("OCTET_ATLAS") or DEFAULT_ATLAS,
        "country_mmdb": env.value("OCTET_COUNTRY_MMDB", None, _database),
        "asn_mmdb": env.value("OCTET_ASN_MMDB", None, _database),
        "asn_lists": env.value("OCTET_ASN_LISTS", _NO_LISTS, _lists),
    }


def _store(text: str) -> RedisAddress | None:
    return None if text == "memory://" else RedisAddress.parse(text)


def _database(text: str) -> Path:
    Database.check(Path(text))
    return Path(text)


def _lists(text: str) -> tuple[Path, ...]:
    paths = tuple(Path(name.strip()) for name in text.split(",") if name.strip())
    for path in paths:
        read_list(path)
    return paths


def _check_access(env: Environment, config: ServiceConfig) -> None:
    """Refuse a service that would be open by accident, or closed to everyone."""
    if config.keyring is not None:
        try:
            KeyringFile(config.keyring).read()
        except KeyringError as exc:
            env.fault("OCTET_KEYRING", str(exc))
    elif env.text("OCTET_KEYRING"):
        return  # named already as a file that cannot be read
    elif not config.dev:
        env.fault("OCTET_KEYRING", "must be set (octet-service keys init makes a keyring)")
    elif not is_loopback(config.host):
        env.fault("HOST", "must be a loopback address with OCTET_DEV and without OCTET_KEYRING")


def _check_workers(env: Environment, config: ServiceConfig) -> None:
    """Refuse processes that do not know of each other's verdicts."""
    if config.workers > 1 and env.text("OCTET_STORE", "memory://").startswith("memory:"):
        env.fault(
            "OCTET_WORKERS",
            "must be 1 with OCTET_STORE=memory://: what is posted to one process could not be read"
            " from another",
        )


def _check_tls(env: Environment, config: ServiceConfig) -> None:
    """Refuse files that cannot be used, each for itself."""
    if config.tls is not None:
        try:
            evolve(config, client_ca=None).tls_context()
        except ConfigError as exc:
            env.take(exc)
    if config.client_ca is not None:
        if not (env.text("OCTET_TLS_CERT_FILE") or env.text("OCTET_TLS_KEY_FILE")):
            env.fault("OCTET_CLIENT_CA_FILE", f"needs {_TLS}")
        try:
            _demand_certificates(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), config.client_ca)
        except ConfigError as exc:
            env.take(exc)


def _check_atlas(env: Environment, config: ServiceConfig) -> None:
    """Refuse a file that is no tables of this version; `assemble` reads all of it."""
    if config.atlas.is_file():
        try:
            read_meta(config.atlas)
        except AtlasError as exc:
            env.fault("OCTET_ATLAS", f"cannot be used: {exc}")
    elif not env.text("OCTET_ATLAS"):
        env.fault("OCTET_ATLAS", "must be set: this installation has no built tables")
