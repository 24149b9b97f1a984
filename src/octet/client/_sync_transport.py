"""Carries the requests of blocking clients over connections that keep to a deadline."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, cast
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx
from attrs import frozen

from octet.client._pool import SharedPool
from octet.client._sockets import DeadlineBackend


class DeadlineTransport(httpx.BaseTransport):
    """What `httpx.HTTPTransport` is, with a backend of our own, which that does not take.

    Like httpx, it asks the proxy that the environment names for *url*.
    """

    def __init__(self, url: httpx.URL, limits: httpx.Limits) -> None:
        self._pool = _pool(_proxy(url), limits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request*; the reply's body comes as it is read."""
        asked = httpcore.Request(
            request.method,
            _raw(request.url),
            headers=request.headers.raw,
            content=cast("httpx.SyncByteStream", request.stream),
            extensions=request.extensions,
        )
        with _errors_of_httpx():
            reply = self._pool.handle_request(asked)
        body = _Body(cast("Iterable[bytes]", reply.stream), reply.close)
        return httpx.Response(
            reply.status, headers=reply.headers, stream=body, extensions=reply.extensions
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


@frozen
class _Body(httpx.SyncByteStream):
    _parts: Iterable[bytes]
    _close: Any

    def __iter__(self) -> Iterator[bytes]:
        with _errors_of_httpx():
            yield from self._parts

    def close(self) -> None:
        self._close()


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """Translate httpcore's errors, whose names are those of httpx."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
    ) as exc:
        kind: type[httpx.TransportError] = getattr(httpx, type(exc).__name__)
        raise kind(str(exc)) from exc


def _proxy(url: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy that the environment names for *url*."""
    if any(proxy_bypass(host) for host in (url.host, url.netloc.decode())):
        return None
    named = getproxies()
    proxy = named.get(url.scheme) or named.get("all")
    return httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}") if proxy else None


def _pool(proxy: httpx.Proxy | None, limits: httpx.Limits) -> SharedPool:
    return SharedPool(
        ssl_context=httpx.create_ssl_context(),
        max_connections=limits.max_connections,
        max_keepalive_connections=limits.max_keepalive_connections,
        keepalive_expiry=limits.keepalive_expiry,
        network_backend=DeadlineBackend(),
        proxy=None if proxy is None else _of_httpcore(proxy),
    )


def _of_httpcore(proxy: httpx.Proxy) -> httpcore.Proxy:
    if proxy.url.scheme.startswith("socks5") and find_spec("socksio") is None:
        raise RuntimeError("a SOCKS proxy needs the package socksio: pip install httpx[socks]")
    return httpcore.Proxy(_raw(proxy.url), proxy.raw_auth, proxy.headers.raw)


def _raw(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
