"""Which origins may speak to the edge."""

from contextlib import nullcontext

import pytest
import trio

from benchmarks.visitor import Traits
from examples.demo.chromium import find_chromium, open_chromium
from octet.edge.cors import Cors
from octet.serving import ProblemError
from tests.edge.conftest import StartEdge
from tests.edge.fakes import answer
from tests.edge.upstreams import speaking
from tests.serving.wire import Reader, get

OWN = "https://yourapp.com"


@pytest.mark.parametrize(
    ("origins", "origin", "may_post", "may_open"),
    [
        ({"*"}, None, True, True),
        ({"*"}, OWN, True, True),
        ({OWN}, OWN, True, True),
        ({OWN}, None, True, False),
        ({OWN}, "https://yourapp.com.evil.com", False, False),
        ({OWN}, "http://yourapp.com", False, False),
        ({OWN}, "null", False, False),
    ],
)
def test_origins(origins: set[str], origin: str | None, may_post: bool, may_open: bool) -> None:
    """An origin is allowed as a whole or not at all; none at all opens no socket."""
    cors = Cors(frozenset(origins))
    for check, allowed in ((cors.check, may_post), (cors.check_socket, may_open)):
        with nullcontext() if allowed else pytest.raises(ProblemError, match="origin_not_allowed"):
            check(origin)


@pytest.mark.parametrize(
    ("origins", "origin", "granted", "vary"),
    [
        ({"*"}, OWN, "*", None),
        ({"*"}, None, "*", None),
        ({"*", OWN}, None, "*", None),
        ({OWN}, OWN, OWN, "Origin"),
        ({OWN}, None, None, "Origin"),
        ({OWN}, "https://evil.com", None, "Origin"),
    ],
)
def test_headers(
    origins: set[str], origin: str | None, granted: str | None, vary: str | None
) -> None:
    """The headers name the origin that is allowed, and caches learn that they depend on it."""
    headers = Cors(frozenset(origins)).headers(origin)
    assert headers.get("access-control-allow-origin") == granted
    assert headers.get("vary") == vary
    exposed = "Retry-After, x-request-id" if granted else None
    assert headers.get("access-control-expose-headers") == exposed


SCRIPT_AGAIN = """new Promise(resolve => {{
    const script = document.createElement("script");
    script.crossOrigin = "anonymous";
    script.integrity = "{integrity}";
    script.src = "{url}/octet-collector.js?v=1";
    script.onload = () => resolve("loaded");
    script.onerror = () => resolve("refused");
    document.head.append(script);
}})"""


@pytest.mark.chromium
@pytest.mark.parametrize("listed", [False, True])
async def test_script_that_was_cached_without_an_origin(
    start_edge: StartEdge, listed: bool
) -> None:
    """A plain script first, then the same URL with `crossorigin` and `integrity`: both load."""

    async def talk(reader: Reader, stream: trio.SocketStream, _: int) -> None:
        while await reader.message():
            script = f'<script src="{edge.url}/octet-collector.js?v=1"></script>'
            await stream.send_all(answer(200, script.encode(), content_type="text/html").text)

    path = find_chromium()
    assert path is not None
    async with speaking(talk) as url, open_chromium(path) as chromium:
        edge = await start_edge(ALLOWED_ORIGIN=url if listed else "*")
        integrity = (await edge.ask(get("/octet-collector.js.sri"))).body.decode().strip()
        again = SCRIPT_AGAIN.format(integrity=integrity, url=edge.url)
        traits = Traits(time_zone="Europe/Berlin", languages=("de",))
        first = 'performance.getEntriesByType("resource").length && typeof octet'
        expression = f"({first}) === 'object' ? {again} : 'the first one did not load'"
        assert await chromium.visit(url, traits, expression) == "loaded"
