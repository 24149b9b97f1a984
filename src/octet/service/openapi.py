"""The service's API as OpenAPI 3.1: what ``GET /openapi.json`` answers.

``python -m octet.service.openapi FILE`` writes it. Bodies come from the schema classes, statuses
and titles of problems from their list; here stands which route answers what.
"""

import json
import sys
from collections.abc import Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from types import NoneType
from typing import Any, Final

from attrs import frozen

from octet import __version__
from octet.schema import CODES, PROBLEM_TYPE, Envelope, Problem, Results, problem, unstructure
from octet.schema.constraints import SessionRef
from octet.schema.json_schema import DIALECT, Schema, definitions, of_field
from octet.schema.verdict import Pending, Verdict
from octet.service import examples
from octet.service.status import Health, Ready
from octet.service.verdicts.token import PublishedKeys

LICENSE: Final = "license"
PARTNER_KEY: Final = "partnerKey"
SECURITY: Final[Mapping[str, Schema]] = {
    LICENSE: {
        "type": "apiKey",
        "in": "header",
        "name": "x-octet-license",
        "description": "The licence of an edge.",
    },
    PARTNER_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "x-octet-partner-key",
        "description": "The partner key of a backend.",
    },
}

HEADERS: Final[Mapping[str, Schema]] = {
    "x-request-id": {
        "description": "What this request is called in logs: the caller's own where it is usable.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds after which to ask again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "ETag": {"description": "Names this content.", "schema": {"type": "string"}},
    "Cache-Control": {
        "description": "How long it may be kept.",
        "schema": {"type": "string"},
    },
    "RateLimit-Limit": {
        "description": "Requests a minute, where the credential has a quota.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Remaining": {
        "description": "Requests that are left of them.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Reset": {
        "description": "Seconds until more of them are there again.",
        "schema": {"type": "integer", "minimum": 1},
    },
}
ALWAYS: Final = ("x-request-id",)
LIMITED: Final = ("x-request-id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
KEPT: Final = ("ETag", "Cache-Control")
RETRIED: Final = {429, 503}
"""Statuses that say when to ask again."""

LICENSE_CODES: Final = tuple(code for code in CODES if code.startswith(("license_", "edge_")))
PARTNER_CODES: Final = tuple(code for code in CODES if code.startswith("partner_key_"))


@frozen
class _Answer:
    """A response that is no problem."""

    status: int
    text: str
    kind: type
    """Of the body; NoneType: there is none."""
    example: Any = None
    headers: tuple[str, ...] = ()
    """Beyond those that every answer has."""


@frozen(kw_only=True)
class _Route:
    path: str
    method: str
    name: str
    text: str
    answers: tuple[_Answer, ...]
    codes: tuple[str, ...] = ("internal",)
    """Of the problems that it may answer with."""
    security: str | None = None
    limited: bool = False
    """Whether quotas hold."""
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None


REQUEST_HEADERS: Final[tuple[Schema, ...]] = (
    {
        "name": "x-request-id",
        "in": "header",
        "description": "Names the request; kept where it has this form, else there is a new one.",
        "schema": {"type": "string"},
        "example": "4f1c9a0b2d3e4f50",
    },
    {
        "name": "traceparent",
        "in": "header",
        "description": "W3C Trace Context; ignored where it is malformed.",
        "schema": {"type": "string"},
        "example": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    },
)

ROUTES: Final = (
    _Route(
        path="/v1/signals",
        method="post",
        name="postSignals",
        text="Takes what an edge has gathered. One result an envelope, in order: one bad envelope"
        " fails alone. To post the same id again is harmless and answers the same.",
        security=LICENSE,
        limited=True,
        body={
            "required": True,
            "description": "At most 8 MiB.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "envelopes": {
                                "type": "array",
                                "items": {"$ref": "#/components/schemas/Envelope"},
                                "minItems": 1,
                                "maxItems": 64,
                            }
                        },
                        "required": ["envelopes"],
                    },
                    "example": examples.BATCH,
                }
            },
        },
        answers=(_Answer(200, "The results.", Results, examples.RESULTS),),
        codes=(
            "malformed",
            "missing_fields",
            *LICENSE_CODES,
            "client_cert_required",
            "too_large",
            "unsupported_media_type",
            "rate_limited",
            "overloaded",
            "internal",
        ),
    ),
    _Route(
        path="/v1/verdict/{sessionRef}",
        method="get",
        name="readVerdict",
        text="The verdict for a reference. Without one yet, with an unknown, an expired or another"
        " partner's reference the answer is the same: pending.",
        security=PARTNER_KEY,
        limited=True,
        parameters=(
            {
                "name": "sessionRef",
                "in": "path",
                "required": True,
                "schema": SessionRef,
                "example": examples.REF,
            },
            {
                "name": "waitMs",
                "in": "query",
                "description": "Wait so long for a verdict, milliseconds; above 10000 is 10000.",
                "schema": {"type": "integer", "minimum": 0, "default": 0},
                "example": 2000,
            },
        ),
        answers=(
            _Answer(200, "The verdict.", Verdict, examples.VERDICT),
            _Answer(404, "There is no verdict, or none yet.", Pending, examples.PENDING),
        ),
        codes=("malformed", *PARTNER_CODES, "rate_limited", "overloaded", "internal"),
    ),
    _Route(
        path="/v1/keys",
        method="get",
        name="readKeys",
        text="The keys that verify verdict tokens offline. May be kept for a while.",
        parameters=(
            {
                "name": "If-None-Match",
                "in": "header",
                "description": "What is known already, by its `ETag`.",
                "schema": {"type": "string"},
            },
        ),
        answers=(
            _Answer(200, "The keys.", PublishedKeys, examples.KEYS, KEPT),
            _Answer(304, "They are what is known already.", NoneType, headers=KEPT),
        ),
    ),
    _Route(
        path="/openapi.json",
        method="get",
        name="readApi",
        text="This document.",
        answers=(_Answer(200, "This document.", dict, {"openapi": "3.1.0"}),),
    ),
    _Route(
        path="/health",
        method="get",
        name="readHealth",
        text="Whether the process lives.",
        answers=(_Answer(200, "It does.", Health, {"ok": True, "version": __version__}),),
    ),
    _Route(
        path="/ready",
        method="get",
        name="readReadiness",
        text="Whether this process can do its work.",
        answers=(
            _Answer(200, "It can.", Ready, {"ok": True, "reasons": []}),
            _Answer(
                503, "It cannot.", Ready, {"ok": False, "reasons": ["the verdict store is full"]}
            ),
        ),
    ),
)

DESCRIPTION: Final = (
    "In which country is this visitor's browser, physically? Edges post what they have gathered;"
    " backends read verdicts. Every error but the pending 404 is a problem (RFC 9457), whose `code`"
    " is for programs. Any other path is 404 `not_found`, any other method 405"
    " `method_not_allowed` with `Allow`."
)


def document() -> Schema:
    """Return the document."""
    kinds = {a.kind for route in ROUTES for a in route.answers if a.kind not in {dict, NoneType}}
    schemas = definitions(Envelope, Problem, *sorted(kinds, key=lambda kind: kind.__name__))
    drawn = {
        "openapi": "3.1.0",
        "info": {"title": "Octet service", "version": __version__, "description": DESCRIPTION},
        "jsonSchemaDialect": DIALECT,
        "paths": {route.path: {route.method: _operation(route)} for route in ROUTES},
        "components": {
            "schemas": schemas,
            "headers": dict(HEADERS),
            "securitySchemes": dict(SECURITY),
        },
    }
    moved: Schema = _in_components(drawn)
    return moved


@cache
def render() -> str:
    """Return the document's text; drawn once, since it reads the sources of what it describes."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operation(route: _Route) -> Schema:
    body = {} if route.body is None else {"requestBody": route.body}
    return {
        "operationId": route.name,
        "description": route.text,
        "security": [{route.security: []}] if route.security else [],
        "parameters": [*map(_parameter, route.parameters), *REQUEST_HEADERS],
        **body,
        "responses": {
            **{str(answer.status): _response(route, answer) for answer in route.answers},
            **_problems(route),
        },
    }


def _parameter(parameter: Schema) -> Schema:
    """Return *parameter*, its schema drawn where it is a type."""
    schema = parameter["schema"]
    return parameter | {"schema": schema if isinstance(schema, dict) else of_field(schema)}


def _response(route: _Route, answer: _Answer) -> Schema:
    told = {"description": answer.text, "headers": _headers(route, answer.status, *answer.headers)}
    if answer.kind is NoneType:
        return told
    plain = {"type": "object"}
    ref = {"$ref": f"#/$defs/{answer.kind.__name__}"}
    content = {"schema": plain if answer.kind is dict else ref, "example": answer.example}
    return told | {"content": {"application/json": content}}


def _problems(route: _Route) -> dict[str, Schema]:
    """Return the problems of *route* by status, each code with its example."""
    by_status = sorted(route.codes, key=lambda code: CODES[code][0])
    return {
        str(status): {
            "description": "A problem.",
            "headers": _headers(route, status),
            "content": {
                PROBLEM_TYPE: {
                    "schema": {"$ref": "#/$defs/Problem"},
                    "examples": {code: {"value": _example(code)} for code in codes},
                }
            },
        }
        for status, codes in groupby(by_status, key=lambda code: CODES[code][0])
    }


def _example(code: str) -> Any:
    return unstructure(problem(code, request_id="4f1c9a0b2d3e4f50"))


def _headers(route: _Route, status: int, *more: str) -> Schema:
    names = [*(LIMITED if route.limited else ALWAYS), *more]
    if status in RETRIED and route.codes != ("internal",):
        names.append("Retry-After")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _in_components(drawn: Any) -> Any:
    """Return *drawn* with references to `$defs` turned to where OpenAPI keeps schemas."""
    if isinstance(drawn, dict):
        return {key: _in_components(value) for key, value in drawn.items()}
    if isinstance(drawn, list | tuple):
        return [_in_components(value) for value in drawn]
    if isinstance(drawn, str):
        return drawn.replace("#/$defs/", "#/components/schemas/", 1)
    return drawn


def main(file: str) -> None:
    """Write the document into *file*."""
    Path(file).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
