"""Whatever goes wrong in a route becomes a problem, and every answer names its request."""

import logging

from quart import Response, g, request, websocket
from quart_trio import QuartTrio
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
    RequestTimeout,
)

from octet.schema import PROBLEM_TYPE, encode, problem
from octet.serving import ProblemError, request_id
from octet.serving.failure import describe

logger = logging.getLogger(__name__)


def answer_problems(app: QuartTrio) -> None:
    """Give *app* request ids, and problems for whatever goes wrong in it; before its routes."""
    app.url_map.merge_slashes = False  # it redirects, to wherever the Host header says

    @app.before_request
    async def name_request() -> None:
        g.request_id = request_id(request.headers.get("x-request-id"))

    @app.before_websocket
    async def name_websocket() -> None:
        g.request_id = request_id(websocket.headers.get("x-request-id"))

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
        logger.error("request %s failed: %s", g.request_id, describe(error))
        return problem_response(ProblemError("internal"))


def problem_response(error: ProblemError) -> Response:
    """Write *error* as the response to the current request, and its code into the log."""
    logger.info("request %s: %s", g.request_id, error.code)  # and nothing that was sent
    g.code = error.code
    body = problem(error.code, error.detail, request_id=g.request_id)
    return Response(
        encode(body),
        status=body.status,
        content_type=PROBLEM_TYPE,
        headers={"cache-control": "no-store", **error.headers},
    )


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
