"""A relay on aiohttp, server and client; ``python -m benchmarks.speed.peers.aiohttp_proxy``."""

import json
import os
from collections.abc import AsyncIterator

from aiohttp import ClientSession, TCPConnector, web

UPSTREAM = os.environ["UPSTREAM"]
SESSION = web.AppKey("session", ClientSession)


async def session(app: web.Application) -> AsyncIterator[None]:
    async with ClientSession(UPSTREAM, connector=TCPConnector(limit=1024)) as made:
        app[SESSION] = made
        yield


async def health(_: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def signals(request: web.Request) -> web.Response:
    report = json.loads(await request.read())
    envelope = {
        "v": 1,
        "id": report["id"],
        "sessionRef": report.get("sessionRef"),
        "report": report,
        "observed": {"sourceIp": request.remote, "headers": list(request.headers.items())},
    }
    async with request.app[SESSION].post("/v1/signals", json={"envelopes": [envelope]}) as answer:
        accepted = (await answer.json())["results"][0]["ok"]
    return web.json_response({"ok": accepted}, status=200 if accepted else 502)


def main() -> None:
    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_get("/octet/health", health)
    app.router.add_post("/octet/v1/signals", signals)
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=None, print=None)


if __name__ == "__main__":
    main()
