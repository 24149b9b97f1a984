"""The service's configuration: frozen, from the environment, every fault named at once."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from attrs import frozen

from octet.service.credentials.errors import KeyringError
from octet.service.credentials.keyring_file import KeyringFile
from octet.service.loopback import is_loopback
from octet.serving import ConfigError, Environment

DEFAULT_ATLAS: Final = Path(__file__).parent / "atlas" / "tables.octet"
DEFAULT_TTL_S = 600
MAX_TTL_S = 24 * 60 * 60

_NOT_YET: Final = (
    "OCTET_COUNTRY_MMDB",
    "OCTET_ASN_MMDB",
    "OCTET_CLIENT_CA_FILE",
    "OCTET_METRICS_BIND",
)
"""Of the contract, but not of this version: better no start than a protection that is not there."""


_TLS: Final = "OCTET_TLS_CERT_FILE and OCTET_TLS_KEY_FILE"
_NO_PAIR: Final = "are no certificate chain and its key"


@frozen(kw_only=True)
class ServiceConfig:
    """How one service process runs."""

    host: str = "127.0.0.1"
    """Listen address."""
    port: int = 8787
    """Listen port; 0 takes a free one."""
    keyring: Path | None = None
    """The operator's keyring; None only when the service runs open."""
    verdict_ttl_s: int = DEFAULT_TTL_S
    """How long a verdict is held, seconds."""
    atlas: Path = DEFAULT_ATLAS
    """The built tables."""
    tls: tuple[Path, Path] | None = None
    """Certificate chain and key, PEM."""
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
        ready_file = env.text("OCTET_READY_FILE")
        config = cls(
            host=env.text("HOST", defaults.host),
            port=env.integer("PORT", defaults.port, high=65535),
            keyring=env.file("OCTET_KEYRING"),
            verdict_ttl_s=env.integer(
                "OCTET_VERDICT_TTL_S", defaults.verdict_ttl_s, low=1, high=MAX_TTL_S
            ),
            atlas=env.file("OCTET_ATLAS") or defaults.atlas,
            tls=env.pair("OCTET_TLS_CERT_FILE", "OCTET_TLS_KEY_FILE"),
            dev=env.flag("OCTET_DEV"),
            ready_file=Path(ready_file) if ready_file else None,
        )
        _check_access(env, config)
        _check_tls(env, config)
        _check_atlas(env, config)
        _check_not_yet(env)
        env.finish()
        return config

    def tls_context(self) -> ssl.SSLContext | None:
        """Load the certificate and its key; None when the service speaks plain HTTP.

        Raises:
            ConfigError: they cannot be used.
        """
        if self.tls is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_cert_chain(*self.tls)
        except OSError as exc:  # ssl.SSLError is one
            raise ConfigError([f"{_TLS} {_NO_PAIR}"]) from exc
        return context


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


def _check_tls(env: Environment, config: ServiceConfig) -> None:
    try:
        config.tls_context()
    except ConfigError:
        env.fault(_TLS, _NO_PAIR)


def _check_atlas(env: Environment, config: ServiceConfig) -> None:
    if not env.text("OCTET_ATLAS") and not config.atlas.is_file():
        env.fault("OCTET_ATLAS", "must be set: this installation has no built tables")


def _check_not_yet(env: Environment) -> None:
    for name in _NOT_YET:
        if env.text(name):
            env.fault(name, "is not implemented in this version")
    if env.text("OCTET_WORKERS", "1") != "1":
        env.fault("OCTET_WORKERS", "can only be 1 in this version")
    if env.text("OCTET_STORE", "memory://") != "memory://":
        env.fault("OCTET_STORE", "can only be memory:// in this version")
