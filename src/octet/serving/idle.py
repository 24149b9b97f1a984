"""The deadline of a connection that waits for its next request.

Hypercorn starts and stops an idle task around each request, and awaits while it does. Under
Quart-Trio that await is cancelled after the first request, so the idle time-out never fires again
and the connection stays open for ever. Here one watcher lives as long as the connection, and to
restart or to stop is to move its deadline: there is no checkpoint to be cancelled at.
"""

from collections.abc import Awaitable, Callable
from math import inf
from typing import Any

import trio


class IdleDeadline:
    """Stands in for hypercorn's ``TrioSingleTask``.

    Args:
        first_s: until the first request's header has come.
        keep_alive_s: until that of each later request.
        busy_s: until a request is answered.
        terminated: whether the server is shutting down.
    """

    def __init__(
        self, *, first_s: float, keep_alive_s: float, busy_s: float, terminated: Callable[[], bool]
    ) -> None:
        self._allowance_s = first_s
        self._keep_alive_s = keep_alive_s
        self._busy_s = busy_s
        self._terminated = terminated
        self._scope = trio.CancelScope(deadline=inf)
        self._watched = False
        self._idle = False
        self._finished = False

    @property
    def is_idle(self) -> bool:
        """Whether no request has begun since the last one ended."""
        return self._idle

    async def restart(self, task_group: Any, expired: Callable[[], Awaitable[None]]) -> None:
        """Allow the connection to be idle from now on, for so long; then call *expired*."""
        if not self._watched:
            self._watched = True
            task_group._nursery.start_soon(self._watch, expired)  # noqa: SLF001 - hypercorn's wrapper
        if self._idle:
            return  # HTTP/2 says it at many a frame, and a PING is no reason to stay
        self._idle = True
        self._scope.deadline = trio.current_time() + self._allowance_s
        self._allowance_s = self._keep_alive_s
        self.drain()

    async def stop(self) -> None:
        """A request is being served: only the outermost deadline holds."""
        self._idle = False
        self._scope.deadline = trio.current_time() + self._busy_s

    def hurry(self, header_s: float) -> None:
        """A request may have begun to arrive: allow its header *header_s* in all."""
        if self._idle:
            self._idle = False
            self._scope.deadline = min(self._scope.deadline, trio.current_time() + header_s)

    def begin(self, header_s: float) -> None:
        """A request has begun to arrive, whatever was allowed before: give it *header_s*."""
        self._idle = False
        self._scope.deadline = trio.current_time() + header_s

    def drain(self) -> None:
        """Let the deadline pass at once if the server is terminating and nothing is served."""
        if self._terminated() and self._idle:
            self._scope.deadline = trio.current_time()

    def finish(self) -> None:
        """End the watch: the peer is gone."""
        self._finished = True
        self._scope.cancel()

    async def _watch(self, expired: Callable[[], Awaitable[None]]) -> None:
        with self._scope:
            await trio.sleep_forever()
        if not self._finished:
            with trio.CancelScope(shield=True):
                await expired()
