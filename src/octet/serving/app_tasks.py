"""The tasks in which an application serves a connection's requests.

Hypercorn's wait for room in an application's queue, also to tell it that its request is over. An
application that has answered without reading a body never makes room: the connection, all its
streams, and the application would wait for each other.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import trio
from hypercorn.trio.task_group import TaskGroup, _handle

FAREWELLS: Final = frozenset({"http.disconnect", "websocket.disconnect"})
"""After these an application is told nothing."""


class AppTasks(TaskGroup):
    """Hypercorn's task group, whose queues end with the request."""

    async def spawn_app(
        self,
        app: Any,
        config: Any,
        scope: Any,
        send: Callable[[Any], Awaitable[None]],
    ) -> Callable[[Any], Awaitable[None]]:
        """Have *app* serve *scope*; return what puts an event into its queue.

        To put waits for room, unless the event is a farewell or the queue has ended.
        """
        inlet, outlet = trio.open_memory_channel[Any](config.max_app_queue_size)
        farewells: list[Any] = []

        async def receive() -> Any:
            try:
                return await outlet.receive()
            except trio.EndOfChannel:
                return farewells[0]

        async def put(event: Any) -> None:
            if event["type"] in FAREWELLS:
                farewells.append(event)
                inlet.close()
            else:
                with suppress(trio.ClosedResourceError):
                    await inlet.send(event)

        assert self._nursery is not None  # noqa: S101 - it is open
        threads = (trio.to_thread.run_sync, trio.from_thread.run)
        self._nursery.start_soon(_handle, app, config, scope, receive, send, *threads)
        return put
