"""Whatever goes wrong in a route becomes a problem, and every answer names its request."""

import logging

from quart import Response, g, request, websocket
from quart_trio import QuartTrio
from werkzeug.datastructures import Headers
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
    RequestTimeout,
)

from octet.schema import PROBLEM_TYPE, encode, problem
from octet.service import logs
from octet.serving import ProblemError, request_id
from octet.serving.failure import describe
from octet.serving.trace_context import TRACEPARENT, TraceContext

logger = logging.getLogger(__name__)


def answer_problems(app: QuartTrio) -> None:
    """Give *app* request ids, and problems for whatever goes wrong in it; before its routes."""
    app.url_map.merge_slashes = False  # it redirects, to wherever the Host header says

    @app.before_request
    async def name_request() -> None:
        _name(request.headers)

    @app.before_websocket
    async def name_websocket() -> None:
        _name(websocket.headers)

    @app.after_request
    async def tell_request_id(response: Response) -> Response:
        response.headers["x-request-id"] = g.request_id
        return response

    @app.errorhandler(ProblemError)
    async def known(error: ProblemError) -> Response:
        return problem_response(error)

    @app.errorhandler(HTTPException)
    async def http(error: HTTPException) -> Response:
        return problem_response(_of_http(error))

    @app.errorhandler(Exception)
    async def unknown(error: Exception) -> Response:
        logger.error("a request failed: %s", describe(error))
        return problem_response(ProblemError("internal"))


def problem_response(error: ProblemError) -> Response:
    """Write *error* as the response to the current request, and its code into the log."""
    logger.info("refused: %s", error.code)  # and nothing that was sent
    g.code = error.code
    body = problem(error.code, error.detail, request_id=g.request_id)
    return Response(
        encode(body),
        status=body.status,
        content_type=PROBLEM_TYPE,
        headers={"cache-control": "no-store", "x-request-id": g.request_id, **error.headers},
    )


def _name(headers: Headers) -> None:
    """Give the current request its id, and its log lines that and the caller's trace."""
    g.request_id = request_id(headers.get("x-request-id"))
    trace = TraceContext.read(headers.getlist(TRACEPARENT))
    logs.begin_request(g.request_id, trace.trace_id if trace else None)


def _of_http(error: HTTPException) -> ProblemError:
    """Translate what the framework raises by itself."""
    match error:
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            return ProblemError("method_not_allowed", headers={"allow": allowed})
        case RequestEntityTooLarge():
            return ProblemError("too_large")
        case RequestTimeout():
            return ProblemError("malformed", "the body did not arrive in time")
        case HTTPException(code=404):
            return ProblemError("not_found")
        case _:
            return ProblemError("malformed")
