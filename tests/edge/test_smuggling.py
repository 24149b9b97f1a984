"""Requests whose end two parsers may see in two places: refused, or read as the RFC has it.

Direct, the answers are counted; behind real proxies it is shown that nobody gets another's answer,
and that the edge saw no request that the proxy did not hand on.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import trio

from octet.edge.app import EdgeApp
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import report
from tests.edge.proxies import caddy, haproxy, nginx
from tests.serving.wire import Page, RunningServer, get, post

pytestmark = pytest.mark.usefixtures("quiet_log")

SIGNALS = "/octet/v1/signals"
INNER = get("/octet/smuggled", "x-request-id: smuggled-0001")
"""What an attacker wants to be read as a request."""
TEXT = post(report(), path=SIGNALS)
HEAD, _, BODY = TEXT.partition(b"\r\n\r\n")
BARE = HEAD.rpartition(b"\r\n")[0]
"""The head of a post without a length."""
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
LENGTH = b"Content-Length: %d" % len(BODY)


def posted(*fields: bytes, body: bytes = BODY + INNER, head: bytes = BARE) -> bytes:
    """Write a post with such framing."""
    return b"\r\n".join([head, *fields, b"", b""]) + body


TE = b"Transfer-Encoding: chunked"
SHAPES: dict[str, tuple[bytes, list[int]]] = {
    # read as the RFC has it: the inner request is one of its own, and answered as such
    "plain": (TEXT + INNER, [200, 404]),
    "chunked": (posted(TE, body=CHUNKED + INNER), [200, 404]),
    "equal lengths": (posted(LENGTH, LENGTH), [200, 404]),
    "listed lengths": (posted(LENGTH + b", %d" % len(BODY)), [200, 404]),
    "case of chunked": (posted(b"transfer-ENCODING:\tChunked ", body=CHUNKED + INNER), [200, 404]),
    "chunk extension": (
        posted(TE, body=CHUNKED.replace(b"\r\n", b';a=b;c="d"\r\n', 1) + INNER),
        [200, 404],
    ),
    "trailer": (
        posted(TE, body=CHUNKED[:-2] + b"Content-Length: 9\r\n\r\n" + INNER),
        [200, 404],
    ),
    "leading zeros": (posted(b"Content-Length: 000%d" % len(BODY)), [200, 404]),
    "absolute form": (
        get("http://other.test/octet/smuggled") + get("/octet/health"),
        [404, 200],
    ),
    "folded": (posted(LENGTH, b"X-Fold: a", b" Transfer-Encoding: chunked"), [200, 404]),
    "folded coding": (posted(b"Transfer-Encoding:", b" chunked", body=CHUNKED + INNER), [200, 404]),
    "folded length": (posted(b" " + LENGTH), [415, 400]),  # it is the content type's
    # refused
    "length and chunked": (posted(LENGTH, TE, body=CHUNKED + INNER), [400]),
    "chunked and length": (posted(TE, b"Content-Length: 6", body=b"0\r\n\r\n" + INNER), [400]),
    "unequal lengths": (posted(LENGTH, b"Content-Length: 0"), [400]),
    "listed unequal lengths": (posted(LENGTH + b", 0"), [400]),
    "signed length": (posted(b"Content-Length: +%d" % len(BODY)), [400]),
    "negative length": (posted(b"Content-Length: -1"), [400]),
    "hexadecimal length": (posted(b"Content-Length: 0x10"), [400]),
    "blank in length": (posted(b"Content-Length: 1 0"), [400]),
    "empty length": (posted(b"Content-Length:"), [400]),
    "letters beyond ASCII": (posted("Content-Length: ٤".encode()), [400]),
    "endless length": (posted(b"Content-Length: " + b"9" * 30), [400]),
    "blank before colon": (posted(b"Content-Length : %d" % len(BODY)), [400]),
    "tab before colon": (posted(b"Transfer-Encoding\t: chunked", body=CHUNKED), [400]),
    "unknown coding": (posted(b"Transfer-Encoding: xchunked", body=CHUNKED), [400]),
    "identity": (posted(b"Transfer-Encoding: identity", LENGTH), [400]),
    "two codings": (posted(b"Transfer-Encoding: gzip, chunked", body=CHUNKED), [400]),
    "chunked twice": (posted(TE, TE, body=CHUNKED), [400]),
    "chunked, then not": (posted(TE, b"Transfer-Encoding: identity", body=CHUNKED), [400]),
    "vertical tab": (posted(b"Transfer-Encoding: \x0bchunked", body=CHUNKED), [400]),
    "NUL in value": (posted(LENGTH, b"X: a\x00b"), [400]),
    "NUL in name": (posted(b"Content-\x00Length: 0", LENGTH), [400]),
    "CR in value": (posted(LENGTH, b"X: a\rTransfer-Encoding: chunked"), [400]),
    "no colon": (posted(LENGTH, b"Transfer-Encoding"), [400]),
    "no name": (posted(LENGTH, b": chunked"), [400]),
    "two hosts": (posted(b"Host: other.test", LENGTH), [400]),
    "no host": (posted(LENGTH, head=BARE.replace(b"Host: edge.test\r\n", b"")), [400]),
    "HTTP/1.0 chunked": (
        posted(TE, head=BARE.replace(b"HTTP/1.1", b"HTTP/1.0"), body=CHUNKED),
        [400],
    ),
    "HTTP/1.2": (posted(LENGTH, head=BARE.replace(b"HTTP/1.1", b"HTTP/1.2x")), [400]),
    "chunk size overflow": (posted(TE, body=b"1" + b"0" * 20 + b"\r\n" + INNER), [400]),
    "negative chunk": (posted(TE, body=b"-1\r\n" + INNER), [400]),
    "prefixed chunk": (posted(TE, body=b"0x1\r\na\r\n0\r\n\r\n" + INNER), [400]),
    "chunk longer than said": (posted(TE, body=b"1\r\nab\r\n0\r\n\r\n" + INNER), [400]),
    "chunk without end": (posted(TE, body=b"1\r\nab0\r\n\r\n" + INNER), [400]),
}


async def answers(page: Page) -> list[int]:
    """Return the statuses that come until the edge closes, or has answered the last request."""
    statuses = []
    while (message := await page.reader.message()) is not None:
        statuses.append(message.status)
    return statuses


@pytest.fixture
async def apps() -> list[EdgeApp]:
    """The application of the edge, once it is started."""
    return []


@pytest.fixture
async def edge(start_edge: StartEdge, apps: list[EdgeApp]) -> RunningEdge:
    return await start_edge(
        prepare=apps.append, EDGE_TRUSTED_PROXIES="127.0.0.1", EDGE_BASE_PATH="/octet"
    )


def smuggled(app: EdgeApp) -> float:
    """Return how many requests the edge has answered that led nowhere."""
    (family,) = (f for f in app.workings.metrics.collect() if f.name == "octet_edge_requests")
    counted = {(s.labels["route"], s.labels["code"]): s.value for s in family.samples if s.labels}
    return counted["other", "not_found"]


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("byte_by_byte", [False, True], ids=["whole", "bytes"])
async def test_direct(edge: RunningEdge, name: str, byte_by_byte: bool) -> None:
    """Each shape is answered in one way, in one piece or byte by byte; a refusal is the last."""
    text, expected = SHAPES[name]
    size = 1 if byte_by_byte else len(text)
    last = [] if expected[-1] == 400 else [get("/octet/health", "Connection: close")]
    page = await edge.open()
    async with page.stream:
        try:
            for piece in [*(text[at : at + size] for at in range(0, len(text), size)), *last]:
                await page.send(piece)
        except trio.BrokenResourceError:
            pass  # refused already
        with trio.fail_after(10):
            assert await answers(page) == expected + [200] * len(last)


PROXIES: dict[str, Callable[[Path, int], AbstractAsyncContextManager[int]]] = {
    "nginx": nginx,
    "haproxy": lambda directory, port: haproxy(directory, "haproxy.cfg", port),
    "caddy": caddy,
}


@pytest.mark.parametrize(
    "proxy", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in PROXIES]
)
async def test_behind_a_proxy(
    edge: RunningEdge, apps: list[EdgeApp], tmp_path: Path, proxy: str
) -> None:
    """Whatever an attacker sends through a proxy, the edge answers no request that the proxy did
    not hand on, and every visitor beside gets the answer to his own.
    """
    async with PROXIES[proxy](tmp_path, edge.port) as port:
        through = RunningServer("127.0.0.1", port)
        for name, (text, _) in SHAPES.items():
            before = smuggled(apps[0])
            page = await through.open()
            async with page.stream:
                await page.send(text + get("/octet/health", "Connection: close"))
                with trio.move_on_after(1):  # a proxy may wait for more
                    await page.reader.rest()
            heard = page.reader.buffer.count(b"HTTP/1.1 404 ")
            for number in range(3):
                mine = f"visitor-{number}-{number}"
                got = await through.ask(get("/octet/health", f"x-request-id: {mine}"))
                assert (got.status, got.headers["x-request-id"]) == (200, mine), name
            assert smuggled(apps[0]) - before <= heard, name
