"""``hypercorn -k trio octet.service.asgi:app``: the service under a server that is not ours.

It is put together when the server starts it, not when somebody imports this module.
"""

import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

from octet.service.config import ServiceConfig
from octet.serving import ConfigError

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]


class LazyApplication:
    """An ASGI application that is built for its first event."""

    def __init__(self, build: Callable[[], Application]) -> None:
        self._build = build
        self._built: Application | None = None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope; a start-up that fails is told as the lifespan tells it."""
        if self._built is None:
            try:
                self._built = self._build()
            except ConfigError as exc:
                if scope["type"] != "lifespan":
                    raise
                await receive()
                message = f"the configuration cannot be used:\n{exc}"
                await send({"type": "lifespan.startup.failed", "message": message})
                return
        await self._built(scope, receive, send)


def build() -> Application:
    """Put the service together from the process's environment.

    Raises:
        ConfigError: with every fault.
    """
    from octet.service.assembly import assemble  # noqa: PLC0415 - an import here loads no tables

    return assemble(ServiceConfig.from_environment(os.environ)).app


app = LazyApplication(build)
