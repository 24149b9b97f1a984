"""A connection from accept to close: its end, and what its peer's end leaves."""

import ssl
from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.certificates import Certificate
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import FakeService, report
from tests.edge.pages import ends, opened, pour, reset
from tests.edge.test_websocket import TEXT, write
from tests.serving.test_connection import until_closed
from tests.serving.wire import Page, get, post, upgrade


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
async def either(
    request: pytest.FixtureRequest, start_edge: StartEdge, certificate: Certificate
) -> RunningEdge:
    """An edge in the clear, or one that terminates TLS."""
    if not request.param:
        return await start_edge()
    return await start_edge(
        EDGE_TLS_CERT_FILE=str(certificate.chain), EDGE_TLS_KEY_FILE=str(certificate.key)
    )


def trust_of(edge: RunningEdge, trust: ssl.SSLContext) -> ssl.SSLContext | None:
    return trust if edge.url.startswith("https") else None


# --- the end of the server -----------------------------------------------------------------------

PARTIAL = post(report())
FINISH = {
    "header": (PARTIAL[:20], PARTIAL[20:]),
    "odd header": (get("/%68ealth")[:20], get("/%68ealth")[20:]),
    "body": (PARTIAL[:-5], PARTIAL[-5:]),
    "chunked body": (
        PARTIAL.split(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n",
        b"%x\r\n%s\r\n0\r\n\r\n"
        % (len(PARTIAL.split(b"\r\n\r\n")[1]), PARTIAL.split(b"\r\n\r\n")[1]),
    ),
}


@pytest.mark.parametrize(("before", "after"), FINISH.values(), ids=FINISH)
@pytest.mark.parametrize("earlier", [0, 1])
async def test_request_that_has_begun_is_served(
    edge: RunningEdge, before: bytes, after: bytes, earlier: int
) -> None:
    """A request that had begun when the server was told to end is answered; then it closes."""
    async with opened(edge) as page:
        for _ in range(earlier):
            await page.ask(get("/health"))
        await page.send(before)
        await wait_all_tasks_blocked(0.02)
        edge.stop.set()
        await wait_all_tasks_blocked(0.02)
        assert (await page.ask(after)).status == 200
        assert await until_closed(page) == b""
    await ends(edge)


@pytest.mark.parametrize(
    "earlier", [[], [get("/health")], [get("/%68ealth")]], ids=["new", "kept", "handed over"]
)
async def test_idle_connection_ends_with_the_server(
    either: RunningEdge, trust: ssl.SSLContext, earlier: list[bytes]
) -> None:
    """A connection without a request closes at once when the server is told to end."""
    async with opened(either, trust_of(either, trust)) as page:
        for text in earlier:
            await page.ask(text)
        await wait_all_tasks_blocked(0.02)
        either.stop.set()
        assert await until_closed(page) == b""
    await ends(either)


async def test_waiting_page_gets_its_answer(
    either: RunningEdge, trust: ssl.SSLContext, service: FakeService
) -> None:
    """A page that waits for the service when the server is told to end is answered."""
    gate = service.holds()
    async with opened(either, trust_of(either, trust)) as page:
        await page.send(post(report()))
        await service.until(1)
        either.stop.set()
        await wait_all_tasks_blocked(0.02)
        gate.set()
        response = await page.reader.message()
        assert response is not None
        assert (response.status, response.headers["connection"]) == (200, "close")
    await ends(either)


async def test_channel_is_played_to_its_end(edge: RunningEdge) -> None:
    """A channel that plays when the server is told to end gets its receipt."""
    async with opened(edge) as page:
        await page.send(upgrade("/v1/ws?volleys=1"))
        text = b""
        while b'"ping"' not in text:
            text += await page.stream.receive_some()
        edge.stop.set()
        await wait_all_tasks_blocked(0.02)
        nonce = text.rpartition(b'"n":"')[2].partition(b'"')[0]
        await page.send(write(TEXT, b'{"t":"pong","n":"%s","m":"m"}' % nonce))
        assert b'"receipt":"v4.local.' in await page.reader.rest()
    await ends(edge)


# --- the end of the peer -------------------------------------------------------------------------


async def _nothing(_: Page) -> None:
    pass


def _sends(text: bytes) -> Callable[[Page], Awaitable[None]]:
    async def send(page: Page) -> None:
        await page.send(text)

    return send


@pytest.mark.parametrize("farewell", ["end", "reset"])
@pytest.mark.parametrize(
    "phase",
    [
        _nothing,
        _sends(b"POST"),
        _sends(b"post"),
        _sends(post(report())[:-1]),
        _sends(post(report())),
        _sends(post(report(), "Expect: 100-continue")),
        _sends(get("/octet-collector.mjs") * 50),
        _sends(get("/%68ealth") * 50),
        _sends(upgrade()),
        _sends(upgrade() + b"\x81"),
        _sends(upgrade("/v1/ws?volleys=0") + b"x"),
        _sends(post(b"").replace(b"Length: 0", b"Length: 70000") + b"x" * 60_000),
    ],
    ids=range(12),
)
async def test_peer_that_goes_leaves_nothing(
    either: RunningEdge,
    trust: ssl.SSLContext,
    phase: Callable[[Page], Awaitable[None]],
    farewell: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whenever a peer goes, its connection goes too: others are served, and the server can end."""
    async with opened(either, trust_of(either, trust)) as page:
        if isinstance(page.stream, trio.SSLStream):
            await page.stream.do_handshake()
        await phase(page)
        if farewell == "reset":
            reset(page)
        else:
            await page.stream.aclose()
        async with opened(either, trust_of(either, trust)) as other:
            assert (await other.ask(get("/health", "Connection: close"))).status == 200
        await wait_all_tasks_blocked(0.02)
        either.stop.set()
        await ends(either)
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]


async def test_early_refusal_is_read_by_who_still_sends(
    either: RunningEdge, trust: ssl.SSLContext
) -> None:
    """A page that is still sending a body that is too large reads that it is."""
    for text in (
        post(b"x" * 3_000_000),
        post(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 40,
    ):
        async with opened(either, trust_of(either, trust)) as page, trio.open_nursery() as nursery:
            nursery.start_soon(pour, page, text)
            response = await page.reader.message()
            assert response is not None
            assert (response.status, response.json["code"]) == (413, "too_large")
            nursery.cancel_scope.cancel()
