"""Where Redis is, read once; its secrets in no text."""

import ssl
from pathlib import Path

import pytest

from octet.service.redis import RedisAddress
from tests.certificates import Certificate


@pytest.mark.parametrize(
    ("url", "expected", "told"),
    [
        ("redis://cache", RedisAddress(host="cache"), "cache:6379 db 0"),
        ("redis://[::1]:1/3", RedisAddress(host="::1", port=1, db=3), "::1:1 db 3"),
        ("redis://cache/", RedisAddress(host="cache"), "cache:6379 db 0"),
        ("redis://:p%40ss@cache", RedisAddress(host="cache", password="p@ss"), "cache:6379 db 0"),
        (
            "redis://me:secret@cache:6380/15",
            RedisAddress(host="cache", port=6380, db=15, username="me", password="secret"),
            "cache:6380 db 15",
        ),
        ("unix:///run/redis.sock", RedisAddress(path="/run/redis.sock"), "/run/redis.sock db 0"),
        (
            "unix://me:secret@/run/a%20b.sock?db=2",
            RedisAddress(path="/run/a b.sock", db=2, username="me", password="secret"),
            "/run/a b.sock db 2",
        ),
    ],
)
def test_forms(url: str, expected: RedisAddress, told: str) -> None:
    """Every form of URL is read, and none of them told with its secrets."""
    address = RedisAddress.parse(url)
    assert address == expected
    assert (address.username, address.password) == (expected.username, expected.password)
    assert str(address) == told
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cache",
        "http://cache",
        "redis://",
        "redis:///1",
        "redis://cache:port",
        "redis://cache:65536",
        "redis://cache/one",
        "redis://cache/99999999999999999999",
        "redis://cache/1/2",
        "redis://cache?db=1",
        "redis://cache#1",
        "redis://cache?ssl_ca_certs=/etc/x",
        "redis://[::1",
        "unix://",
        "unix:///",
        "unix://cache/x",
        "unix:///x?db=1&db=2",
        "unix:///x?db=secret",
        "rediss://cache?ssl_ca_certs=/secret",
        "rediss://cache?ssl_certfile=/secret",
        "rediss://me:secret@cache?secret=secret",
    ],
)
def test_faults(url: str) -> None:
    """What is none of them is refused without a word of it."""
    with pytest.raises(ValueError, match=r"must|is no URL|options|files") as caught:
        RedisAddress.parse(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_tls(certificate: Certificate) -> None:
    """With TLS the server is verified, by the system's authorities or by those that are named."""
    address = RedisAddress.parse("rediss://cache")
    assert address.tls is not None
    assert address.tls.check_hostname
    assert address.tls.verify_mode is ssl.CERT_REQUIRED
    assert str(address) == "cache:6379 db 0 (TLS)"
    files = f"ssl_ca_certs={certificate.chain}&ssl_certfile={certificate.chain}"
    named = RedisAddress.parse(f"rediss://cache?{files}&ssl_keyfile={certificate.key}")
    assert named.tls is not None
    assert len(named.tls.get_ca_certs()) <= 1


def test_no_certificate(tmp_path: Path) -> None:
    """Files that are none are told before anything starts."""
    path = tmp_path / "empty.pem"
    path.write_text("")
    with pytest.raises(ValueError, match="cannot be used"):
        RedisAddress.parse(f"rediss://cache?ssl_ca_certs={path}")
