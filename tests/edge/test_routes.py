"""The routes without any connection: a request in, a reply out."""

import json

import pytest

from octet import __version__
from octet.edge.app import EdgeApp
from octet.edge.config import EdgeConfig
from octet.edge.exchange import Reply, Request
from octet.edge.routes import Routes
from octet.serving import ProblemError
from tests.edge.conftest import environment
from tests.edge.fakes import NOW_MS
from tests.edge.test_observer import request

OWN = "https://yourapp.com"


def routes_of(**variables: str) -> Routes:
    config = EdgeConfig.from_environment(environment("http://service.test", **variables))
    return EdgeApp(config, lambda: NOW_MS).routes


@pytest.fixture
def routes() -> Routes:
    return routes_of()


def asked(method: str, path: str, query: str = "", **headers: str) -> Request:
    """Make a request; underscores in names of headers stand for hyphens."""
    fields = tuple((name.replace("_", "-").encode(), v.encode()) for name, v in headers.items())
    return request(method=method, path=path, query=query, headers=fields)


def code_of(reply: Reply) -> str:
    code = json.loads(reply.body)["code"]
    assert isinstance(code, str)
    return code


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path", ["/health", "/octet-collector.js", "/octet-collector.mjs", "/octet-collector.js.sri"]
)
async def test_what_can_be_read(routes: Routes, method: str, path: str) -> None:
    """Health and the collector's files answer to readers, with a body to either."""
    reply = await routes.answer(asked(method, path))
    assert (reply.status, bool(reply.body)) == (200, True)
    if path == "/health":
        assert json.loads(reply.body) == {"ok": True, "version": __version__}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/signals", "POST, OPTIONS"),
        ("HEAD", "/v1/signals", "POST, OPTIONS"),
        ("POST", "/v1/ws", "GET, OPTIONS"),
        ("POST", "/health", "GET, HEAD, OPTIONS"),
        ("DELETE", "/ready", "GET, HEAD, OPTIONS"),
        ("PUT", "/octet-collector.js", "GET, HEAD, OPTIONS"),
    ],
)
async def test_wrong_method_is_told_the_right_ones(
    routes: Routes, method: str, path: str, allowed: str
) -> None:
    """405 names what the route takes."""
    reply = await routes.answer(asked(method, path))
    assert (reply.status, code_of(reply), reply.headers["allow"]) == (
        405,
        "method_not_allowed",
        allowed,
    )


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/signals/", "/V1/signals", "//health", "/é"])
async def test_what_is_nowhere(routes: Routes, path: str) -> None:
    """A path that is no route is not found, however close it comes."""
    request = asked("GET", path)
    reply = await routes.answer(request)
    assert (reply.status, code_of(reply)) == (404, "not_found")
    assert json.loads(reply.body)["requestId"] == request.id


async def test_upgrade_is_asked_for(routes: Routes) -> None:
    """The channel's path without an upgrade says which one."""
    reply = await routes.answer(asked("GET", "/v1/ws"))
    assert (reply.status, code_of(reply)) == (426, "upgrade_required")
    assert reply.headers["upgrade"] == "websocket"


@pytest.mark.parametrize(
    ("tags", "known"),
    [
        ("{etag}", True),
        ("W/{etag}", True),
        ('"x", {etag}', True),
        ("*", True),
        ('"x"', False),
        ("", False),
        ("{bare}", False),
    ],
)
async def test_file_that_the_browser_has(routes: Routes, tags: str, known: bool) -> None:
    """A file is not sent again to who has it; the answer carries what caches want to know."""
    path = "/octet-collector.js"
    etag = (await routes.answer(asked("GET", path))).headers["etag"]
    sent = tags.format(etag=etag, bare=etag.strip('"'))
    reply = await routes.answer(asked("GET", path, "v=1", if_none_match=sent))
    assert (reply.status, bool(reply.body)) == ((304, False) if known else (200, True))
    assert reply.headers["etag"] == etag
    assert "immutable" in reply.headers["cache-control"]


@pytest.mark.parametrize(
    ("allowed", "origin", "granted", "vary"),
    [
        ("*", OWN, "*", None),
        ("*", None, "*", None),
        (OWN, OWN, OWN, "Origin"),
        (OWN, "https://evil.com", None, "Origin"),
        (OWN, None, None, "Origin"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/health"), ("OPTIONS", "/v1/signals"), ("GET", "/x")]
)
async def test_every_reply_is_marked(
    allowed: str, origin: str | None, granted: str | None, vary: str | None, method: str, path: str
) -> None:
    """Every reply says who may read it."""
    headers = {"origin": origin} if origin else {}
    reply = await routes_of(ALLOWED_ORIGIN=allowed).answer(asked(method, path, **headers))
    assert reply.headers.get("access-control-allow-origin") == granted
    assert reply.headers.get("vary") == vary


@pytest.mark.parametrize(
    ("base", "path", "status"),
    [
        ("/octet", "/octet/health", 200),
        ("/octet", "/health", 404),
        ("/octet", "/octethealth", 404),
        ("/octet", "/octet", 404),
        ("/octet", "/octet/octet/health", 404),
        ("/health", "/health/health", 200),
    ],
)
async def test_base_path(base: str, path: str, status: int) -> None:
    """Routes are below the base path and nowhere else."""
    reply = await routes_of(EDGE_BASE_PATH=base).answer(asked("GET", path))
    assert reply.status == status


@pytest.mark.parametrize(
    ("given", "reads", "is_channel"),
    [
        (asked("POST", "/v1/signals", content_type="application/json"), True, False),
        (asked("POST", "/v1/signals"), False, False),
        (asked("GET", "/v1/signals"), False, False),
        (asked("POST", "/health"), False, False),
        (asked("GET", "/v1/ws"), False, True),
        (asked("POST", "/v1/ws"), False, False),
    ],
)
async def test_who_has_a_body_and_who_a_socket(
    routes: Routes, given: Request, reads: bool, is_channel: bool
) -> None:
    """Only a report's body is read, and only the channel's path upgrades."""
    read = []

    async def read_body() -> bytes:
        read.append(True)
        return b"{"

    await routes.answer(given, read_body)
    assert (bool(read), routes.is_channel(given)) == (reads, is_channel)


async def test_refusal_carries_what_it_needs(routes: Routes) -> None:
    """A request that goes no further is told why, with the problem's own headers."""
    error = ProblemError("rate_limited", "slow down", {"retry-after": "3"})
    reply = routes.refuse(asked("POST", "/v1/signals", origin=OWN), error)
    assert (reply.status, code_of(reply), reply.headers["retry-after"]) == (
        429,
        "rate_limited",
        "3",
    )
    assert reply.headers["access-control-allow-origin"] == "*"


async def test_report_checks_come_in_order() -> None:
    """Origin, then media type, then length, and only then the report is read: the first fault is
    the one that is told.
    """
    routes = routes_of(ALLOWED_ORIGIN=OWN)
    long = {"content_length": "65537"}
    read = 0

    async def read_body() -> bytes:
        nonlocal read
        read += 1
        return b"{"

    for headers, code in (
        (
            {"origin": "https://evil.com", "content_type": "application/json", **long},
            "origin_not_allowed",
        ),
        ({"origin": OWN, "content_type": "text/plain", **long}, "unsupported_media_type"),
        ({"origin": OWN, "content_type": "application/json", **long}, "too_large"),
        ({"content_type": "application/json", "content_length": "9" * 5000}, "too_large"),
        ({"origin": "https://evil.com", "content_type": "text/plain"}, "origin_not_allowed"),
        ({"origin": OWN, "content_type": "text/plain"}, "unsupported_media_type"),
        ({"origin": OWN, "content_type": "application/jsonx"}, "unsupported_media_type"),
        ({"origin": OWN, "content_type": "Application/JSON;charset=utf-8"}, "malformed"),
    ):
        reply = await routes.answer(asked("POST", "/v1/signals", **headers), read_body)
        assert code_of(reply) == code
    assert read == 1
