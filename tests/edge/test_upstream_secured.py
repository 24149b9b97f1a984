"""The service as the edge reaches it: signatures and TLS."""

import logging
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from octet.edge.config import EdgeConfig
from octet.edge.outcome import UNREACHABLE
from octet.edge.signature import content_digest
from octet.edge.upstream import read_trust
from octet.serving import ConfigError
from tests.certificates import Certificate, make_certificate
from tests.edge.conftest import environment
from tests.edge.fakes import NOW_MS, FakeService
from tests.edge.test_signature import RFC_PUBLIC, RFC_SEED, verify
from tests.edge.upstreams import BATCH, OK, opened, post

# --- signatures ------------------------------------------------------------------------------


async def test_signed(service: FakeService, caplog: pytest.LogCaptureFixture) -> None:
    """A forward is signed as it is sent; the log tells what the licence must name, no secret."""
    caplog.set_level(logging.INFO)
    async with opened(service.url, EDGE_SIGNING_KEY=RFC_SEED) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == OK
    nonces = set()
    for body, fields in zip(service.bodies, service.headers, strict=True):
        assert fields["content-digest"] == content_digest(body)
        line = {"@method": "POST", "@authority": fields["host"], "@path": "/v1/signals"}
        parameters = verify(fields | line, fields, RFC_PUBLIC)
        assert parameters["created"] == str(NOW_MS // 1000)
        assert parameters["keyid"] in caplog.text
        nonces.add(parameters["nonce"])
    assert len(nonces) == 2
    assert RFC_PUBLIC in caplog.text
    assert RFC_SEED not in caplog.text


# --- TLS -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """What the edge shows the service."""
    return make_certificate(tmp_path_factory.mktemp("own"))


@pytest.fixture
async def secure_url(
    service: FakeService, certificate: Certificate, own: Certificate
) -> AsyncIterator[str]:
    """A service that demands a certificate that *own* vouches for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=own.chain)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate.chain, certificate.key)
    (listener,) = await trio.open_ssl_over_tcp_listeners(
        0, context, host="127.0.0.1", https_compatible=True
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, service._talk, [listener])
        assert isinstance(listener.transport_listener, trio.SocketListener)
        port = listener.transport_listener.socket.getsockname()[1]
        yield f"https://localhost:{port}"
        nursery.cancel_scope.cancel()


def client_files(certificate: Certificate) -> dict[str, str]:
    return {
        "EDGE_CLIENT_CERT_FILE": str(certificate.chain),
        "EDGE_CLIENT_KEY_FILE": str(certificate.key),
    }


async def test_mutual_tls(
    service: FakeService, secure_url: str, certificate: Certificate, own: Certificate
) -> None:
    """With the service's own authority and the edge's certificate both sides are sure."""
    files = {"OCTET_CA_FILE": str(certificate.chain)} | client_files(own)
    async with opened(secure_url, **files) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.reachable()
        assert upstream._connections.idle == 1
    assert service.headers[0]["host"] == secure_url.removeprefix("https://")


async def test_secured_anew(
    service: FakeService, secure_url: str, certificate: Certificate, own: Certificate
) -> None:
    """What is shown and believed can be renewed: it counts at once, and for kept connections."""
    files = {"OCTET_CA_FILE": str(certificate.chain)} | client_files(own)
    good = EdgeConfig.from_environment(environment(secure_url, **files))
    bad = EdgeConfig.from_environment(environment(secure_url, **client_files(own)))
    async with opened(secure_url, **files) as upstream:
        assert await upstream.post(BATCH) == OK
        upstream.secure(read_trust(bad))
        assert await upstream.post(BATCH) == [UNREACHABLE] * 2
        upstream.secure(read_trust(good))
        assert await upstream.post(BATCH) == OK
        assert upstream._connections.idle == 1
    assert len(service.bodies) == 2


async def test_service_of_another_authority(
    service: FakeService, secure_url: str, own: Certificate
) -> None:
    """Who cannot prove to be the service is told nothing."""
    for trusted in ({"OCTET_CA_FILE": str(own.chain)}, {}):
        assert await post(secure_url, **trusted, **client_files(own)) == [UNREACHABLE] * 2
    assert not service.bodies


async def test_service_of_another_name(
    service: FakeService, secure_url: str, certificate: Certificate, own: Certificate
) -> None:
    """A certificate for another name proves nothing."""
    files = {"OCTET_CA_FILE": str(certificate.chain)} | client_files(own)
    trio.socket.set_custom_hostname_resolver(_Here())
    assert await post(secure_url, **files) == OK
    url = secure_url.replace("localhost", "another.test")
    assert await post(url, **files) == [UNREACHABLE] * 2
    assert len(service.bodies) == 1


class _Here(trio.abc.HostnameResolver):
    """Every name is this machine's."""

    async def getaddrinfo(self, _: object, port: bytes | str | int | None, *__: object) -> Any:
        address = ("127.0.0.1", port)
        return [(trio.socket.AF_INET, trio.socket.SOCK_STREAM, 0, "", address)]

    async def getnameinfo(self, _: object, __: int) -> tuple[str, str]:
        raise NotImplementedError


async def test_edge_of_another_authority(
    service: FakeService, secure_url: str, certificate: Certificate
) -> None:
    """A service that demands a certificate is not reached with none or with another."""
    trusted = {"OCTET_CA_FILE": str(certificate.chain)}
    for files in ({}, client_files(certificate)):
        assert await post(secure_url, **trusted, **files) == [UNREACHABLE] * 2
    assert not service.bodies


def test_files_must_hold_what_they_should(garbage: Path, own: Certificate) -> None:
    """Every file that does not is named, before anything starts."""
    files = {"OCTET_CA_FILE": str(garbage)} | client_files(Certificate(own.chain, garbage))
    config = EdgeConfig.from_environment(environment("https://a.test", **files))
    with pytest.raises(ConfigError) as caught:
        read_trust(config)
    assert [fault.split()[0] for fault in caught.value.faults] == [
        "OCTET_CA_FILE",
        "EDGE_CLIENT_CERT_FILE",
    ]


def test_key_of_another_certificate(own: Certificate, certificate: Certificate) -> None:
    """A key that does not fit its certificate is a fault."""
    files = client_files(Certificate(own.chain, certificate.key))
    config = EdgeConfig.from_environment(environment("https://a.test", **files))
    with pytest.raises(ConfigError, match="EDGE_CLIENT_KEY_FILE"):
        read_trust(config)


def test_encrypted_key_does_not_prompt(own: Certificate, tmp_path: Path) -> None:
    """A key behind a password is a fault, not a question on a terminal that nobody watches."""
    key = load_pem_private_key(own.key.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    encryption = BestAvailableEncryption(b"password")
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    files = client_files(Certificate(own.chain, locked))
    config = EdgeConfig.from_environment(environment("https://a.test", **files))
    with pytest.raises(ConfigError, match="unencrypted"):
        read_trust(config)
