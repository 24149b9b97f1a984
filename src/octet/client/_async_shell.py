"""Takes plans to their end with an event loop: all I/O of `OctetClient`."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
import httpx

from octet.client._errors import OctetError
from octet.client._keys import KeyCache
from octet.client._plans import Plans
from octet.client._request import broken, late
from octet.client._steps import Ask, Incoming, Pause, Plan, Reply

T = TypeVar("T")


class AsyncShell:
    """One pool of connections to one service; runs under trio and asyncio."""

    def __init__(self, http: httpx.AsyncClient, plans: Plans) -> None:
        self.http = http
        self.plans = plans
        self._keys = KeyCache()
        self._key_lock = anyio.Lock()

    async def key(self, kid: str) -> str | None:
        """Return the service's public key *kid* as PASERK; see `Plans.key`."""
        if not self._keys.due(kid, self.plans.now()):
            return await self.carry_out(self.plans.key(self._keys, kid))
        async with self._key_lock:  # whoever comes second finds the keys fetched
            return await self.carry_out(self.plans.key(self._keys, kid))

    async def carry_out(self, plan: Plan[T]) -> T:
        """Take *plan* to its end."""
        go_on: Callable[[], Ask | Pause] = partial(next, plan)
        while True:
            try:
                step = go_on()
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                await anyio.sleep(step.seconds)
                go_on = partial(next, plan)
                continue
            try:
                go_on = partial(plan.send, await self._send(step))
            except OctetError as error:
                go_on = partial(plan.throw, error)

    async def _send(self, ask: Ask) -> Reply:
        try:
            with anyio.fail_after(ask.limit_s):
                async with self.http.stream("GET", ask.path, params=ask.query) as response:
                    incoming = Incoming(response.status_code, response.headers)
                    # To the end: httpx leaves generators open in a body half read.
                    async for chunk in response.aiter_bytes():
                        incoming.feed(chunk)
        except TimeoutError as exc:
            raise late(ask.limit_s) from exc
        except httpx.TransportError as exc:
            raise broken(exc) from exc
        return incoming.whole()
