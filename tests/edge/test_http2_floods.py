"""What an HTTP/2 client may do to an edge: every flood ends its own connection, and no other."""

import json
from collections.abc import AsyncIterator

import hpack
import pytest
import trio
from h2.errors import ErrorCodes
from trio.testing import MockClock

from octet.edge.app import EdgeApp
from octet.edge.visit import BODY_S, HEADER_S, KEEP_ALIVE_S, WRITE_S
from octet.serving.http2 import MAX_STREAMS
from octet.serving.http2_meter import OVERHEAD_BURST
from tests.certificates import Certificate
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import FakeService, report
from tests.edge.http2_floods import CALM, FLOODS, repeated
from tests.serving.connection_floods import pour
from tests.serving.http2_peer import (
    CONTINUATION,
    DATA,
    END_STREAM,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Http2Peer,
    begun_post,
    block,
    frame,
    http2_peer,
    request,
)
from tests.serving.test_connection import elapse

pytestmark = pytest.mark.usefixtures("quiet_log")


@pytest.fixture
async def apps() -> list[EdgeApp]:
    """The application of the edge, once it is started."""
    return []


@pytest.fixture
async def edge(start_edge: StartEdge, certificate: Certificate, apps: list[EdgeApp]) -> RunningEdge:
    """An edge that offers HTTP/2."""
    return await start_edge(
        prepare=apps.append,
        EDGE_TLS_CERT_FILE=str(certificate.chain),
        EDGE_TLS_KEY_FILE=str(certificate.key),
        EDGE_ALPN="h2,http/1.1",
    )


@pytest.fixture
async def peer(edge: RunningEdge, certificate: Certificate) -> AsyncIterator[Http2Peer]:
    async with http2_peer(edge.port, str(certificate.chain)) as opened:
        yield opened


@pytest.fixture
async def other(edge: RunningEdge, certificate: Certificate) -> AsyncIterator[Http2Peer]:
    """Another visitor, who is being served."""
    async with http2_peer(edge.port, str(certificate.chain)) as opened:
        await opened.send(request(1))
        assert await opened.status(1) == 200
        yield opened


def outcomes(app: EdgeApp) -> dict[str, float]:
    """Return how many connections ended how."""
    (family,) = (app.workings.metrics.connections.collect(),)
    return {
        sample.labels["outcome"]: sample.value
        for sample in family.samples
        if sample.name.endswith("_total") and sample.value
    }


# --- floods --------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is closed on goes on pouring: nobody here waits for it for long."""
    monkeypatch.setattr("octet.serving.byte_stream.LINGER_S", 0.05)


@pytest.mark.parametrize("name", FLOODS)
async def test_flood_ends_its_own_connection(
    edge: RunningEdge, apps: list[EdgeApp], peer: Http2Peer, other: Http2Peer, name: str
) -> None:
    """A flood is answered by GOAWAY within its bound, and visitors beside it are served."""
    flood, code = FLOODS[name]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pour, peer.stream, flood())
        with trio.fail_after(10):
            ended = await peer.end()
        nursery.cancel_scope.cancel()
    assert ended is not None
    assert code is None or ended == code
    assert len(peer.heard) < 3 * OVERHEAD_BURST
    await other.send(request(3))
    assert await other.status(3) == 200
    await edge.until_open(apps[0].workings.metrics, 1)
    assert outcomes(apps[0]).keys() <= {"flooded", "malformed"}
    assert code != CALM or outcomes(apps[0]) == {"flooded": 1}


# Python's `wrap_socket` loses a socket whose peer resets it in that very moment.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_floods_on_many_connections(
    edge: RunningEdge, certificate: Certificate, other: Http2Peer
) -> None:
    """While every kind of flood comes at once, again and again, a visitor is served."""

    async def flood_again(name: str) -> None:
        while True:
            async with http2_peer(edge.port, str(certificate.chain)) as peer:
                await pour(peer.stream, FLOODS[name][0]())

    async with trio.open_nursery() as nursery:
        for name in FLOODS:
            nursery.start_soon(flood_again, name)
        with trio.fail_after(20):
            for stream in range(3, 23, 2):
                await other.send(request(stream))
                assert await other.status(stream) == 200
        nursery.cancel_scope.cancel()


# --- what real clients do is no flood ------------------------------------------------------------


async def test_busy_client_is_served(peer: Http2Peer, service: FakeService) -> None:
    """Posts without end, each with its window updates, pings and a reset now and then, go on."""
    body = json.dumps(report(sessionRef=None)).encode()
    for stream in range(1, 2 * 3 * OVERHEAD_BURST, 2):
        noise = frame(WINDOW_UPDATE, 0, 0, (99).to_bytes(4)) * 8 + frame(PING, 0, 0, bytes(8)) * 4
        if stream % 20 == 1:
            await peer.send(request(stream) + frame(RST_STREAM, 0, stream, (8).to_bytes(4)) + noise)
        else:
            await peer.send(request(stream) + noise)
            assert await peer.status(stream) == 200
    last = 2 * 3 * OVERHEAD_BURST + 1
    await peer.send(begun_post(last) + frame(DATA, END_STREAM, last, body))
    assert await peer.status(last) == 200


async def test_as_many_streams_as_may_be(peer: Http2Peer, service: FakeService) -> None:
    """As many requests as the edge announces run at once, and one more is the end."""
    settings = await peer.hear(SETTINGS)
    assert settings is not None
    announced = {int.from_bytes(p[:2]): int.from_bytes(p[2:]) for p in cut(settings[3], 6)}
    assert announced[3] == MAX_STREAMS
    assert announced.get(8, 0) == 0  # no WebSocket
    streams = range(1, 2 * MAX_STREAMS, 2)
    await peer.send(b"".join(begun_post(stream) for stream in streams))
    for stream in streams:
        body = json.dumps(report(id=f"report-{stream}")).encode()
        await peer.send(frame(DATA, END_STREAM, stream, body))
        assert await peer.status(stream) == 200
    assert len(service.envelopes) == MAX_STREAMS


def cut(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


# --- requests that cannot be served --------------------------------------------------------------


@pytest.mark.parametrize(
    "odd",
    [
        frame(HEADERS, 5, 1, hpack.Encoder().encode([(":method", "CONNECT"), (":authority", "x")])),
        request(1, path="/h\xe9alth"),
        request(1, method="G ET"),
        request(1, method="G\xe9T"),
    ],
    ids=["connect", "path", "blank", "letter"],
)
async def test_odd_request_is_its_own_failure(
    peer: Http2Peer, odd: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A request that cannot be served costs its neighbours nothing, and no line in the log."""
    await peer.send(odd + request(3))
    assert await peer.status(3) == 200
    assert [stream for kind, _, stream, _ in peer.heard if kind == RST_STREAM] == [1]
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


async def test_answered_request_that_goes_on(peer: Http2Peer) -> None:
    """A body that nobody reads, in many small frames, holds up nobody."""
    await peer.send(begun_post(1, "/nowhere") + frame(DATA, 0, 1, b"x" * 256) * 30 + request(3))
    assert await peer.status(1) == 404
    assert await peer.status(3) == 200


async def test_body_that_nobody_reads_is_bounded(
    edge: RunningEdge, peer: Http2Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who goes on sending what was answered already is sent away."""
    monkeypatch.setattr("octet.serving.http2.MAX_LATE_BYTES", 300_000)
    await peer.send(begun_post(1, "/nowhere"))
    assert await peer.status(1) == 404
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pour, peer.stream, repeated(DATA, 0, 1, b"x" * 4096))
        assert await peer.end() is not None
        nursery.cancel_scope.cancel()


# --- deadlines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "begun",
    [
        request(3)[:1],
        request(3)[:-1],
        frame(HEADERS, END_STREAM, 3, block()),
        frame(HEADERS, END_STREAM, 3, block()) + frame(CONTINUATION, 0, 3, b""),
        frame(PING, 0, 0, bytes(8))[:12],
    ],
    ids=["head", "payload", "block", "continued block", "ping"],
)
@pytest.mark.parametrize("earlier", [True, False], ids=["used", "new"])
async def test_what_has_begun_has_a_deadline(
    edge: RunningEdge,
    apps: list[EdgeApp],
    peer: Http2Peer,
    mock_clock: MockClock,
    begun: bytes,
    earlier: bool,
) -> None:
    """A frame or header block that is not whole in time ends the connection, used or new."""
    if earlier:
        await peer.send(request(1))
        assert await peer.status(1) == 200
    await peer.send(begun)
    await elapse(mock_clock, HEADER_S - 0.1)
    other = await edge.open()
    await other.stream.aclose()
    await elapse(mock_clock, 0.2)
    with trio.fail_after(HEADER_S / 2):
        assert await peer.end() == ErrorCodes.NO_ERROR


async def test_dripping_block_is_cut_off(peer: Http2Peer, mock_clock: MockClock) -> None:
    """A header block has one deadline in all, however its bytes come."""
    await peer.send(request(1))
    assert await peer.status(1) == 200
    await peer.send(frame(HEADERS, END_STREAM, 3, block()))
    for _ in range(3):
        await elapse(mock_clock, HEADER_S / 2.9)
        await peer.send(frame(CONTINUATION, 0, 3, b""))
    with trio.fail_after(HEADER_S / 2):
        assert await peer.end() == ErrorCodes.NO_ERROR


async def test_late_body_is_told(peer: Http2Peer, mock_clock: MockClock) -> None:
    """A body that drips is answered after its time, and the connection goes on."""
    await peer.send(begun_post(1))
    for _ in range(3):
        await peer.send(frame(DATA, 0, 1, b" "))
        await elapse(mock_clock, BODY_S / 2.9)
    assert await peer.status(1) == 400
    await peer.send(request(3))
    assert await peer.status(3) == 200


@pytest.mark.parametrize("noise", [b"", frame(PING, 0, 0, bytes(8))], ids=["silent", "pinging"])
async def test_idle_connection_is_closed(
    peer: Http2Peer, mock_clock: MockClock, noise: bytes
) -> None:
    """Between requests a connection may idle for the keep-alive time; pings are no request."""
    await peer.send(request(1))
    assert await peer.status(1) == 200
    for _ in range(3):
        await elapse(mock_clock, KEEP_ALIVE_S / 2.9)
        await peer.send(noise)
    with trio.fail_after(HEADER_S / 2):
        assert await peer.end() == ErrorCodes.NO_ERROR


async def test_response_that_nobody_takes_is_given_up(
    peer: Http2Peer, mock_clock: MockClock
) -> None:
    """Who opens no window for a response loses it in time, and only it."""
    await peer.send(frame(SETTINGS, 0, 0, bytes([0, 4, 0, 0, 0, 1])))
    await peer.send(request(1, "GET", "/octet-collector.mjs") + request(3))
    assert await peer.status(1) == 200
    await elapse(mock_clock, WRITE_S + 0.1)
    reset = await peer.hear(RST_STREAM, 1)
    assert reset is not None
    assert int.from_bytes(reset[3]) == ErrorCodes.CANCEL
    await peer.send(request(5, "HEAD"))
    assert await peer.status(5) == 200


async def test_who_takes_nothing_at_all_is_cut_off(
    edge: RunningEdge, apps: list[EdgeApp], peer: Http2Peer, mock_clock: MockClock
) -> None:
    """Answers that nobody reads hold their connection for the write's time."""
    windows = frame(SETTINGS, 0, 0, bytes([0, 4, 0x7F, 0xFF, 0xFF, 0xFF]))
    windows += frame(WINDOW_UPDATE, 0, 0, (2**30).to_bytes(4))
    await peer.send(windows)
    for first in range(1, 1001, 50):
        streams = range(first, first + 50, 2)
        await peer.send(b"".join(request(s, "GET", "/octet-collector.mjs") for s in streams))
        await elapse(mock_clock, 0)
    await elapse(mock_clock, WRITE_S + 0.1)
    await elapse(mock_clock, WRITE_S + 0.1)
    await edge.until_open(apps[0].workings.metrics, 0)


async def test_server_that_ends_says_farewell(edge: RunningEdge, peer: Http2Peer) -> None:
    """A connection without a request ends by GOAWAY when the server is told to end."""
    await peer.send(request(1))
    assert await peer.status(1) == 200
    edge.stop.set()
    assert await peer.end() == ErrorCodes.NO_ERROR
