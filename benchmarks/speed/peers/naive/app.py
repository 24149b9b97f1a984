"""The relay that one writes first: a Quart-Trio route, cattrs, one httpx request a post."""

import os
from typing import Any

import cattrs
import httpx
from attrs import frozen
from quart import Response, request
from quart_trio import QuartTrio

UPSTREAM = os.environ["UPSTREAM"]


@frozen
class Signal:
    ms: float
    value: Any = None
    missing: str | None = None


@frozen
class Report:
    v: int
    id: str
    signals: dict[str, Signal]
    sessionRef: str | None = None  # noqa: N815 - as it stands on the wire


app = QuartTrio(__name__)


@app.before_serving
async def begin() -> None:
    app.config["client"] = httpx.AsyncClient(base_url=UPSTREAM)


@app.get("/octet/health")
async def health() -> dict[str, bool]:
    return {"ok": True}


@app.post("/octet/v1/signals")
async def signals() -> Response:
    sent = await request.get_json()
    report = cattrs.structure(sent, Report)
    envelope = {
        "v": 1,
        "id": report.id,
        "sessionRef": report.sessionRef,
        "report": sent,
        "observed": {"sourceIp": request.remote_addr, "headers": list(request.headers.items())},
    }
    client: httpx.AsyncClient = app.config["client"]
    answer = await client.post("/v1/signals", json={"envelopes": [envelope]})
    accepted = answer.json()["results"][0]["ok"]
    return Response(b'{"ok":true}', status=200 if accepted else 502, mimetype="application/json")
