"""The Content-Security-Policy under which Octet works."""

from collections.abc import Iterable
from urllib.parse import urlsplit


def content_security_policy(edge_urls: Iterable[str]) -> str:
    """Return the strictest policy that lets a page use these edges.

    The collector needs no more than its script, its POST and its WebSocket, all from the edge.
    """
    edges = sorted({f"{url.scheme}://{url.netloc}" for url in map(urlsplit, edge_urls)})
    sockets = ["ws" + origin.removeprefix("http") for origin in edges]
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *edges],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'", *edges, *sockets],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())
