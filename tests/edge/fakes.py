"""The edge's neighbour upstream: a little service that records, and answers by a script."""

import json
from collections import deque
from collections.abc import Callable
from typing import Any

import trio
from attrs import define, field, frozen

from tests.serving.wire import Message, Reader

Envelope = dict[str, Any]
LICENSE = "octet_test_v4.public.c2VjcmV0LW9mLXRoZS1saWNlbmNl"
NOW_MS = 1_790_000_000_000
REF = "sess_3tQm0Zs7iJ4cT1yVbKx9uA"


def report(**members: Any) -> dict[str, Any]:
    """Return a small report; a member given as None is left out."""
    whole = {
        "v": 1,
        "id": "report-1",
        "mode": "full",
        "collector": "0.1.0",
        "signals": {},
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


# --- the service -----------------------------------------------------------------------------


@frozen
class Answer:
    """What the service does with one batch."""

    text: bytes
    """The whole response."""
    when: trio.Event | None = None
    """Set when it may be sent."""


def answer(
    status: int, body: Any = b"", *, when: trio.Event | None = None, **fields: str
) -> Answer:
    """Make a well-formed answer; *body* is bytes or becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(content)}"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return Answer("\r\n".join([*head, "", ""]).encode() + content, when)


def accepted(envelopes: list[Envelope]) -> list[dict[str, Any]]:
    """Return the results of a batch that is all right."""
    return [{"id": envelope["id"], "ok": True} for envelope in envelopes]


def refusal(report_id: str, code: str, status: int, detail: str = "no") -> dict[str, Any]:
    """Return the result of a report that is not taken."""
    problem = {"type": f"urn:octet:problem:{code}", "title": "No", "status": status}
    more = {"detail": detail, "code": code, "requestId": "req-service"}
    return {"id": report_id, "ok": False, "problem": problem | more}


Script = Callable[[list[Envelope]], Answer]


def _always(given: Answer) -> Script:
    return lambda _: given


@define(eq=False)
class FakeService:
    """Answers ``POST /v1/signals`` by its script, then with ok; complains about all else."""

    url: str = ""
    batches: list[list[Envelope]] = field(factory=list)
    bodies: list[bytes] = field(factory=list)
    headers: list[dict[str, str]] = field(factory=list)
    unexpected: list[bytes] = field(factory=list)
    healthy: bool = True
    _script: deque[Script] = field(factory=deque)
    _arrived: trio.Event = field(factory=trio.Event)

    @property
    def envelopes(self) -> list[Envelope]:
        """All that came, in order."""
        return [envelope for batch in self.batches for envelope in batch]

    def answers(self, *answers: Answer | Script) -> None:
        """Answer the next batches so."""
        for each in answers:
            self._script.append(_always(each) if isinstance(each, Answer) else each)

    def holds(self, script: Script | None = None) -> trio.Event:
        """Hold the answer to the next batch until the event is set."""
        gate = trio.Event()

        def later(envelopes: list[Envelope]) -> Answer:
            made = script(envelopes) if script else answer(200, {"results": accepted(envelopes)})
            return Answer(made.text, gate)

        self._script.append(later)
        return gate

    async def until(self, batches: int) -> None:
        """Wait until so many batches have come."""
        while len(self.batches) < batches:
            await self._arrived.wait()

    async def serve(self, task_status: trio.TaskStatus[None]) -> None:
        """Serve on a free port of loopback."""
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        task_status.started()
        await trio.serve_listeners(self._talk, [listener])

    def check(self) -> None:
        """Complain about what nobody expected and about answers that nobody fetched."""
        assert not self.unexpected
        assert not self._script

    async def _talk(self, stream: trio.SocketStream) -> None:
        reader = Reader(stream)
        async with stream:
            try:
                while message := await reader.message():
                    reply = self._reply(message)
                    if reply.when is not None:
                        await reply.when.wait()
                    await stream.send_all(reply.text)
                    if (
                        not reply.text.startswith(b"HTTP/1.1 ")
                        or b"content-length" not in reply.text
                    ):
                        return  # cut short on purpose
            except trio.BrokenResourceError:
                return

    def _reply(self, message: Message) -> Answer:
        match message.start.split()[:2]:
            case ["GET", "/health"]:
                return answer(200 if self.healthy else 503)
            case ["POST", "/v1/signals"] if message.headers["content-type"] == "application/json":
                return self._take(message)
        self.unexpected.append(message.body)
        return answer(404)

    def _take(self, message: Message) -> Answer:
        envelopes = json.loads(message.body)["envelopes"]
        self.batches.append(envelopes)
        self.bodies.append(message.body)
        self.headers.append(message.headers)
        self._arrived.set()
        self._arrived = trio.Event()
        if self._script:
            return self._script.popleft()(envelopes)
        return answer(200, {"results": accepted(envelopes)})
