"""The edge's routes: a request in, a reply out, whichever protocol carries them.

Each handler is thin: it checks shape and size, observes, and hands on.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

import trio
from attrs import evolve

from octet import __version__
from octet.edge.assets import REVALIDATE, YEAR, Asset, load_assets
from octet.edge.channel import ChannelRequest
from octet.edge.cors import PREFLIGHT, Cors
from octet.edge.exchange import Reply, Request, json_reply, problem_reply
from octet.edge.limits import Refusal
from octet.edge.outcome import Failed, Outcome
from octet.edge.relay import Forward
from octet.edge.workings import Workings
from octet.schema import (
    MAX_REPORT_BYTES,
    Accepted,
    Refused,
    SchemaError,
    problem,
    read_report_head,
)
from octet.serving import ProblemError
from octet.serving.failure import describe

logger = logging.getLogger(__name__)

SIGNALS: Final = "/v1/signals"
CHANNEL: Final = "/v1/ws"
JSON: Final = "application/json"
READERS: Final = ("GET", "HEAD")
_ROUTE_NAMES: Final = {SIGNALS: "signals", CHANNEL: "channel"}
"""In metrics."""


_TAKEN: Final = json_reply({"ok": True})

ReadBody = Callable[[], Awaitable[bytes]]


async def no_body() -> bytes:
    """Read a body where there is none."""
    return b""


class Routes:
    """What every connection of this edge answers by.

    Raises:
        ConfigError: the collector's files are not there.
    """

    def __init__(self, workings: Workings) -> None:
        self._workings = workings
        self._cors = Cors(workings.config.allowed_origins)
        self._assets = {f"/{name}": asset for name, asset in load_assets().items()}
        self._base = workings.config.base_path
        self._taken = _TAKEN.marked(self._cors.headers(None))
        self._taken_for: bytes | None = None
        """What was told for the last report that was taken, and its origin."""

    def is_channel(self, request: Request) -> bool:
        """Return whether a WebSocket upgrade belongs here."""
        return request.method == "GET" and self._path(request) == CHANNEL

    async def answer(self, request: Request, read_body: ReadBody = no_body) -> Reply:
        """Answer any request but a WebSocket's upgrade; raises nothing.

        Args:
            request: its head.
            read_body: called at most once, when the head gives no reason to refuse; may raise
                ProblemError.

        Cancellation: a report that was taken is delivered all the same.
        """
        answer = self._report if request.known.posts else self._answer
        try:
            if self._workings.config.trusted_proxies:
                with self._admitted(request):
                    reply = await answer(request, read_body)
            else:
                reply = await answer(request, read_body)
        except ProblemError as error:
            return self.refuse(request, error)
        except Exception as exc:  # noqa: BLE001 - the boundary: this request alone fails
            logger.error("request %s failed: %s", request.id, describe(exc))
            return self.refuse(request, ProblemError("internal"))
        return self._finish(request, reply)

    def refuse(self, request: Request, error: ProblemError) -> Reply:
        """Return the reply to a request that went no further."""
        body = problem(error.code, error.detail, request_id=request.id)
        return self._finish(request, problem_reply(body, error.headers))

    @contextmanager
    def channel(self, request: Request) -> Iterator[ChannelRequest]:
        """Hold a place for the latency channel that the WebSocket upgrade *request* asks for.

        Raises:
            ProblemError: there is no channel here, its origin may not, its query is malformed, or
                its address has too many.
        """
        if self._path(request) == SIGNALS:
            self._allow(request, "POST")
        if not self.is_channel(request):
            raise ProblemError("not_found")
        self._cors.check_socket(request.header("origin"))
        asked = ChannelRequest.from_query(request.arguments)
        source = self._workings.observer.source(request)
        place = self._workings.channels.admit(source.ip)
        if isinstance(place, Refusal):
            self._workings.metrics.connections_refused.count("too-many-channels")
            raise _limited(place)
        with place:
            self._count(request, "ok")
            yield asked

    # --- one a route ---------------------------------------------------------------------------

    async def _answer(self, request: Request, read_body: ReadBody) -> Reply:
        if request.method == "OPTIONS":
            return Reply(204, headers=PREFLIGHT)
        path = self._path(request)
        match path:
            case _ if path == SIGNALS:
                self._check_post(request)
                request.known.posts = True
                return await self._report(request, read_body)
            case _ if path == CHANNEL:
                self._allow(request, "GET")
                raise ProblemError("upgrade_required", headers={"upgrade": "websocket"})
            case "/health":
                self._allow(request, *READERS)
                return json_reply({"ok": True, "version": __version__})
            case "/ready":
                self._allow(request, *READERS)
                reasons = self._workings.readiness.reasons()
                return json_reply({"ok": not reasons, "reasons": reasons}, 503 if reasons else 200)
            case _ if path in self._assets:
                self._allow(request, *READERS)
                return _file(request, self._assets[path])
        raise ProblemError("not_found")

    def _check_post(self, request: Request) -> None:
        """Refuse what is no post of a report, or may not be, by all of the head but the length.

        Raises:
            ProblemError: it is none.
        """
        self._allow(request, "POST")
        self._cors.check(request.header("origin"))
        content_type = request.header("content-type") or ""
        if content_type != JSON and content_type.partition(";")[0].strip().lower() != JSON:
            raise ProblemError("unsupported_media_type")

    async def _report(self, request: Request, read_body: ReadBody) -> Reply:
        if request.content_length > MAX_REPORT_BYTES:
            raise ProblemError("too_large")
        body = await read_body()
        try:
            head = read_report_head(body)
        except SchemaError as exc:
            raise ProblemError(exc.code, str(exc)) from exc
        envelope = self._workings.envelope(request, head, body)
        forward = Forward(head.id, envelope, request.id, request.trace)
        if not self._workings.config.debug:
            return self._tell(request, await self._workings.relay.submit(forward))
        began_s = trio.current_time()
        outcome = await self._workings.relay.submit(forward)
        self._log(request, outcome, trio.current_time() - began_s)
        return self._tell(request, outcome)

    def _tell(self, request: Request, outcome: Outcome) -> Reply:
        """Tell the page what became of its report."""
        match outcome:
            case Accepted(verdict=verdict):
                exposed = self._workings.config.expose_verdict and verdict is not None
                return json_reply({"ok": True, "verdict": verdict}) if exposed else _TAKEN
            case Refused(problem=refusal):
                return problem_reply(evolve(refusal, request_id=request.id))
            case Failed(code=code, detail=detail, retry_after_s=retry_after_s):
                raise ProblemError(code, detail, {"retry-after": str(retry_after_s)})

    def _log(self, request: Request, outcome: Outcome, took_s: float) -> None:
        observer = self._workings.observer
        source = observer.source_ip(observer.facts(request))
        name = type(outcome).__name__.lower()
        logger.info("report from %s: %s in %.1f ms", source, name, took_s * 1e3)

    # --- what every request and reply shares ---------------------------------------------------

    def _admitted(self, request: Request) -> AbstractContextManager[object]:
        """Hold a place for *request* if a trusted proxy brings it; others' connections hold theirs.

        Raises:
            ProblemError: its address has too many.
        """
        source = self._workings.observer.behind_proxy(request)
        if source is None:
            return nullcontext()
        place = self._workings.connections.admit(source)
        if isinstance(place, Refusal):
            self._workings.metrics.connections_refused.count(place.reason)
            raise _limited(place)
        return place

    def _count(self, request: Request, code: str) -> None:
        path = SIGNALS if request.known.posts else self._path(request)
        self._workings.metrics.requests.count(_ROUTE_NAMES.get(path, "other"), code)

    def _path(self, request: Request) -> str:
        """Return the path below the base path; empty when it is not below it."""
        if not request.path.startswith(self._base):
            return ""
        return request.path[len(self._base) :]

    def _allow(self, request: Request, *methods: str) -> None:
        if request.method not in methods:
            allowed = ", ".join((*methods, "OPTIONS"))
            raise ProblemError("method_not_allowed", headers={"allow": allowed})

    def _finish(self, request: Request, reply: Reply) -> Reply:
        """Count *reply* and give it what every reply carries."""
        self._count(request, reply.code)
        origin = request.fields.get(b"origin")
        if reply is _TAKEN and origin == self._taken_for:  # mostly one origin's pages post
            return self._taken
        marked = reply.marked(self._cors.headers(request.header("origin")))
        if reply is _TAKEN:
            self._taken_for, self._taken = origin, marked
        return marked


def _limited(refusal: Refusal) -> ProblemError:
    return ProblemError("rate_limited", headers={"retry-after": str(refusal.retry_after_s)})


def _file(request: Request, asset: Asset) -> Reply:
    """Return a collector's file, or that the browser has it."""
    etag = f'"{asset.etag}"'
    headers = {
        "etag": etag,
        "cache-control": YEAR if "v" in request.arguments else REVALIDATE,
        "cross-origin-resource-policy": "cross-origin",
    }
    known = (request.header("if-none-match") or "").split(",")
    if any(tag.strip().removeprefix("W/") in {etag, "*"} for tag in known):
        return Reply(304, b"", asset.content_type, headers=headers)
    return Reply(200, asset.content, asset.content_type, headers=headers)
