"""Starlette::  uvicorn --factory examples.frameworks.starlette_app:create_app."""

import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from octet.client import OctetClient, OctetError, Pending, Verdict, mint_session_ref

logger = logging.getLogger(__name__)

PAGE = """<!doctype html><title>Checkout</title>
<body data-edge="{edge}" data-ref="{ref}">
<script src="{edge}/octet-collector.js"></script>
<script type="module">
  const {{ edge, ref }} = document.body.dataset;
  await octet.verify({{ apiUrl: edge, sessionRef: ref }}).catch(console.warn);  // and go on
  const reply = await fetch("/decision");
  document.body.append((await reply.json()).decision);
</script>"""


def create_app(variables: Mapping[str, str] = os.environ) -> Starlette:
    """Make the application."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, OctetClient]]:
        url, key = variables["OCTET_URL"], variables["OCTET_PARTNER_KEY"]
        async with OctetClient(url, partner_key=key) as octet:
            yield {"octet": octet}

    async def checkout(request: Request) -> HTMLResponse:
        ref = mint_session_ref()  # one a page view, and tied to this visitor
        request.session["octet_ref"] = ref
        return HTMLResponse(PAGE.format(edge=variables["EDGE_URL"], ref=ref))

    async def decision(request: Request) -> JSONResponse:
        ref = request.session.get("octet_ref")
        if ref is None:
            raise HTTPException(400)
        return JSONResponse({"decision": await read(request.state.octet, ref)})

    return Starlette(
        routes=[Route("/", checkout), Route("/decision", decision)],
        middleware=[Middleware(SessionMiddleware, secret_key=variables["SECRET_KEY"])],
        lifespan=lifespan,
    )


async def read(octet: OctetClient, ref: str) -> str:
    """Return the decision on the visitor behind *ref*, with or without a verdict."""
    try:
        return decide(await octet.wait_for_verdict(ref, timeout_s=2.0))
    except OctetError as error:
        logger.warning("no verdict: %s (request %s)", error.code or error, error.request_id)
        return "log"


def decide(answer: Verdict | Pending) -> str:
    """Return what happens with a visitor: this application's own rule."""
    if isinstance(answer, Pending):
        return "log"  # the page did not report: a script blocker, a closed tab, a slow network
    if answer.alarm >= "medium":
        return "challenge"
    return "allow" if answer.is_confident(0.8) else "log"
