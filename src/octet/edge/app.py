"""The edge's routes. Each handler is thin: it checks shape and size, observes, and hands on."""

import logging

import trio
from quart import Blueprint, Response, request, websocket
from quart_trio import QuartTrio

from octet import __version__
from octet.edge.assets import REVALIDATE, YEAR, load_assets
from octet.edge.channel import ChannelRequest, play
from octet.edge.clock import EpochMs
from octet.edge.config import EdgeConfig
from octet.edge.cors import Cors
from octet.edge.outcome import TIMED_OUT, Failed, Outcome
from octet.edge.relay import Forward
from octet.edge.workings import DRAIN_S, Workings
from octet.schema import (
    MAX_REPORT_BYTES,
    Accepted,
    Refused,
    ReportHead,
    SchemaError,
    decode,
)
from octet.schema.json_text import dumps
from octet.serving import ProblemError, answer_problems, pass_on

logger = logging.getLogger(__name__)

BODY_S = 5
"""Seconds in which a report's body must have arrived."""


def create_app(config: EdgeConfig, now_ms: EpochMs) -> QuartTrio:
    """Make the edge that *config* describes, as an ASGI application.

    Raises:
        ConfigError: the collector's files are not there.
    """
    app = QuartTrio("octet.edge", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REPORT_BYTES
    app.config["BODY_TIMEOUT"] = BODY_S
    app.config["BACKGROUND_TASK_SHUTDOWN_TIMEOUT"] = DRAIN_S + 1
    workings = Workings(config, now_ms)
    _work_while_serving(app, workings)
    answer_problems(app)
    _answer_origins(app, Cors(config.allowed_origins))
    prefix = config.base_path or None
    app.register_blueprint(_signal_routes(workings), url_prefix=prefix)
    app.register_blueprint(_health_routes(workings), url_prefix=prefix)
    app.register_blueprint(_asset_routes(), url_prefix=prefix)
    return app


def _work_while_serving(app: QuartTrio, workings: Workings) -> None:
    @app.before_serving
    async def start() -> None:
        await app.nursery.start(workings.run)

    app.after_serving(workings.stop)


def _answer_origins(app: QuartTrio, cors: Cors) -> None:
    @app.before_request
    async def check_origin() -> Response | None:
        if request.method == "OPTIONS":
            return cors.preflight()
        if request.method == "POST":
            cors.check(request.headers.get("origin"))
        return None

    @app.before_websocket
    async def check_socket_origin() -> None:
        cors.check_socket(websocket.headers.get("origin"))

    @app.after_request
    async def mark_origin(response: Response) -> Response:
        cors.mark(response, request.headers.get("origin"))
        return response


# --- reports and latency channels ----------------------------------------------------------------


def _signal_routes(workings: Workings) -> Blueprint:
    routes = Blueprint("signals", __name__)

    @routes.post("/v1/signals")
    async def post_signals() -> Response:
        if request.mimetype != "application/json":
            raise ProblemError("unsupported_media_type")
        began_s = trio.current_time()
        # not `await request.body`, which does not mind BODY_S
        body = await request.get_data(cache=True, as_text=False, parse_form_data=False)
        forward = _forward(workings, body)
        outcome: Outcome = TIMED_OUT
        with trio.move_on_after(workings.config.relay_timeout_ms / 1000):
            outcome = await workings.relay.submit(forward)
        if workings.config.debug:
            logger.info(
                "report from %s: %s in %.1f ms",
                workings.observer.address(request.scope),
                type(outcome).__name__.lower(),
                (trio.current_time() - began_s) * 1e3,
            )
        return _answer(outcome, expose_verdict=workings.config.expose_verdict)

    @routes.get("/v1/ws")
    async def plain_request() -> Response:
        raise ProblemError("upgrade_required", headers={"upgrade": "websocket"})

    @routes.websocket("/v1/ws")
    async def open_channel() -> None:
        asked = ChannelRequest.from_query(websocket.args)
        scope = websocket.scope
        await play(websocket, asked, lambda rtt_us: workings.seal(scope, asked.session_ref, rtt_us))

    return routes


def _forward(workings: Workings, body: bytes) -> Forward:
    """Validate a report's head and its JSON, and put it into an envelope as it came."""
    try:
        head = decode(ReportHead, body)
    except SchemaError as exc:
        raise ProblemError(exc.code, str(exc)) from exc
    return Forward(head.id, workings.envelope(request.scope, head, body))


def _answer(outcome: Outcome, *, expose_verdict: bool) -> Response:
    """Tell the page what became of its report."""
    match outcome:
        case Accepted(verdict=verdict):
            shown = {"verdict": verdict} if expose_verdict and verdict is not None else {}
            return _json({"ok": True, **shown})
        case Refused(problem=refusal):
            return pass_on(refusal)
        case Failed(code=code, detail=detail, retry_after_s=retry_after_s):
            raise ProblemError(code, detail, {"retry-after": str(retry_after_s)})


# --- health --------------------------------------------------------------------------------------


def _health_routes(workings: Workings) -> Blueprint:
    routes = Blueprint("health", __name__)

    @routes.get("/health")
    async def health() -> Response:
        return _json({"ok": True, "version": __version__})

    @routes.get("/ready")
    async def ready() -> Response:
        reasons = workings.readiness.reasons()
        return _json({"ok": not reasons, "reasons": reasons}, 503 if reasons else 200)

    return routes


# --- the collector's files -----------------------------------------------------------------------


def _asset_routes() -> Blueprint:
    routes = Blueprint("assets", __name__)
    assets = load_assets()

    @routes.get("/<name>")
    async def asset(name: str) -> Response:
        file = assets.get(name)
        if file is None:
            raise ProblemError("not_found")
        known = request.if_none_match.contains(file.etag)
        response = Response(
            b"" if known else file.content,
            status=304 if known else 200,
            content_type=file.content_type,
            headers={
                "cache-control": YEAR if "v" in request.args else REVALIDATE,
                "cross-origin-resource-policy": "cross-origin",
            },
        )
        response.set_etag(file.etag)
        return response

    return routes


def _json(members: dict[str, object], status: int = 200) -> Response:
    return Response(
        dumps(members),
        status=status,
        content_type="application/json",
        headers={"cache-control": "no-store"},
    )
