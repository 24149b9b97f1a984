"""Takes plans to their end by blocking: all I/O of `OctetSyncClient` and `PublicKeys`."""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import httpx

from octet.client._deadline import Left
from octet.client._errors import OctetError
from octet.client._keys import KeyCache
from octet.client._plans import Plans
from octet.client._request import broken, late
from octet.client._steps import Ask, Incoming, Pause, Plan, Reply

T = TypeVar("T")


def blocking_client(
    settings: Mapping[str, Any], transport: httpx.BaseTransport | None
) -> httpx.Client:
    """Return a client by the *settings* of `Options.http`; *transport* in place of a connection."""
    if transport is None:
        # Not before it is needed: httpcore imports trio, where that is installed.
        from octet.client._sync_transport import DeadlineTransport  # noqa: PLC0415

        transport = DeadlineTransport(settings["base_url"], settings["limits"])
    return httpx.Client(**settings, transport=transport)


class SyncShell:
    """One pool of connections to one service, for any number of threads."""

    def __init__(self, http: httpx.Client, plans: Plans, sleep: Callable[[float], None]) -> None:
        self.http = http
        self.plans = plans
        self._sleep = sleep
        self._keys = KeyCache()
        self._key_lock = threading.Lock()

    def key(self, kid: str) -> str | None:
        """Return the service's public key *kid* as PASERK; see `Plans.key`."""
        if not self._keys.due(kid, self.plans.now()):
            return self.carry_out(self.plans.key(self._keys, kid))
        with self._key_lock:  # whoever comes second finds the keys fetched
            return self.carry_out(self.plans.key(self._keys, kid))

    def carry_out(self, plan: Plan[T]) -> T:
        """Take *plan* to its end."""
        go_on: Callable[[], Ask | Pause] = partial(next, plan)
        while True:
            try:
                step = go_on()
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                self._sleep(step.seconds)
                go_on = partial(next, plan)
                continue
            try:
                go_on = partial(plan.send, self._send(step))
            except OctetError as error:
                go_on = partial(plan.throw, error)

    def _send(self, ask: Ask) -> Reply:
        if ask.limit_s <= 0:
            raise late(ask.limit_s)
        left = Left(self.plans.now() + ask.limit_s, self.plans.now)
        extensions = {"timeout": left}
        try:
            with self.http.stream(
                "GET", ask.path, params=ask.query, extensions=extensions
            ) as response:
                incoming = Incoming(response.status_code, response.headers)
                for chunk in response.iter_bytes():
                    incoming.feed(chunk)
                    if left.seconds <= 0:
                        raise late(ask.limit_s)
        except httpx.TimeoutException as exc:
            raise late(ask.limit_s) from exc
        except httpx.TransportError as exc:
            raise broken(exc) from exc
        return incoming.whole()
