"""The head of a request, as signatures see it."""

from typing import Any

import pytest

from octet.service.credentials.post import Post
from octet.serving.connection import CLIENT_CERTIFICATE

SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "scheme": "https",
    "raw_path": b"/v1/signals",
    "headers": [(b"Host", b"Octet.Example:443"), (b"x-octet-license", b" a ")],
    "client": ("192.0.2.1", 1),
    "server": ("192.0.2.2", 2),
}


def test_head() -> None:
    """Names are in lower case, values without blanks around, the authority without its default."""
    assert Post.of(SCOPE) == Post(
        authority="octet.example",
        fields={"host": "Octet.Example:443", "x-octet-license": "a"},
    )


@pytest.mark.parametrize(
    ("scheme", "host", "authority"),
    [
        ("https", b"a:443", "a"),
        ("http", b"a:80", "a"),
        ("http", b"a:443", "a:443"),
        ("https", b"a:8443", "a:8443"),
        ("http", b"[::1]:80", "[::1]"),
    ],
)
def test_authority(scheme: str, host: bytes, authority: str) -> None:
    """Only the scheme's own port is left out."""
    assert Post.of(SCOPE | {"scheme": scheme, "headers": [(b"host", host)]}).authority == authority


def test_repeated_field() -> None:
    """All values of a field that came twice count, in their order."""
    twice = [(b"x-octet-license", b"a"), (b"X-Octet-License", b"b")]
    assert Post.of(SCOPE | {"headers": twice}).fields == {"x-octet-license": "a, b"}


@pytest.mark.parametrize("path", [b"/v1/signals?x=1", b"/v1/signals"])
def test_path(path: bytes) -> None:
    """The path is the request line's own, escapes and all, without the query."""
    assert Post.of(SCOPE | {"raw_path": path}).path == "/v1/signals"
    assert Post.of(SCOPE | {"raw_path": b"/%76" + path}).path == "/%76/v1/signals"


def test_where_it_came_from() -> None:
    """A certificate is what the server has seen, and loopback needs both ends."""
    assert Post.of(SCOPE | {"state": {CLIENT_CERTIFICATE: "ab"}}).client_certificate == "ab"
    assert Post.of(SCOPE).client_certificate is None
    local = {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}
    assert Post.of(SCOPE | local).loopback
    assert not Post.of(SCOPE | {"client": local["client"]}).loopback
