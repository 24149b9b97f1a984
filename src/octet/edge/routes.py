"""The edge's routes: a request in, a reply out, whichever protocol carries them.

Each handler is thin: it checks shape and size, observes, and hands on.
"""

import logging
from typing import Final

import trio
from attrs import evolve

from octet import __version__
from octet.edge.assets import REVALIDATE, YEAR, Asset, load_assets
from octet.edge.channel import ChannelRequest
from octet.edge.cors import PREFLIGHT, Cors
from octet.edge.exchange import Reply, Request, json_reply, problem_reply
from octet.edge.outcome import TIMED_OUT, Failed, Outcome
from octet.edge.relay import Forward
from octet.edge.workings import Workings
from octet.schema import (
    Accepted,
    Refused,
    ReportHead,
    SchemaError,
    decode,
    problem,
)
from octet.serving import ProblemError
from octet.serving.failure import describe

logger = logging.getLogger(__name__)

SIGNALS: Final = "/v1/signals"
CHANNEL: Final = "/v1/ws"
READERS: Final = ("GET", "HEAD")


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

    def takes_body(self, request: Request) -> bool:
        """Return whether the request's body matters; any other is not read."""
        return request.method == "POST" and self._path(request) == SIGNALS

    def is_channel(self, request: Request) -> bool:
        """Return whether a WebSocket upgrade belongs here."""
        return request.method == "GET" and self._path(request) == CHANNEL

    async def answer(self, request: Request, body: bytes = b"") -> Reply:
        """Answer any request but a WebSocket's upgrade; raises nothing.

        Cancellation: a report that was taken is delivered all the same.
        """
        try:
            reply = await self._answer(request, body)
        except ProblemError as error:
            reply = self._problem(request, error)
        except Exception as exc:  # noqa: BLE001 - the boundary: this request alone fails
            logger.error("request %s failed: %s", request.id, describe(exc))
            reply = self._problem(request, ProblemError("internal"))
        return self._mark(request, reply)

    def refuse(self, request: Request, error: ProblemError) -> Reply:
        """Return the reply to a request that went no further."""
        return self._mark(request, self._problem(request, error))

    def channel(self, request: Request) -> ChannelRequest:
        """Return what the WebSocket upgrade *request* asks for.

        Raises:
            ProblemError: there is no channel here, its origin may not, or its query is malformed.
        """
        if self._path(request) == SIGNALS:
            self._allow(request, "POST")
        if not self.is_channel(request):
            raise ProblemError("not_found")
        self._cors.check_socket(request.header("origin"))
        return ChannelRequest.from_query(request.arguments)

    # --- one a route ---------------------------------------------------------------------------

    async def _answer(self, request: Request, body: bytes) -> Reply:
        if request.method == "OPTIONS":
            return Reply(204, headers=PREFLIGHT)
        path = self._path(request)
        match path:
            case _ if path == SIGNALS:
                self._allow(request, "POST")
                return await self._signals(request, body)
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

    async def _signals(self, request: Request, body: bytes) -> Reply:
        self._cors.check(request.header("origin"))
        content_type, _, _ = (request.header("content-type") or "").partition(";")
        if content_type.strip().lower() != "application/json":
            raise ProblemError("unsupported_media_type")
        try:
            head = decode(ReportHead, body)
        except SchemaError as exc:
            raise ProblemError(exc.code, str(exc)) from exc
        began_s = trio.current_time()
        outcome = await self._submit(Forward(head.id, self._workings.envelope(request, head, body)))
        if self._workings.config.debug:
            self._log(request, outcome, trio.current_time() - began_s)
        return self._tell(request, outcome)

    async def _submit(self, forward: Forward) -> Outcome:
        with trio.move_on_after(self._workings.config.relay_timeout_ms / 1000):
            return await self._workings.relay.submit(forward)
        return TIMED_OUT

    def _tell(self, request: Request, outcome: Outcome) -> Reply:
        """Tell the page what became of its report."""
        match outcome:
            case Accepted(verdict=verdict):
                exposed = self._workings.config.expose_verdict and verdict is not None
                return json_reply({"ok": True, "verdict": verdict} if exposed else {"ok": True})
            case Refused(problem=refusal):
                return problem_reply(evolve(refusal, request_id=request.id))
            case Failed(code=code, detail=detail, retry_after_s=retry_after_s):
                wait = {"retry-after": str(retry_after_s)}
                return self._problem(request, ProblemError(code, detail, wait))

    def _log(self, request: Request, outcome: Outcome, took_s: float) -> None:
        source = self._workings.observer.source(request)
        name = type(outcome).__name__.lower()
        logger.info("report from %s: %s in %.1f ms", source, name, took_s * 1e3)

    # --- what every reply shares ---------------------------------------------------------------

    def _path(self, request: Request) -> str:
        """Return the path below the base path; empty when it is not below it."""
        if not request.path.startswith(self._base):
            return ""
        return request.path[len(self._base) :]

    def _allow(self, request: Request, *methods: str) -> None:
        if request.method not in methods:
            allowed = ", ".join((*methods, "OPTIONS"))
            raise ProblemError("method_not_allowed", headers={"allow": allowed})

    def _problem(self, request: Request, error: ProblemError) -> Reply:
        body = problem(error.code, error.detail, request_id=request.id)
        return problem_reply(body, error.headers)

    def _mark(self, request: Request, reply: Reply) -> Reply:
        origin = request.header("origin")
        return reply.marked({"x-request-id": request.id, **self._cors.headers(origin)})


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
        return Reply(304, b"", asset.content_type, headers)
    return Reply(200, asset.content, asset.content_type, headers)
