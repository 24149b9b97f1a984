"""Every error body is a problem (RFC 9457), and every answer names its request.

A request that arrives with a usable ``x-request-id`` keeps it, so that one id follows a report
from the edge to the service; any other request gets a new one.
"""

import logging
import re
import secrets
from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen
from quart import Response, g, request, websocket
from quart_trio import QuartTrio
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
    RequestTimeout,
)

from octet.schema import PROBLEM_TYPE, Problem, encode, problem
from octet.serving.failure import describe

logger = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@frozen
class ProblemError(Exception):
    """Answer this request with a problem."""

    code: str
    """One of `octet.schema.CODES`."""
    detail: str = ""
    headers: Mapping[str, str] = field(factory=dict)


def answer_problems(app: QuartTrio) -> None:
    """Give *app* request ids, and problems for whatever goes wrong in it; before its routes."""
    app.url_map.merge_slashes = False  # it redirects, to wherever the Host header says

    @app.before_request
    async def name_request() -> None:
        _name(request.headers.get("x-request-id", ""))

    @app.before_websocket
    async def name_websocket() -> None:
        _name(websocket.headers.get("x-request-id", ""))

    @app.after_request
    async def tell_request_id(response: Response) -> Response:
        response.headers["x-request-id"] = g.request_id
        return response

    @app.after_websocket
    async def tell_websocket_request_id(response: Any) -> Any:
        if response is not None:  # a WebSocket that was opened has no response of its own
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


def _name(given: str) -> None:
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def problem_response(error: ProblemError) -> Response:
    """Write *error* as the response to the current request."""
    response = pass_on(problem(error.code, error.detail, request_id=g.request_id))
    response.headers.update(error.headers)
    return response


def pass_on(body: Problem) -> Response:
    """Write a problem, though its code be another party's, as the response to this request."""
    return Response(
        encode(evolve(body, request_id=g.request_id)),
        status=body.status,
        content_type=PROBLEM_TYPE,
        headers={"cache-control": "no-store"},
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
