"""The ASGI lifespan: what an application does before the first request and after the last.

Hypercorn's own counts a failed start-up as started until the task behind it has ended, so a server
would announce itself and then die. Here a start-up that fails is raised where it was awaited.
"""

from collections.abc import Mapping
from typing import Any

import trio


class LifespanError(Exception):
    """The application said that it could not start, or not end."""


class Lifespan:
    """Runs the lifespan of one ASGI *app*."""

    def __init__(self, app: Any, state: dict[str, Any]) -> None:
        self._app = app
        self._state = state
        self._asked = False
        self._stopping = trio.Event()
        self._stopped = trio.Event()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Start the application; it has started when the status says so.

        Raises:
            LifespanError: the application refused.
        """
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self._state,
        }

        async def send(event: Mapping[str, Any]) -> None:
            match event["type"]:
                case "lifespan.startup.complete":
                    task_status.started()
                case "lifespan.shutdown.complete":
                    self._stopped.set()
                case _:
                    raise LifespanError(event.get("message", event["type"]))

        try:
            await self._app(scope, self._receive, send)
        finally:
            self._stopped.set()

    async def stop(self) -> None:
        """Let the application end. Timeout: the caller's."""
        self._stopping.set()
        await self._stopped.wait()

    async def _receive(self) -> dict[str, str]:
        if self._asked:
            await self._stopping.wait()
            return {"type": "lifespan.shutdown"}
        self._asked = True
        return {"type": "lifespan.startup"}
