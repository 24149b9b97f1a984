"""The client's decisions: which requests to send, for how long, and when to give up."""

from collections.abc import Callable
from typing import Final, TypeVar

from attrs import frozen

from octet.client._errors import InvalidRequestError, OctetError, ServiceUnavailableError
from octet.client._keys import KeyCache
from octet.client._patience import Patience
from octet.client._replies import read_keys, read_verdict
from octet.client._steps import Ask, Pause, Plan, Reply
from octet.client._tokens import by_kid
from octet.schema import SchemaError, structure
from octet.schema.verdict import Pending, Verdict

MAX_WAIT_MS: Final = 10_000
"""The longest that the service holds one request."""
MARGIN_S: Final = 0.25
"""`Plans.wait_for_verdict` lets the service end a long poll this much before the deadline, and
starts polls no closer together than this."""

T = TypeVar("T")


@frozen
class Plans:
    """Makes the plans of one client."""

    timeout_s: float
    """The most that a question takes beyond the wait that it asks for, all tries together."""
    patience: Patience
    now: Callable[[], float]
    """Seconds, never going back."""

    def verdict(self, ref: str, wait_ms: int) -> Plan[Verdict | Pending]:
        """Plan one question for the verdict on *ref*.

        Raises:
            InvalidRequestError: *ref* or *wait_ms* breaks the contract; nothing is sent.
        """
        path = _path(ref)
        if type(wait_ms) is not int or wait_ms < 0:
            raise InvalidRequestError("wait_ms must be an integer from 0", code="malformed")
        wait_s = min(wait_ms, MAX_WAIT_MS) / 1000
        return self._ask(path, read_verdict, self.timeout_s + wait_s, wait_s)

    def wait_for_verdict(self, ref: str, timeout_s: float) -> Plan[Verdict | Pending]:
        """Plan long polls for the verdict on *ref* until there is one or *timeout_s* is over.

        Raises:
            InvalidRequestError: *ref* or *timeout_s* is none; nothing is sent.
        """
        path = _path(ref)
        if not timeout_s < float("inf"):
            raise InvalidRequestError("timeout_s must be a finite number", code="malformed")
        return self._poll(path, Pending(ref), max(0.0, timeout_s))

    def key(self, cache: KeyCache, kid: str) -> Plan[str | None]:
        """Plan to find the public key *kid*, by asking the service only when *cache* needs it.

        Returns:
            The key as PASERK; None when the service knows no such key.

        Raises:
            OctetError: the keys could not be fetched.
        """
        if cache.due(kid, self.now()):
            try:
                keys = yield from self._ask("v1/keys", read_keys, self.timeout_s)
            except OctetError:
                cache.failed(self.now())
                if cache.get(kid, self.now()) is None:
                    raise
            else:
                cache.keep(by_kid(keys.paserks), keys.fresh_s, self.now())
        paserk = cache.get(kid, self.now())
        if paserk is None and cache.failing:
            raise ServiceUnavailableError("the public keys could not be fetched a moment ago")
        return paserk

    def _poll(self, path: str, pending: Pending, timeout_s: float) -> Plan[Verdict | Pending]:
        deadline = self.now() + timeout_s
        answered = False
        while True:
            started = self.now()
            wait_s = min(max(0.0, deadline - started - MARGIN_S), MAX_WAIT_MS / 1000)
            limit_s = min(deadline - started, self.timeout_s + wait_s)
            try:
                answer = yield from self._ask(path, read_verdict, limit_s, wait_s)
            except ServiceUnavailableError as error:
                if not answered or error.status is not None or self.now() < deadline:
                    raise
                return pending  # silence until the end: what was said last holds
            if isinstance(answer, Verdict):
                return answer
            answered = True
            spread = MARGIN_S * self.patience.rng.uniform(1.0, 1.5)
            yield Pause(max(0.0, min(started + spread, deadline) - self.now()))
            if self.now() >= deadline:
                return pending

    def _ask(
        self, path: str, read: Callable[[Reply], T], limit_s: float, wait_s: float | None = None
    ) -> Plan[T]:
        """Ask until there is an answer, or an error that another try would not mend in time.

        Args:
            path: to what; relative to the base URL.
            read: makes the answer of a reply, or raises.
            limit_s: for all tries together.
            wait_s: until when, from now, the service may hold the request, whichever try it is;
                None where it holds none.
        """
        started = self.now()
        failures, elapsed_s = 0, 0.0
        while True:
            left_ms = None if wait_s is None else round(max(0.0, wait_s - elapsed_s) * 1000)
            query = {} if left_ms is None else {"waitMs": left_ms}
            try:
                reply = yield Ask(path, limit_s - elapsed_s, query)
                assert reply is not None  # noqa: S101 - an Ask is answered with a reply
                return read(reply)
            except OctetError as error:
                left_s = limit_s - (self.now() - started)
                pause_s = self.patience.pause_s(error, failures, left_s)
                if pause_s is None:
                    raise
            yield Pause(pause_s)
            failures, elapsed_s = failures + 1, self.now() - started


def _path(ref: str) -> str:
    """Return where the verdict on *ref* is read, once *ref* is known to be one."""
    try:
        return f"v1/verdict/{structure(Pending, {'ref': ref}).ref}"
    except SchemaError as exc:
        raise InvalidRequestError(f"no session reference: {exc}", code="malformed") from exc
