"""One conversation with two edges: connections of our own, and hypercorn's protocols throughout.

Both must answer alike, tell the service alike, and keep or close the connection alike. Intended
differences, which no conversation here contains:

- Bytes behind a request with ``Connection: close``: ours ignores them, h11 takes them for an error
  and answers that.
- A peer that half-closes after its request gets its answer from ours; to hypercorn it is gone.
- Reason phrases, ``date``, the order of headers, and ``connection`` (the fate itself is compared).
- Wrong WebSocket frames: wsproto answers invalid UTF-8 with 1007, ours as the contract says.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import h11
import pytest
import trio
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from octet.edge.app import EdgeApp
from octet.edge.config import EdgeConfig
from octet.serving import ServerSettings, listen, serve
from octet.serving.server import hand_over
from tests.edge.conftest import environment
from tests.edge.fakes import NOW_MS, FakeService, report
from tests.serving.wire import get, post, upgrade

OWN_ORIGIN = "https://yourapp.com"
PROBE = get("/health", "x-request-id: probe-0001")
COMPARED = {
    "content-type",
    "content-length",
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-expose-headers",
    "cross-origin-resource-policy",
    "vary",
    "cache-control",
    "retry-after",
    "allow",
    "etag",
    "upgrade",
    "x-request-id",
}


@frozen
class Conversation:
    """What a peer sends on one connection."""

    requests: Sequence[bytes]
    cuts: Sequence[int] = ()
    """Where the bytes of all requests are cut into pieces."""

    @property
    def pieces(self) -> list[bytes]:
        """The bytes in pieces."""
        text = b"".join(self.requests)
        places = sorted({place % (len(text) + 1) for place in self.cuts} | {0, len(text)})
        return [text[a:b] for a, b in pairwise(places) if b > a]


# --- two edges -------------------------------------------------------------------------------


@asynccontextmanager
async def two_edges(**variables: str) -> AsyncIterator[tuple[FakeService, dict[str, int]]]:
    """Run both beside one service; yield their ports."""
    service = FakeService()
    ports: dict[str, int] = {}
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        await nursery.start(service.serve)
        async with trio.open_nursery() as edges:
            for name in ("own", "hypercorn"):
                settings_of = environment(service.url, EDGE_ID=name, **variables)
                app = EdgeApp(EdgeConfig.from_environment(settings_of), lambda: NOW_MS)
                listener = listen("127.0.0.1", 0)
                ports[name] = listener.getsockname()[1]
                run = partial(
                    serve,
                    app,
                    listener,
                    ServerSettings(),
                    shutdown=stop.wait,
                    connect=app.connect if name == "own" else hand_over,
                )
                await edges.start(_started(run))
                while app.workings.readiness.reasons():
                    await trio.lowlevel.checkpoint()
            yield service, ports
            stop.set()
        nursery.cancel_scope.cancel()
    service.check()


def _started(run: Any) -> Any:
    async def start(task_status: trio.TaskStatus[str]) -> None:
        await run(task_status=task_status)

    return start


async def talk(port: int, conversation: Conversation) -> tuple[list[Any], bool]:
    """Hold *conversation*; return the answers, and whether the connection was kept."""
    answers: list[Any] = []
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream, trio.open_nursery() as nursery:
        answered = trio.Event()
        nursery.start_soon(_say, stream, conversation.pieces, answered)
        rest = b""
        with trio.fail_after(10):
            for request in [*conversation.requests, PROBE]:
                if request is PROBE:
                    answered.set()
                read = await _answer(stream, request, rest)
                if read is None:
                    break
                answer, rest = read
                answers.append(answer)
        nursery.cancel_scope.cancel()
    asked = len(conversation.requests)
    return answers[:asked], len(answers) > asked


async def _say(stream: trio.SocketStream, pieces: Sequence[bytes], answered: trio.Event) -> None:
    """Send the pieces and, once all is answered, see whether the connection was kept."""
    try:
        for piece in pieces:
            await stream.send_all(piece)
            for _ in range(3):
                await trio.lowlevel.checkpoint()
        await answered.wait()
        await stream.send_all(PROBE)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass  # closed on us


async def _answer(
    stream: trio.SocketStream, request: bytes, rest: bytes
) -> tuple[dict[str, Any], bytes] | None:
    """Return the meaning of the answer to *request*, and what came after it."""
    client = h11.Connection(h11.CLIENT)
    head = request.startswith(b"HEAD ")
    client.send(h11.Request(method="HEAD" if head else "GET", target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    if rest:
        client.receive_data(rest)
    response: h11.Response | None = None
    body = b""
    while True:
        match event := client.next_event():
            case h11.NEED_DATA:
                try:
                    data = await stream.receive_some()
                except trio.BrokenResourceError:
                    return None
                if not data:
                    return None
                client.receive_data(data)
            case h11.Response():
                response = event
            case h11.Data(data=data):
                body += data
            case h11.EndOfMessage():
                assert response is not None
                return _meaning(response, body), client.trailing_data[0]


def _meaning(response: h11.Response, body: bytes) -> dict[str, Any]:
    """Return all of an answer that must be alike."""
    headers = {name.decode(): value.decode() for name, value in response.headers}
    meaning: Any = body
    if headers.get("content-type", "").endswith("json") and body:
        meaning = json.loads(body)
        given = meaning.pop("requestId", None)
        assert given in {None, headers["x-request-id"]}
    if not headers.get("x-request-id", "").startswith("probe"):
        headers.pop("content-length", None)  # ids are of two lengths
        headers["x-request-id"] = str("x-request-id" in headers)
    return {
        "status": response.status_code,
        "headers": {name: value for name, value in headers.items() if name in COMPARED},
        "body": meaning,
    }


async def compare(conversations: Sequence[Conversation], **variables: str) -> list[Any]:
    """Hold *conversations* with both edges; return what both answered."""
    agreed = []
    async with two_edges(ALLOWED_ORIGIN=OWN_ORIGIN, **variables) as (service, ports):
        for conversation in conversations:
            told = {}
            for name, port in ports.items():
                answers = await talk(port, conversation)
                told[name] = (answers, [_told(envelope) for envelope in service.envelopes])
                service.batches.clear()
            assert told["own"] == told["hypercorn"]
            agreed.append(told["own"])
    return agreed


def _told(envelope: dict[str, Any]) -> Any:
    observed = envelope["observed"]
    return envelope["id"], observed["http"], observed["sourceIp"], envelope["report"]


# --- by hypothesis -------------------------------------------------------------------------------

_LINES = st.lists(
    st.sampled_from(
        [
            f"Origin: {OWN_ORIGIN}",
            "origin: https://evil.com",
            "X-Request-Id: probe-of-mine",
            "x-request-id: no",
            "Connection: keep-alive",
            "COOKIE: a=b",
            "cookie:c",
            "Authorization: Basic x",
            "X-Odd:  a \t b\t",
            "X-Empty:",
            "x-odd: \xe9",
            "If-None-Match: *",
            'If-None-Match: "x", W/"y"',
            "Sec-Fetch-Mode: cors",
            "TE: trailers",
            "Accept: */*",
        ]
    ),
    max_size=5,
    unique_by=lambda line: line.split(":")[0].lower(),
)
_LAST = st.sampled_from([(), (), (), ("Connection: close",)])
_PATHS = st.sampled_from(
    [
        "/health",
        "/ready",
        "/octet-collector.js",
        "/octet-collector.mjs?v=1",
        "/octet-collector.js.sri?v",
        "/nowhere",
        "/",
        "//health",
        "/%68ealth",
        "/health?%zz",
        "/v1/signals",
        "/v1/signals/",
        "/v1/ws",
        "/v1/ws?volleys=1",
        "/V1/signals",
    ]
)
_METHODS = st.sampled_from(["GET", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "get", "QUERY"])


def _bodiless(method: str, path: str, lines: list[str], last: tuple[str, ...]) -> bytes:
    return get(path, *lines, *last, method=method).replace(b"\xc3\xa9", b"\xe9")


def _posted(body: Any, lines: list[str], last: tuple[str, ...], shape: str) -> bytes:
    text = post(body, *lines, *last).replace(b"\xc3\xa9", b"\xe9")
    head, _, content = text.partition(b"\r\n\r\n")
    match shape:
        case "chunked":
            head = head.rpartition(b"\r\n")[0] + b"\r\nTransfer-Encoding: chunked"
            chunk = b"%x;a=b\r\n%s\r\n" % (len(content), content) if content else b""
            content = chunk + b"0\r\n\r\n"
        case "expect":
            head += b"\r\nExpect: 100-continue"
        case "old":
            head = head.replace(b"HTTP/1.1", b"HTTP/1.0", 1)
        case "absolute":
            head = head.replace(b"/v1/", b"/v1%2f", 1)
        case "text":
            head = head.replace(b"application/json", b"text/plain", 1)
        case "charset":
            head = head.replace(b"application/json", b"Application/JSON ; charset=utf-8", 1)
    return head + b"\r\n\r\n" + content


_BODIES = st.sampled_from([report(), report(v=2), report(mode=None), b"", b"{", b"[]", b"\xff"])
_REPORTS = st.integers(0, 10**9).map(lambda number: report(id=f"r-{number}"))
_SHAPES = ["", "", "", "chunked", "expect", "absolute", "text", "charset"]


def _requests(last: st.SearchStrategy[tuple[str, ...]], *shapes: str) -> st.SearchStrategy[bytes]:
    bodiless = st.builds(_bodiless, _METHODS, _PATHS, _LINES, last)
    shape = st.sampled_from([*_SHAPES, *shapes])
    return bodiless | st.builds(_posted, _REPORTS | _BODIES, _LINES, last, shape)


_CONVERSATIONS = st.builds(
    lambda first, last, cuts: Conversation([*first, last], cuts),
    st.lists(_requests(st.just(())), max_size=4),
    _requests(_LAST, "old"),
    st.lists(st.integers(0, 5000), max_size=10),
)


@settings(max_examples=30)
@given(st.lists(_CONVERSATIONS, min_size=1, max_size=6))
def test_conversations_go_alike(conversations: list[Conversation]) -> None:
    """Pipelined requests, plain and odd, cut anywhere, mean the same to both edges."""
    trio.run(compare, conversations)


# --- by table --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requests", "statuses", "kept"),
    [
        ([post(report()), get("/health"), post(report(id="b"))], [200, 200, 200], True),
        ([get("/health"), get("/health", "Connection: close")], [200, 200], False),
        ([get("/health", method="HEAD")] * 3, [200] * 3, True),
        ([get("/v1/signals", method="OPTIONS"), post(report())], [204, 200], True),
        ([get("/octet-collector.js", "If-None-Match: *")] * 2, [304, 304], True),
        ([get("/%68ealth"), get("/health"), get("/%68ealth")], [200] * 3, True),
        ([get("/health"), b"garbage\r\n\r\n"], [200, 400], False),
        ([get("/health"), b"\r\n" + get("/health")], [200, 400], False),
        ([get("/health"), get("/health").replace(b"\r\n", b"\n")], [200, 200], True),
        ([get("/health").replace(b"\r\n\r\n", b"\n\r\n")], [200], True),
        ([b"\x16\x03\x01\x02\x00\x01"], [400], False),
        ([get("/health").replace(b"Host: edge.test\r\n", b"")], [400], False),
        ([post(report(), "Content-Length: 7")], [400], False),
        ([post(report()).replace(b"Length: ", b"Length: +")], [400], False),
        ([post(report()).replace(b"Length: ", b"Length: 0")], [200], True),
        ([post(report(), "Transfer-Encoding: gzip, chunked")], [400], False),
        ([upgrade("/v1/ws?volleys=0", f"Origin: {OWN_ORIGIN}")], [400], False),
        ([upgrade("/v1/ws")], [403], False),
        ([upgrade("/nowhere")], [404], False),
        ([upgrade("/v1/ws").replace(b": 13", b": 8")], [400], False),
        ([get("/health", "X: " + "a" * 20_000)], [200], True),
        ([post(b"x" * 70_000)], [413], False),
        ([post(b"x" * 70_000, path="/nowhere")], [404], False),
        ([post(report(), path="/health")], [405], False),
        ([post(report(), path="/v1/%77s")], [405], False),
        ([post(report(), "Origin: https://evil.com")], [403], False),
        ([post(report()).replace(b"/json", b"/xml")], [415], False),
        ([post(b"", path="/nowhere"), get("/health")], [404, 200], True),
    ],
    ids=range(28),
)
@pytest.mark.parametrize("cuts", [(), (1,), range(0, 100_000, 7)], ids=["whole", "one", "many"])
async def test_conversation_goes_alike(
    requests: list[bytes], statuses: list[int], kept: bool, cuts: Sequence[int]
) -> None:
    """What is sent in one piece or in many is answered alike by both edges."""
    total = sum(map(len, requests))
    few = [cut for cut in cuts if cut < min(total, 2000)]
    ((((answers), was_kept), _),) = await compare([Conversation(requests, few)])
    assert [answer["status"] for answer in answers] == statuses
    assert was_kept is kept
