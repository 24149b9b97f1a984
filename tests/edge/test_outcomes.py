"""How connections end and requests are answered, as an operator counts them, whoever serves."""

import pytest
import trio
from prometheus_client.samples import Sample
from trio.testing import MockClock

from octet.edge.app import EdgeApp
from octet.edge.visit import HEADER_S
from tests.certificates import Certificate
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import report
from tests.serving.http2_peer import DATA, MAGIC, SETTINGS, frame, http2_peer, request
from tests.serving.test_connection import elapse
from tests.serving.wire import get, post, upgrade

OPENED = MAGIC + frame(SETTINGS)


@pytest.fixture
async def apps() -> list[EdgeApp]:
    """The application of the edge, once it is started."""
    return []


@pytest.fixture
async def edge(start_edge: StartEdge, apps: list[EdgeApp]) -> RunningEdge:
    return await start_edge(prepare=apps.append)


@pytest.fixture
async def secure(
    start_edge: StartEdge, apps: list[EdgeApp], certificate: Certificate
) -> RunningEdge:
    """An edge that offers HTTP/2."""
    return await start_edge(
        prepare=apps.append,
        EDGE_TLS_CERT_FILE=str(certificate.chain),
        EDGE_TLS_KEY_FILE=str(certificate.key),
        EDGE_ALPN="h2,http/1.1",
    )


def samples(app: EdgeApp, name: str) -> list[Sample]:
    (family,) = (f for f in app.workings.metrics.collect() if f.name == name)
    return [s for s in family.samples if s.name.endswith("_total") and s.value]


def ends(app: EdgeApp) -> dict[str, float]:
    """Return how many connections ended how."""
    return {s.labels["outcome"]: s.value for s in samples(app, "octet_edge_connections")}


def answers(app: EdgeApp) -> dict[tuple[str, str], float]:
    """Return how many requests were answered, by route and code."""
    counted = samples(app, "octet_edge_requests")
    return {(s.labels["route"], s.labels["code"]): s.value for s in counted}


@pytest.mark.parametrize(
    ("text", "outcome", "answered"),
    [
        (b"", "silent", {}),
        (get("/health"), "served", {("other", "ok"): 1}),
        (get("/%68ealth"), "served", {("other", "ok"): 1}),
        (post(report()), "served", {("signals", "ok"): 1}),
        (
            post(report()).replace(b"/v1/signals", b"/v1/%73ignals"),
            "served",
            {("signals", "ok"): 1},
        ),
        (get("/%6eowhere"), "served", {("other", "not_found"): 1}),
        (upgrade("/v1/w%73?volleys=0"), "served", {("channel", "malformed"): 1}),
        (b"garbage\r\n\r\n", "malformed", {("other", "malformed"): 1}),
        (b"\x16\x03\x01\x00\x05hello", "malformed", {("other", "malformed"): 1}),
        (
            get("/health") + b"garbage\r\n\r\n",
            "malformed",
            {("other", "ok"): 1, ("other", "malformed"): 1},
        ),
        (get("/health") + b"garbage", "served", {("other", "ok"): 1}),
    ],
)
async def test_plain(
    edge: RunningEdge,
    apps: list[EdgeApp],
    text: bytes,
    outcome: str,
    answered: dict[tuple[str, str], float],
) -> None:
    """What a connection asked, and how it ended, is counted once, also where it was handed over."""
    page = await edge.open()
    async with page.stream:
        await page.send(text)
        await trio.testing.wait_all_tasks_blocked(0.02)
        await page.stream.send_eof()
        await page.reader.rest()
    await edge.until_open(apps[0].workings.metrics, 0)
    assert ends(apps[0]) == {outcome: 1}
    assert answers(apps[0]) == answered


@pytest.mark.parametrize("begun", [b"GE", b"get", get("/%68ealth")[:-2]])
async def test_slow(
    edge: RunningEdge, apps: list[EdgeApp], mock_clock: MockClock, begun: bytes
) -> None:
    """A request that does not become whole counts as timed out, whoever reads it."""
    page = await edge.open()
    async with page.stream:
        await page.send(begun)
        await elapse(mock_clock, HEADER_S + 0.1)
        await page.reader.rest()
    await edge.until_open(apps[0].workings.metrics, 0)
    assert ends(apps[0]) == {"timed-out": 1}


@pytest.mark.parametrize(
    ("preface", "outcome"),
    [
        (b"", "silent"),
        (OPENED, "silent"),
        (OPENED + request(1), "served"),
        (OPENED + request(1, path="/nowhere"), "served"),
        (b"GET / HTTP/1.1\r\nHost: edge.test\r\n\r\n", "malformed"),
        (OPENED + frame(SETTINGS, 0, 1), "malformed"),
        (OPENED + frame(DATA, 0, 1, b"x" * 16_385), "malformed"),
        (OPENED + request(1) + request(2), "malformed"),
        (OPENED + b"".join(request(stream) for stream in range(1, 201, 2)), "flooded"),
    ],
)
async def test_http2(
    secure: RunningEdge,
    apps: list[EdgeApp],
    certificate: Certificate,
    preface: bytes,
    outcome: str,
) -> None:
    """HTTP/2 connections are counted by how they ended, too."""
    async with http2_peer(secure.port, str(certificate.chain), preface) as peer:
        await trio.testing.wait_all_tasks_blocked(0.02)
        await peer.stream.transport_stream.send_eof()
        await peer.end()
    await secure.until_open(apps[0].workings.metrics, 0)
    assert ends(apps[0]) == {outcome: 1}
