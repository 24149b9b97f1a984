"""The transport of blocking clients: the proxies that httpx would ask, and its errors."""

import httpcore
import httpx
import pytest

from octet.client import OctetSyncClient, Pending, ServiceUnavailableError
from octet.client._sync_transport import DeadlineTransport
from tests.client.conftest import KEY, LittleService

REF = "sess_0123456789abcdefABCDEF"
PENDING = b'{"status":"pending","ref":"%s"}' % REF.encode()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_proxy(service: LittleService, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """The proxy that the environment names is asked for the service, with its own password."""
    monkeypatch.setenv(variable, service.url.replace("//", "//user:word@"))
    monkeypatch.setenv("NO_PROXY", "other.example")
    service.answers(404, PENDING)
    with OctetSyncClient("http://octet.example", partner_key=KEY) as octet:
        assert octet.verdict(REF) == Pending(REF)
    (request,) = service.requests
    assert request.target == f"http://octet.example/v1/verdict/{REF}?waitMs=0"
    assert request.headers["proxy-authorization"] == "Basic dXNlcjp3b3Jk"


def test_no_proxy(service: LittleService, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that the environment excepts is asked without its proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    service.answers(404, b'{"status":"pending","ref":"%s"}' % REF.encode())
    with OctetSyncClient(service.url, partner_key=KEY) as octet:
        assert octet.verdict(REF) == Pending(REF)


def test_socks_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SOCKS proxy needs the package that httpx needs for it, and the error says so."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(RuntimeError, match="socksio"):
        DeadlineTransport(httpx.URL("https://octet.example"), httpx.Limits())


@pytest.mark.parametrize(
    ("text", "error"),
    [(b"", "RemoteProtocolError"), (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", "Remote")],
    ids=["head", "body"],
)
def test_errors(service: LittleService, text: bytes, error: str) -> None:
    """What httpcore raises is httpx's, in the head and in the body of a reply."""
    service.cuts(text)
    with (
        OctetSyncClient(service.url, partner_key=KEY, retries=0) as octet,
        pytest.raises(ServiceUnavailableError, match=error) as caught,
    ):
        octet.verdict(REF)
    assert isinstance(caught.value.__cause__, httpx.TransportError)
    assert isinstance(caught.value.__cause__.__cause__, httpcore.RemoteProtocolError)
