"""Fixture references: what test partner keys read without any session, so that a customer can test.

    sess_fixture_DE_0.91_none                 that verdict; none in the country's place: no country
    sess_fixture_pending                      pending for ever
    sess_fixture_pending1500_US_0.88_medium   pending until 1500 ms after the first read, then that
    sess_fixture_error_429                    rate_limited

All of it stands in the reference but the time of the first read, which whoever shares a store
shares.
"""

import re
from collections.abc import Callable
from typing import Final

import trio
from attrs import frozen

from octet.schema.verdict import Alarm, Verdict
from octet.service.errors import OverloadedError
from octet.service.firsts import Firsts
from octet.service.realm import Realm
from octet.serving import ProblemError

MAX_FIRST_READS: Final = 10_000
"""Delayed fixtures whose first read is remembered at once."""
MAX_WAITING: Final = 256
"""Long polls of fixtures at once."""
RETRY_AFTER: Final = {"retry-after": "1"}

_VERDICT: Final = re.compile(
    r"sess_fixture_(?:pending([0-9]{1,5})_)?([A-Z]{2}|none)_(0(?:\.[0-9]{1,6})?|1(?:\.0{1,6})?)_"
    rf"({'|'.join(Alarm)})"
)


@frozen
class Fixture:
    """What a fixture reference stands for."""

    verdict: Verdict | None = None
    """None: nothing ever."""
    delay_ms: int = 0
    """From the first read to the verdict."""
    refused: bool = False
    """Whether every read is one too many."""


def fixture_of(ref: str) -> Fixture | None:
    """Return what *ref* stands for; None where it is a reference like any other."""
    if ref == "sess_fixture_pending":
        return Fixture()
    if ref == "sess_fixture_error_429":
        return Fixture(refused=True)
    match = _VERDICT.fullmatch(ref)
    if match is None:
        return None
    delay_ms, country, confidence, alarm = match.groups()
    verdict = Verdict(
        country=None if country == "none" else country,
        confidence=float(confidence),
        alarm=Alarm(alarm),
    )
    return Fixture(verdict, int(delay_ms or 0))


class Fixtures:
    """Reads fixtures as the store reads verdicts."""

    def __init__(
        self, firsts: Firsts, *, epoch_ms: Callable[[], int], max_waiting: int = MAX_WAITING
    ) -> None:
        """Begin.

        Args:
            firsts: remembers first reads.
            epoch_ms: the wall clock, which all processes share.
            max_waiting: long polls at once.
        """
        self._firsts = firsts
        self._epoch_ms = epoch_ms
        self._places = trio.Semaphore(max_waiting)

    async def wait(
        self, realm: Realm, ref: str, fixture: Fixture, timeout_s: float
    ) -> Verdict | None:
        """Return the verdict as soon as it is there; None after *timeout_s*.

        Cancellation: the first read stays one. Timeout: the caller owns it.

        Raises:
            ProblemError: the fixture is that error.
            OverloadedError: too many wait already, or first read too many.
        """
        if fixture.refused:
            raise ProblemError("rate_limited", headers=RETRY_AFTER)
        if fixture.verdict is None:
            await self._pass(timeout_s)
            return None
        left_s = await self._left_s(realm, ref, fixture.delay_ms) if fixture.delay_ms else 0.0
        await self._pass(min(left_s, timeout_s))
        return fixture.verdict if left_s <= timeout_s else None

    async def _left_s(self, realm: Realm, ref: str, delay_ms: int) -> float:
        """Return how long *ref* stays pending, seconds; its first read may be this one."""
        now_ms = self._epoch_ms()
        name = f"fixture:{realm.partner}:{ref}"
        first_ms = int(await self._firsts.first(name, str(now_ms)))
        return max(0, first_ms + delay_ms - now_ms) / 1000

    async def _pass(self, seconds: float) -> None:
        """Let so much time pass."""
        if seconds <= 0:
            return
        try:
            self._places.acquire_nowait()
        except trio.WouldBlock:
            raise OverloadedError("too many long polls") from None
        try:
            await trio.sleep(seconds)
        finally:
            self._places.release()
