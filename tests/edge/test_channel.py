"""The latency channel over real WebSockets."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, get_args

import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream
from werkzeug.datastructures import MultiDict

from octet.edge.channel import ChannelRequest, play
from octet.edge.latency import CHANNEL_LIFE_S, PONG_S
from octet.schema.constraints import SessionRef
from octet.serving import ProblemError
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import NOW_MS, REF, FakeService, report
from tests.serving.wire import post, upgrade


@asynccontextmanager
async def channel(edge: RunningEdge, query: str = "") -> AsyncIterator[WebSocketConnection]:
    """Open a channel on a stream of our own: trio-websocket forgets to close one that was reset."""
    stream = await trio.open_tcp_stream(edge.host, edge.port)
    async with stream, trio.open_nursery() as nursery:
        yield await wrap_client_stream(nursery, stream, edge.host, f"/v1/ws{query}")
        nursery.cancel_scope.cancel()


async def frame(socket: WebSocketConnection) -> dict[str, Any]:
    text = await socket.get_message()
    assert isinstance(text, str)
    members: dict[str, Any] = json.loads(text)
    return members


def pong(ping: dict[str, Any], page_nonce: str = "m") -> str:
    return json.dumps({"t": "pong", "n": ping["n"], "m": page_nonce})


async def volleys(edge: RunningEdge, query: str = "?volleys=2") -> str:
    """Play a whole channel; return the receipt."""
    async with channel(edge, query) as socket:
        await frame(socket)
        while (message := await frame(socket))["t"] == "ping":
            await socket.send_message(pong(message))
    receipt: str = message["receipt"]
    return receipt


async def close_code(socket: WebSocketConnection) -> int:
    try:
        while True:
            await socket.get_message()
    except ConnectionClosed as exc:
        assert exc.reason is not None  # noqa: PT017 - how it was closed is the answer
        return int(exc.reason.code)


async def test_volleys_of_both_sides(edge: RunningEdge) -> None:
    """Hello, so many pings with fresh nonces, each with the page's last, then done and 1000."""
    nonces = []
    async with channel(edge, f"?ref={REF}&volleys=3") as socket:
        assert await frame(socket) == {"t": "hello", "v": 1, "volleys": 3}
        for number in range(3):
            ping = await frame(socket)
            assert ping.get("m") == (f"page-{number - 1}" if number else None)
            nonces.append(ping["n"])
            await socket.send_message(pong(ping, f"page-{number}"))
        done = await frame(socket)
        assert set(done) == {"t", "receipt"}
        assert (done["t"], done["receipt"][:9]) == ("done", "v4.local.")
        assert await close_code(socket) == 1000
    assert len(set(nonces)) == 3
    assert all(len(nonce) >= 16 for nonce in nonces)


async def test_default_is_24_volleys(edge: RunningEdge) -> None:
    """A page that asks for nothing is offered 24."""
    async with channel(edge) as socket:
        assert (await frame(socket))["volleys"] == 24


@pytest.mark.parametrize("ref", [REF, None])
async def test_receipt_becomes_an_observation(
    start_edge: StartEdge, service: FakeService, ref: str | None
) -> None:
    """What one edge measured reaches the service through another of the same deployment."""
    near = await start_edge(EDGE_ID="near", EDGE_LOCATION="50.11,8.68")
    far = await start_edge(EDGE_ID="far")
    query = f"?ref={ref}&volleys=5" if ref else "?volleys=5"
    receipts = [await volleys(near, query), await volleys(far, query)]
    await far.ask(post(report(sessionRef=ref, receipts=receipts)))
    observed = service.envelopes[0]["observed"]
    first, second = observed["latency"]
    assert (first["edge"], first["lat"], first["lon"]) == ("near", 50.11, 8.68)
    assert (first["sourceIp"], first["at"]) == ("127.0.0.1", NOW_MS)
    assert len(first["rttUs"]) == 5
    assert all(0 < rtt_us < 3_000_000 for rtt_us in first["rttUs"])
    assert first["tcp"]["minRttUs"] > 0
    assert second["edge"] == "far"
    assert "latency" not in observed["missing"]


@pytest.mark.parametrize(
    ("license_token", "ref", "age_ms", "reason"),
    [
        ("octet_live_v4.public.another", REF, 0, "foreign-receipt"),
        (None, "sess_another0", 0, "foreign-receipt"),
        (None, None, 0, "foreign-receipt"),
        (None, REF, 120_000, "expired-receipt"),
        (None, REF, 119_999, None),
    ],
)
async def test_receipt_that_does_not_count(
    start_edge: StartEdge,
    service: FakeService,
    license_token: str | None,
    ref: str | None,
    age_ms: int,
    reason: str | None,
) -> None:
    """Another deployment's, another reference's or an old receipt is left out, with the reason."""
    of = {"LICENSE": license_token} if license_token else {}
    receipt = await volleys(await start_edge(**of), f"?ref={REF}&volleys=1")
    edge = await start_edge(now_ms=lambda: NOW_MS + age_ms)
    await edge.ask(post(report(sessionRef=ref, receipts=[receipt])))
    observed = service.envelopes[0]["observed"]
    assert observed["missing"].get("latency") == reason
    assert len(observed["latency"]) == (0 if reason else 1)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("no json", 1008),
        ("", 1008),
        ('{"t":"pong","n":"guessed","m":"m"}', 1008),
        (b"binary", 1003),
        (b"", 1003),
    ],
)
async def test_wrong_frame_closes(edge: RunningEdge, answer: str | bytes, code: int) -> None:
    """What is no pong to the ping that waits ends the channel, without a receipt."""
    async with channel(edge) as socket:
        await frame(socket)
        await frame(socket)
        await socket.send_message(answer)
        assert await close_code(socket) == code


async def test_early_pong_closes(edge: RunningEdge) -> None:
    """A second pong to the same ping is not taken for one to the next."""
    async with channel(edge) as socket:
        await frame(socket)
        ping = await frame(socket)
        await socket.send_message(pong(ping))
        await socket.send_message(pong(ping))
        assert await close_code(socket) == 1008


async def test_oversized_frame_closes(edge: RunningEdge) -> None:
    """A message of more than 4 KiB is not gathered."""
    async with channel(edge) as socket:
        await frame(socket)
        await socket.send_message("x" * 4097)
        assert await close_code(socket) == 1009


async def test_budget_ends_with_what_was_measured(edge: RunningEdge) -> None:
    """When the budget is spent the page gets a receipt over the volleys that there were."""
    async with channel(edge, "?volleys=64&budgetMs=100") as socket:
        await frame(socket)
        await socket.send_message(pong(await frame(socket)))
        await frame(socket)  # and this one is never answered
        assert (await frame(socket))["t"] == "done"
        assert await close_code(socket) == 1000


@pytest.mark.parametrize(
    ("allowed", "origin", "status"),
    [
        ("*", None, 101),
        ("*", "https://any.com", 101),
        ("https://yourapp.com", "https://yourapp.com", 101),
        ("https://yourapp.com", "https://evil.com", 403),
        ("https://yourapp.com", None, 403),
    ],
)
async def test_channel_is_bound_to_origins(
    start_edge: StartEdge, allowed: str, origin: str | None, status: int
) -> None:
    """A foreign page opens no channel, and one without an origin only where any may."""
    edge = await start_edge(ALLOWED_ORIGIN=allowed)
    response = await edge.ask(upgrade("/v1/ws", *([f"Origin: {origin}"] if origin else [])))
    assert response.status == status
    if status == 403:
        assert response.json["code"] == "origin_not_allowed"
        assert response.headers["x-request-id"] == response.json["requestId"]


async def test_trailing_byte_harms_nobody_else(edge: RunningEdge) -> None:
    """An upgrade with a byte too many costs its own connection; a channel beside it plays on."""
    async with channel(edge, "?volleys=2") as socket:
        await frame(socket)
        await socket.send_message(pong(await frame(socket)))
        for _ in range(3):
            page = await edge.open()
            async with page.stream:
                await page.send(upgrade("/v1/ws") + b"x")
                await page.stream.send_eof()
                assert (await page.reader.rest()).startswith(b"HTTP/1.1 101")
        await socket.send_message(pong(await frame(socket)))
        assert (await frame(socket))["t"] == "done"
    assert (await edge.ask(post(report()))).status == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ChannelRequest(None, 24, 1.5)),
        ({"ref": REF, "volleys": "1", "budgetMs": "100"}, ChannelRequest(REF, 1, 0.1)),
        ({"volleys": "64", "budgetMs": "5000"}, ChannelRequest(None, 64, 5.0)),
        ({"volleys": "0"}, None),
        ({"volleys": "65"}, None),
        ({"volleys": "-1"}, None),
        ({"volleys": "1.0"}, None),
        ({"volleys": ""}, None),
        ({"volleys": "٣"}, None),
        ({"volleys": "9" * 5000}, None),
        ({"volleys": "00000000124"}, None),
        ({"budgetMs": "5001"}, None),
        ({"ref": "short"}, None),
        ({"ref": "with blank"}, None),
        ({"ref": "x" * 129}, None),
    ],
)
def test_query(query: dict[str, str], expected: ChannelRequest | None) -> None:
    """The query is read strictly; what is out of bounds is malformed."""
    if expected is not None:
        assert ChannelRequest.from_query(MultiDict(query)) == expected
        return
    with pytest.raises(ProblemError) as caught:
        ChannelRequest.from_query(MultiDict(query))
    assert caught.value.code == "malformed"


def test_reference_is_the_schemas() -> None:
    """What a reference looks like is said once, where reports are read too."""
    with pytest.raises(ProblemError) as caught:
        ChannelRequest.from_query({"ref": "short"})
    _, pattern = get_args(SessionRef)
    assert caught.value.detail == f"ref: must match {pattern.regex}"


# --- under a virtual clock -----------------------------------------------------------------------


class Socket:
    """A page that answers each ping after a pause, seconds; the last pause is for good."""

    def __init__(self, pauses_s: list[float]) -> None:
        self._pauses_s = pauses_s
        self._ping: dict[str, Any] = {}
        self.sent: list[dict[str, Any]] = []
        self.code: int | None = None

    async def send(self, text: str, *, more: bool = False) -> None:  # noqa: ARG002
        self._ping = json.loads(text)
        self.sent.append(self._ping)

    async def receive(self) -> str:
        await trio.sleep(self._pauses_s.pop(0))
        return pong(self._ping)

    async def close(self, code: int) -> None:
        self.code = code


@pytest.mark.parametrize(
    ("wanted", "budget_s", "pauses_s", "measured_s", "code", "took_s"),
    [
        (2, 1.5, [0.1, 0.2], [0.1, 0.2], 1000, 0.3),
        (9, 1.0, [0.4, 0.4, 0.4], [0.4, 0.4], 1000, 1.0),
        (9, 0.1, [2.5], [2.5], 1000, 2.5),
        (9, 5.0, [0.5, 3.5], None, 1008, 0.5 + PONG_S),
        (9, 0.1, [3.5], None, 1008, PONG_S),
        (9, 5.0, [2.9, 2.9], [2.9], 1000, 5.0),
    ],
)
async def test_bounds_of_time(
    autojump_clock: trio.testing.MockClock,
    wanted: int,
    budget_s: float,
    pauses_s: list[float],
    measured_s: list[float] | None,
    code: int,
    took_s: float,
) -> None:
    """Enough volleys or the budget end with done; a late pong, or none at all, ends with 1008."""
    socket = Socket(pauses_s)
    sealed: list[tuple[int, ...]] = []

    def seal(rtt_us: tuple[int, ...]) -> str:
        sealed.append(rtt_us)
        return "v4.local.AA"

    began_s = trio.current_time()
    await play(socket, ChannelRequest(None, wanted, budget_s), seal)
    assert trio.current_time() - began_s == pytest.approx(took_s)
    assert socket.code == code
    if measured_s is None:
        assert not sealed
    else:
        assert sealed == [tuple(pytest.approx(round(s * 1e6), abs=2) for s in measured_s)]
        assert socket.sent[-1] == {"t": "done", "receipt": "v4.local.AA"}


async def test_channel_has_a_life_span(autojump_clock: trio.testing.MockClock) -> None:
    """A channel whose peer takes nothing is closed after its life span."""

    class Stuck(Socket):
        async def send(self, text: str, *, more: bool = False) -> None:  # noqa: ARG002
            await trio.sleep_forever()

    socket = Stuck([])
    began_s = trio.current_time()
    await play(socket, ChannelRequest(None, 1, 1.0), lambda _: "")
    assert trio.current_time() - began_s == pytest.approx(CHANNEL_LIFE_S)
    assert socket.code == 1008
