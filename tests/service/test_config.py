"""The configuration names every fault at once and starts nothing half-protected."""

import ssl
from pathlib import Path

import pytest

from octet.service.atlas.container import write
from octet.service.config import ServiceConfig
from octet.service.redis import RedisAddress
from octet.serving import ConfigError
from tests.service.fakes import Cupboard, self_signed


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    """Return an environment without a fault."""
    atlas = tmp_path / "tables.octet"
    write(atlas, {}, {})
    keyring = Cupboard(tmp_path / "keyring.json").file.path
    return {"OCTET_ATLAS": str(atlas), "OCTET_KEYRING": str(keyring)}


def faults(variables: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        ServiceConfig.from_environment(variables)
    return caught.value.faults


def test_defaults(good: dict[str, str]) -> None:
    """What is not set has the contract's default."""
    config = ServiceConfig.from_environment(good)
    assert (config.host, config.port, config.verdict_ttl_s) == ("127.0.0.1", 8787, 600)
    assert (config.tls, config.dev, config.ready_file, config.open) == (None, False, None, False)
    assert config.tls_context() is None


def test_all(good: dict[str, str], tmp_path: Path) -> None:
    """What is set is taken."""
    config = ServiceConfig.from_environment(
        good
        | {
            "HOST": "::1",
            "PORT": "0",
            "OCTET_STORE": "memory://",
            "OCTET_VERDICT_TTL_S": "60",
            "OCTET_WORKERS": "1",
            "OCTET_METRICS_BIND": "off",
            "OCTET_DEV": "1",
            "OCTET_READY_FILE": str(tmp_path / "ready"),
        }
    )
    assert (config.host, config.port, config.verdict_ttl_s) == ("::1", 0, 60)
    assert config.ready_file == tmp_path / "ready"
    assert config.metrics_bind is None
    assert config.dev
    assert not config.open


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORT", "65536", "must be an integer"),
        ("OCTET_VERDICT_TTL_S", "0", "must be an integer"),
        ("OCTET_KEYRING", "/nonexistent", "cannot be read"),
        ("OCTET_ATLAS", "/nonexistent", "cannot be read"),
        ("OCTET_ATLAS", __file__, "is no atlas of this version"),
        ("OCTET_DEV", "maybe", "must be 1 or 0"),
        ("OCTET_READY_FILE", "/nonexistent/ready", "cannot be written"),
        ("OCTET_STORE", "memcached://localhost", "must be memory://, redis://HOST"),
        ("OCTET_STORE", "redis://u:secret@localhost:x", "is no URL"),
        ("OCTET_STORE", "redis://localhost?secret=1", "has options that are not known"),
        ("OCTET_WORKERS", "2", "must be 1 with OCTET_STORE=memory://"),
        ("OCTET_COUNTRY_MMDB", "x", "no database"),
        ("OCTET_ASN_MMDB", __file__, "no database"),
        ("OCTET_ASN_LISTS", "x", "cannot be read: x"),
        ("OCTET_ASN_LISTS", __file__, "line 1 is no AS number"),
        ("OCTET_CLIENT_CA_FILE", "/nonexistent", "cannot be read"),
        ("OCTET_WORKERS", "0", "must be an integer"),
        ("OCTET_METRICS_BIND", "9465", "must be host:port"),
        ("OCTET_TLS_CERT_FILE", __file__, "must be set both"),
    ],
)
def test_fault(good: dict[str, str], name: str, value: str, reason: str) -> None:
    """One wrong variable is one fault that names it."""
    (fault,) = faults(good | {name: value})
    assert fault.startswith(name)
    assert reason in fault


def test_redis(good: dict[str, str]) -> None:
    """With a shared store there may be many workers; no text of the configuration has secrets."""
    url = "redis://octet:s3cret@localhost:6380/2"
    config = ServiceConfig.from_environment(good | {"OCTET_STORE": url, "OCTET_WORKERS": "4"})
    assert config.store == RedisAddress.parse(url)
    assert "s3cret" not in f"{config} {config.store}"


def test_every_fault_at_once(good: dict[str, str]) -> None:
    """All that is wrong is said together."""
    found = faults(good | {"PORT": "x", "OCTET_STORE": "x", "OCTET_WORKERS": "x"})
    assert [fault.split()[0] for fault in found] == ["PORT", "OCTET_STORE", "OCTET_WORKERS"]


def test_every_file_at_once() -> None:
    """Each file that is not what it should be is named, whatever else is wrong."""
    names = (
        "OCTET_TLS_CERT_FILE",
        "OCTET_TLS_KEY_FILE",
        "OCTET_CLIENT_CA_FILE",
        "OCTET_ATLAS",
        "OCTET_COUNTRY_MMDB",
        "OCTET_ASN_MMDB",
        "OCTET_ASN_LISTS",
        "OCTET_KEYRING",
    )
    told = "\n".join(faults(dict.fromkeys(names, __file__) | {"PORT": "x"}))
    assert {name for name in (*names, "PORT") if name in told} == {*names, "PORT"}


def test_keyring_is_required(good: dict[str, str]) -> None:
    """Without a keyring there is no service, except a developer's own."""
    del good["OCTET_KEYRING"]
    (fault,) = faults(good)
    assert fault.startswith("OCTET_KEYRING must be set")
    assert ServiceConfig.from_environment(good | {"OCTET_DEV": "1"}).open


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "octet.example"])  # noqa: S104 - refused
def test_open_service_stays_on_loopback(good: dict[str, str], host: str) -> None:
    """A service without credentials is not reachable from elsewhere."""
    del good["OCTET_KEYRING"]
    (fault,) = faults(good | {"OCTET_DEV": "1", "HOST": host})
    assert fault.startswith("HOST must be a loopback address")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback(good: dict[str, str], host: str) -> None:
    """Every loopback address will do for a developer."""
    del good["OCTET_KEYRING"]
    assert ServiceConfig.from_environment(good | {"OCTET_DEV": "1", "HOST": host}).host == host


def test_exposed_keyring(good: dict[str, str]) -> None:
    """A keyring that others can read is a fault of the configuration."""
    Path(good["OCTET_KEYRING"]).chmod(0o644)
    assert "mode 600" in faults(good)[0]


def test_no_certificate(good: dict[str, str]) -> None:
    """Files that are no certificate and key are told before anything starts."""
    files = {"OCTET_TLS_CERT_FILE": __file__, "OCTET_TLS_KEY_FILE": __file__}
    (fault,) = faults(good | files)
    assert "no certificate chain" in fault


def test_tls(good: dict[str, str], certificate: tuple[Path, Path]) -> None:
    """A certificate and its key make a context that speaks nothing old."""
    files = {"OCTET_TLS_CERT_FILE": str(certificate[0]), "OCTET_TLS_KEY_FILE": str(certificate[1])}
    context = ServiceConfig.from_environment(good | files).tls_context()
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_client_authorities(good: dict[str, str], certificate: tuple[Path, Path]) -> None:
    """With authorities for clients every client must show a certificate, at every handshake."""
    files = {"OCTET_TLS_CERT_FILE": str(certificate[0]), "OCTET_TLS_KEY_FILE": str(certificate[1])}
    files["OCTET_CLIENT_CA_FILE"] = str(certificate[0])
    context = ServiceConfig.from_environment(good | files).tls_context()
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.num_tickets == 0
    (fault,) = faults(good | files | {"OCTET_CLIENT_CA_FILE": __file__})
    assert fault == "OCTET_CLIENT_CA_FILE holds no certificate"


def test_client_authorities_need_tls(good: dict[str, str], certificate: tuple[Path, Path]) -> None:
    """Without TLS no client could show a certificate."""
    (fault,) = faults(good | {"OCTET_CLIENT_CA_FILE": str(certificate[0])})
    assert fault.startswith("OCTET_CLIENT_CA_FILE needs OCTET_TLS_CERT_FILE")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate."""
    return self_signed(tmp_path)
