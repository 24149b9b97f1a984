"""What the edge's answers to a page's requests say of the way to it."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import httpx

from octet import __version__
from octet.edge.check.finding import Finding, fail, ok, warn
from octet.edge.outcome import problem_code
from octet.schema import SchemaError
from octet.schema.json_text import loads

HEALTH: Final = "health"
READY: Final = "ready"
COLLECTOR: Final = "collector"
ORIGIN: Final = "origin"
WEBSOCKET: Final = "websocket"
POST: Final = "post"

MAX_TOLD_CHARS: Final = 80
_ALLOW_ORIGIN: Final = "access-control-allow-origin"
_BASE: Final = (
    "the URL must be the one that pages give to the collector as apiUrl; where the ingress strips"
    " nothing of its path, EDGE_BASE_PATH must be that path"
)
_INSIDE: Final = "run octet-edge check where the edge runs, with its settings"


def judge_health(reply: httpx.Response) -> Finding:
    """Say whether an edge answers."""
    match reply.status_code, _members(reply):
        case 200, {"ok": True, "version": str(version)} if version == __version__:
            return ok(HEALTH, f"an edge of version {version} answers")
        case 200, {"ok": True, "version": str(version)}:
            text = f"an edge of version {_plain(version)} answers; this is {__version__}"
            return warn(HEALTH, text, "check with the edge's own version")
        case status, _ if 300 <= status < 400:  # noqa: PLR2004 - the class of redirections
            return fail(HEALTH, f"the URL redirects (status {status})", "give the URL it leads to")
        case status, _:
            return fail(HEALTH, f"no edge answers at this URL: {_told(reply)}", _BASE)


def judge_ready(reply: httpx.Response) -> Finding:
    """Say whether the edge can do its work."""
    match reply.status_code, _members(reply):
        case 200, {"ok": True}:
            return ok(READY, "the edge reaches the service")
        case 503, {"reasons": list(reasons)}:
            told = "; ".join(_plain(str(reason)) for reason in reasons[:4])
            return fail(READY, f"the edge is not ready: {told}", _INSIDE)
        case _:
            return fail(READY, _told(reply), "let GET /ready pass to the edge")


def judge_collector(script: httpx.Response, integrity: httpx.Response) -> Finding:
    """Say whether pages get the script that the edge serves.

    Args:
        script: the answer to ``/octet-collector.js``.
        integrity: the answer to ``/octet-collector.js.sri``.
    """
    for reply in (script, integrity):
        if reply.status_code != httpx.codes.OK:
            return fail(COLLECTOR, f"the script is not served: {_told(reply)}", _BASE)
    digest = base64.b64encode(hashlib.sha384(script.content).digest()).decode()
    if integrity.text.strip() != f"sha384-{digest}":
        text = "the script is not the one that its integrity file names: something changes it"
        return fail(COLLECTOR, text, "no hop may rewrite or cache /octet-collector.js by itself")
    kind = script.headers.get("content-type", "")
    if "javascript" not in kind:
        return fail(COLLECTOR, "the script is served as no JavaScript", "let its type pass")
    return ok(COLLECTOR, "/octet-collector.js is served and unchanged")


def judge_origin(preflight: httpx.Response, origin: str) -> Finding:
    """Say whether pages of *origin* may post.

    Args:
        preflight: the answer to ``OPTIONS /v1/signals``.
        origin: of the pages.
    """
    values = preflight.headers.get_list(_ALLOW_ORIGIN)
    if not preflight.is_success:
        text = (
            f"browsers' question before a post from elsewhere is not answered: {_told(preflight)}"
        )
        return fail(ORIGIN, text, "let OPTIONS pass to the edge")
    if len(values) > 1 or any("," in value for value in values):
        text = f"{_ALLOW_ORIGIN} comes twice, which browsers take for a refusal"
        return fail(ORIGIN, text, "let the edge alone set CORS headers")
    if values == ["*"]:
        text = f"pages of {origin} may post, and so may those of any other origin"
        return warn(ORIGIN, text, "name your origins in ALLOWED_ORIGIN")
    if values != [origin]:
        return fail(ORIGIN, f"pages of {origin} may not post", _allow(origin))
    return ok(ORIGIN, f"pages of {origin} may post")


def judge_refused_channel(status: int, body: bytes, origin: str) -> Finding:
    """Judge what came in place of a WebSocket."""
    match problem_code(body):
        case "upgrade_required":
            text = "a proxy in front lets no WebSocket through: the upgrade never came to the edge"
            remedy = (
                "have it pass Upgrade and Connection on, by HTTP/1.1 (nginx: proxy_http_version 1.1"
                " and proxy_set_header for both)"
            )
            return fail(WEBSOCKET, text, remedy)
        case "origin_not_allowed":
            text = f"pages of {origin} may not open a channel"
            return fail(WEBSOCKET, text, _allow(origin))
        case "rate_limited":
            text = (
                "the edge has enough of this machine's address, or of a proxy's that it takes"
                " for a visitor"
            )
            return fail(WEBSOCKET, text, "try later; name proxies in EDGE_TRUSTED_PROXIES")
        case "":
            text = f"what is before the edge lets no WebSocket through: it answers status {status}"
            return fail(WEBSOCKET, text, "let GET /v1/ws pass to the edge, with its upgrade")
        case code:
            text = f"the edge opens no channel: status {status}, {code}"
            return fail(WEBSOCKET, text, "let GET /v1/ws pass to the edge as it came")


def judge_post(reply: httpx.Response, ref: str) -> Finding:
    """Judge the answer to a report."""
    code = problem_code(reply.content)
    match reply.status_code, _members(reply):
        case 200, {"ok": True, "verdict": _}:
            text = "the page is told its verdict with its report"
            return warn(POST, text, "unset EDGE_EXPOSE_VERDICT at the edge: it is for demos")
        case 200, {"ok": True}:
            if _ALLOW_ORIGIN not in reply.headers:
                text = "a post is taken, and its answer kept from the page: CORS headers are gone"
                return fail(POST, text, "let the edge's CORS headers pass")
            return ok(POST, f"a report is taken, and acknowledged by the service: {ref}")
        case 502 | 503 | 504, _ if code.startswith("upstream_"):
            text = f"the edge takes a report, and the service does not: {_told(reply)}"
            return fail(POST, text, _INSIDE)
        case _ if code:
            text = f"the edge refuses a report: {_told(reply)}"
            return fail(POST, text, _POST_REMEDIES.get(code, _INSIDE))
        case _:
            text = f"a report does not come to the edge: {_told(reply)}"
            return fail(POST, text, "let POST /v1/signals pass to the edge, up to 64 KiB")


_POST_REMEDIES: Final[Mapping[str, str]] = {
    "origin_not_allowed": "name the origin of your pages in ALLOWED_ORIGIN",
    "rate_limited": "try later; name proxies in EDGE_TRUSTED_PROXIES",
    "unsupported_media_type": "let Content-Type pass",
    "malformed": "let the body pass as it is",
    "overloaded": "look at EDGE_MAX_PENDING, and at what else the edge is doing",
}


def _allow(origin: str) -> str:
    return f"name it in ALLOWED_ORIGIN, or say --origin if your pages are not those of {origin}"


def _told(reply: httpx.Response) -> str:
    """Say what an answer is: numbers and codes, and nothing that anybody could have written."""
    code = problem_code(reply.content)
    members = _members(reply)
    detail = members.get("detail") if isinstance(members, dict) else None
    text = f"status {reply.status_code}" + (f", {code}" if code else "")
    return f"{text} ({_plain(detail)})" if code and isinstance(detail, str) and detail else text


def _plain(text: str) -> str:
    """Return what may stand on a terminal of what somebody else wrote."""
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_TOLD_CHARS])


def _members(reply: httpx.Response) -> Any:
    try:
        return loads(reply.content)
    except SchemaError:
        return None
