"""The URL that pages give to the collector."""

import pytest

from octet.edge.check.target import Target


@pytest.mark.parametrize(
    ("url", "secure", "host", "port", "authority", "origin", "resource"),
    [
        (
            "https://YourApp.com/octet/",
            *(True, "yourapp.com", 443, "yourapp.com"),
            *("https://yourapp.com", "/octet/v1/ws"),
        ),
        (
            "http://127.0.0.1:8080",
            *(False, "127.0.0.1", 8080, "127.0.0.1:8080"),
            *("http://127.0.0.1:8080", "/v1/ws"),
        ),
        (
            "https://[2001:db8::1]:443/a/b",
            *(True, "2001:db8::1", 443, "[2001:db8::1]"),
            *("https://[2001:db8::1]", "/a/b/v1/ws"),
        ),
    ],
)
def test_parts(
    url: str, secure: bool, host: str, port: int, authority: str, origin: str, resource: str
) -> None:
    """A URL is taken apart as browsers do."""
    target = Target.read(url)
    assert (target.secure, target.host, target.port) == (secure, host, port)
    assert (target.authority, target.origin) == (authority, origin)
    assert target.resource("/v1/ws") == resource


@pytest.mark.parametrize(
    "url", ["", "yourapp.com", "ftp://a.test", "https://a.test/?q", "https://u@a.test"]
)
def test_unusable(url: str) -> None:
    """What has no place to add a path to is refused."""
    with pytest.raises(ValueError, match="URL"):
        Target.read(url)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("10.0.0.1", False),
        ("localhost.test", False),
    ],
)
def test_local(host: str, local: bool) -> None:
    """Browsers take loopback for secure, and nothing else in the clear."""
    assert Target.read(f"http://{host}:8080").local is local
