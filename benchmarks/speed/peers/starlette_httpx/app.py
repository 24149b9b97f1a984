"""A relay on Starlette and httpx; served by uvicorn and by granian."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

UPSTREAM = os.environ["UPSTREAM"]


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    limits = httpx.Limits(max_connections=1024, max_keepalive_connections=1024)
    async with httpx.AsyncClient(base_url=UPSTREAM, limits=limits) as client:
        yield {"client": client}


async def health(_: Request) -> JSONResponse:
    return JSONResponse({"ok": True})


async def signals(request: Request) -> JSONResponse:
    report = json.loads(await request.body())
    envelope = {
        "v": 1,
        "id": report["id"],
        "sessionRef": report.get("sessionRef"),
        "report": report,
        "observed": {
            "sourceIp": request.client.host if request.client else None,
            "headers": request.headers.items(),
        },
    }
    client: httpx.AsyncClient = request.state.client
    answer = await client.post("/v1/signals", json={"envelopes": [envelope]})
    accepted = answer.json()["results"][0]["ok"]
    return JSONResponse({"ok": accepted}, status_code=200 if accepted else 502)


app = Starlette(
    routes=[
        Route("/octet/health", health),
        Route("/octet/v1/signals", signals, methods=["POST"]),
    ],
    lifespan=lifespan,
)
