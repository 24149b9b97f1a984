"""An application that does not read its request holds up nobody, once it has answered."""

import ssl
from typing import Any

import trio

from tests.certificates import Certificate
from tests.serving.app import SmallApp
from tests.serving.conftest import StartServer
from tests.serving.http2_peer import DATA, END_STREAM, begun_post, frame, http2_peer, request


async def test_unread_body(start_server: StartServer, certificate: Certificate) -> None:
    """A body that the application has no room for does not outlive its answer."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    context.set_alpn_protocols(["h2"])
    app = SmallApp()
    server = await start_server(app, tls=context)
    async with http2_peer(server.port, str(certificate.chain)) as peer:
        await peer.send(begun_post(1, "/slow") + frame(DATA, 0, 1, b"x") * 30)
        await peer.send(request(3))
        await app.arrived.wait()
        await trio.testing.wait_all_tasks_blocked(0.02)
        app.go.set()
        with trio.fail_after(3):
            assert await peer.status(1) == 200
            assert await peer.status(3) == 200


async def test_application_that_reads_too_late(
    start_server: StartServer, certificate: Certificate
) -> None:
    """What was queued before its peer took the request back is read, and then that it has gone."""
    heard: list[str] = []
    done, go = trio.Event(), trio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await SmallApp()(scope, receive, send)
            return
        await go.wait()
        while not heard or heard[-1] != "http.disconnect":
            heard.append((await receive())["type"])
        heard.append((await receive())["type"])
        done.set()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    context.set_alpn_protocols(["h2"])
    server = await start_server(app, tls=context)
    async with http2_peer(server.port, str(certificate.chain)) as peer:
        await peer.send(begun_post(1) + frame(DATA, 0, 1, b"x") + frame(DATA, END_STREAM, 1, b"x"))
        await trio.testing.wait_all_tasks_blocked(0.02)
        await peer.send(frame(3, 0, 1, (8).to_bytes(4)))
        await trio.testing.wait_all_tasks_blocked(0.02)
        go.set()
        with trio.fail_after(3):
            await done.wait()
    assert heard == ["http.request"] * 3 + ["http.disconnect"] * 2
