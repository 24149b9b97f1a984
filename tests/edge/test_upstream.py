"""The service as the edge reaches it: batches, answers and connections."""

import gzip
import re
import ssl

import pytest
import trio
from trio.testing import MockClock

from octet.edge.batch_names import BatchNames
from octet.edge.config import EdgeConfig
from octet.edge.kept_connections import IDLE_S
from octet.edge.link import MAX_REPLY_BYTES
from octet.edge.outcome import NONSENSE, TIMED_OUT, UNREACHABLE
from octet.edge.upstream import Upstream
from tests.edge.conftest import environment
from tests.edge.fakes import LICENSE, NOW_MS, Answer, FakeService, accepted, answer
from tests.edge.test_signature import RFC_SEED
from tests.edge.upstreams import BATCH, OK, RESULTS, opened, post, speaking
from tests.serving.wire import Message, Reader

# --- a batch ---------------------------------------------------------------------------------


async def test_batch(service: FakeService) -> None:
    """A batch is one request with the licence."""
    assert await post(service.url) == OK
    assert service.batches == [[{"id": "a"}, {"id": "b"}]]
    assert service.headers[0]["x-octet-license"] == LICENSE
    assert service.headers[0]["accept-encoding"] == "identity"
    assert re.fullmatch(r"[0-9a-f]{16}", service.headers[0]["x-request-id"])
    assert "signature" not in service.headers[0]


async def test_no_licence_in_development(service: FakeService) -> None:
    """Without a licence none is sent."""
    assert await post(service.url, OCTET_DEV="1", LICENSE="") == OK
    assert "x-octet-license" not in service.headers[0]


async def test_request_line_and_host() -> None:
    """The base URL's own path comes first, and Host is its authority."""
    asked: list[Message] = []

    async def talk(reader: Reader, stream: trio.SocketStream, _: int) -> None:
        while message := await reader.message():
            asked.append(message)
            await stream.send_all(RESULTS)

    async with speaking(talk) as url, opened(f"{url}/a%20b//c/") as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.reachable()
    assert [message.start for message in asked] == [
        "POST /a%20b//c/v1/signals HTTP/1.1",
        "GET /a%20b//c/health HTTP/1.1",
    ]
    assert {message.headers["host"] for message in asked} == {url.removeprefix("http://")}
    assert "x-octet-license" not in asked[1].headers


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://Octet.Example", "octet.example"),
        ("https://octet.example:443/x", "octet.example"),
        ("http://octet.example:443", "octet.example:443"),
        ("http://octet.example:80", "octet.example"),
        ("https://[2001:DB8::1]:8443", "[2001:db8::1]:8443"),
        ("http://[::1]", "[::1]"),
    ],
)
def test_authority(url: str, authority: str) -> None:
    """The authority is in lower case and names no default port."""
    config = EdgeConfig.from_environment(environment(url))
    upstream = Upstream(config, ssl.create_default_context(), lambda: NOW_MS)
    assert upstream._post(b"", BatchNames.of([])).headers["host"] == authority


@pytest.mark.parametrize("cut", [b"garbage\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n"])
async def test_broken_service(service: FakeService, cut: bytes) -> None:
    """What is no HTTP, or ends too early, was not reached."""
    service.answers(Answer(cut))
    assert await post(service.url) == [UNREACHABLE] * 2


async def test_no_service() -> None:
    """A refused connection is unreachable."""
    assert await post("http://127.0.0.1:1") == [UNREACHABLE] * 2


# --- wrong and hostile answers ---------------------------------------------------------------


@pytest.mark.parametrize("location", ["{url}/elsewhere", "https://[::no]/", "ftp://a.test"])
async def test_redirect_is_not_followed(service: FakeService, location: str) -> None:
    """The licence goes nowhere else, wherever that is."""
    service.answers(answer(307, location=location.format(url=service.url)))
    assert await post(service.url) == [NONSENSE] * 2
    assert not service.unexpected


async def test_cookies_are_not_kept(service: FakeService) -> None:
    """Nothing that one answer said comes back with the next request."""
    results = {"results": accepted([{"id": "a"}, {"id": "b"}])}
    service.answers(answer(200, results, set_cookie="a=b", server="é"))
    async with opened(service.url) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == OK
    assert "cookie" not in service.headers[1]


@pytest.mark.parametrize("content", [b"x" * 10_000_000, RESULTS.partition(b"\r\n\r\n")[2]])
async def test_compressed_answer(service: FakeService, content: bytes) -> None:
    """An encoding that was not asked for is not undone: a bomb stays as small as it came."""
    service.answers(answer(200, gzip.compress(content), content_encoding="gzip"))
    assert await post(service.url) == [NONSENSE] * 2


async def test_endless_answer(service: FakeService) -> None:
    """An answer past the bound is nonsense, and its connection is not used again."""
    service.answers(answer(200, b"x" * (MAX_REPLY_BYTES + 1)))
    async with opened(service.url) as upstream:
        assert await upstream.post(BATCH) == [NONSENSE] * 2
        assert upstream._connections.idle == 0
        assert await upstream.post(BATCH) == OK


async def test_slow_service(service: FakeService) -> None:
    """A batch has one deadline in all; past it nothing of it is left open."""
    service.holds()
    async with opened(service.url, EDGE_RELAY_TIMEOUT_MS="20") as upstream:
        assert await upstream.post(BATCH) == [TIMED_OUT] * 2
        assert upstream._connections.idle == 0


async def test_dribble(mock_clock: MockClock) -> None:
    """An answer that comes byte by byte ends at the deadline, however lively it is."""

    async def talk(reader: Reader, stream: trio.SocketStream, _: int) -> None:
        assert await reader.message()
        for byte in RESULTS:
            await stream.send_all(bytes([byte]))
            mock_clock.jump(0.2)
            await trio.testing.wait_all_tasks_blocked()
        assert await reader.message() is None

    async with speaking(talk) as url, opened(url) as upstream:
        assert await upstream.post(BATCH) == [TIMED_OUT] * 2
        assert trio.current_time() < 2 * 5.0


# --- kept connections ------------------------------------------------------------------------


@pytest.mark.parametrize("last", [b"", answer(408, connection="close").text])
async def test_stale_connection_costs_nothing(last: bytes) -> None:
    """A batch that meets a connection the service has just closed goes out once more, at once."""
    asked: list[tuple[int, Message]] = []

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        for reply in (RESULTS, last) if number == 0 else (RESULTS, RESULTS):
            if (message := await reader.message()) is None:
                return
            asked.append((number, message))
            await stream.send_all(reply)

    async with speaking(talk) as url, opened(url, EDGE_SIGNING_KEY=RFC_SEED) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == OK
        assert upstream._connections.idle == 1
        assert upstream.circuit.refusal() is None
    assert [number for number, _ in asked] == [0, 0, 1]
    assert len({message.body for _, message in asked}) == 1
    first, second, third = (message.headers for _, message in asked)
    assert second["x-request-id"] == third["x-request-id"] != first["x-request-id"]
    assert len({fields["signature-input"] for fields in (first, second, third)}) == 3


async def test_only_once_more() -> None:
    """A service that closes new connections too is unreachable, and is not asked a third time."""
    asked: list[int] = []

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        while await reader.message():
            asked.append(number)
            if len(asked) > 1:
                return
            await stream.send_all(RESULTS)

    async with speaking(talk) as url, opened(url) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == [UNREACHABLE] * 2
        assert asked == [0, 0, 1]


async def test_begun_answer_is_final() -> None:
    """A batch whose answer had begun is not sent again by the edge."""
    asked: list[int] = []

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        for reply in (RESULTS, b"HTTP/1.1 200"):
            assert await reader.message()
            asked.append(number)
            await stream.send_all(reply)

    async with speaking(talk) as url, opened(url) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == [UNREACHABLE] * 2
    assert asked == [0, 0]


async def test_connections_are_kept_and_given_up(mock_clock: MockClock) -> None:
    """Requests share a connection until it has been idle for too long."""
    numbers: list[int] = []

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        while await reader.message():
            numbers.append(number)
            await stream.send_all(RESULTS)

    async with speaking(talk) as url, opened(url) as upstream:
        for idle_s in (0, IDLE_S, IDLE_S + 0.1):
            mock_clock.jump(idle_s)
            assert await upstream.post(BATCH) == OK
        assert upstream._connections.idle == 1
    assert numbers == [0, 0, 1]


async def test_cancelled_post_leaves_nothing_open() -> None:
    """A post that is given up closes its connection, and the next one opens another."""
    closed = trio.Event()

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        assert await reader.message()
        if number == 0:
            nursery.cancel_scope.cancel()
            assert await reader.message() is None
            closed.set()
        else:
            await stream.send_all(RESULTS)

    async with speaking(talk) as url, opened(url) as upstream:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(upstream.post, BATCH)
        assert upstream._connections.idle == 0
        with trio.fail_after(5):
            await closed.wait()
        assert await upstream.post(BATCH) == OK
