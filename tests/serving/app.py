"""A small ASGI application that does what its paths say."""

from typing import Any

import trio
from attrs import define, field


@define(eq=False)
class SmallApp:
    """Answers ``/``, and misbehaves elsewhere."""

    arrived: trio.Event = field(factory=trio.Event)
    """Set when a request to ``/slow`` has arrived."""
    go: trio.Event = field(factory=trio.Event)
    """Set to let it be answered."""
    lives: list[str] = field(factory=list)
    """What the lifespan did."""
    large: bytes = b"x" * 8_000_000

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one scope."""
        match scope["type"], scope.get("path"):
            case "lifespan", _:
                await self._live(receive, send)
            case "websocket", "/deny":
                await receive()
                await _answer(send, 403, b"denied", kind="websocket.http.response")
            case "websocket", _:
                await self._echo(receive, send)
            case _, "/slow":
                self.arrived.set()
                await self.go.wait()
                await _answer(send, 200, b"slow")
            case _, "/broken":
                raise RuntimeError("top-secret")
            case _, "/cut":
                await send({"type": "http.response.start", "status": 204, "headers": []})
                raise RuntimeError("top-secret")
            case _, "/large":
                await _answer(send, 200, self.large)
            case _, "/refuse":
                await _answer(send, 413, b"")  # without having read the body
            case _:
                await _read(receive)
                await _answer(send, 200, scope["path"].encode())

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self.lives.append("started")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.lives.append("stopping")
        await send({"type": "lifespan.shutdown.complete"})

    async def _echo(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event["text"]})


async def _read(receive: Any) -> None:
    while (await receive()).get("more_body"):
        pass


async def _answer(send: Any, status: int, body: bytes, kind: str = "http.response") -> None:
    length = str(len(body)).encode()
    start = {"type": f"{kind}.start", "headers": [(b"content-length", length)]}
    await send(start | {"status": status})
    await send({"type": f"{kind}.body", "body": body})
