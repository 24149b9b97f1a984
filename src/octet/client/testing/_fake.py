"""The fake service as tests use it."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

from octet.client.testing._book import Book
from octet.client.testing._faults import Garble, HangUp, Refuse, Stall
from octet.client.testing._replying import Replying, Request
from octet.client.testing._server import FakeServer
from octet.client.testing._signer import Signer
from octet.client.testing._transport import FakeTransport
from octet.schema import CODES
from octet.schema.verdict import Alarm, Verdict

TEST_KEY: Final = "octet_test_v4.public.fake"
LIVE_KEY: Final = "octet_live_v4.public.fake"


class FakeOctet:
    """A service that answers what a test tells it, as the real one would put it.

    As ``with`` it listens on a free port of loopback, at `url`. Without, it needs no socket: give
    `transport` to a client. It may be told and asked from any thread.

        with FakeOctet() as fake:
            app = create_app(octet_url=fake.url, partner_key=fake.partner_key)
            fake.answer(ref, country="DE", confidence=0.91, alarm="none")

    The test key reads the fixture references of the contract, as it does with the real service.

    Args:
        partner: whose verdicts these are; the ``aud`` of tokens.
        default: the verdict for references that no test has told it of; None: pending.
        signed: put a token into every verdict, and its key at ``/v1/keys``; needs
            ``octet[tokens]``.
        now: seconds, never going back; for tests in virtual time, which use `transport`.
    """

    def __init__(
        self,
        *,
        partner: str = "acme",
        default: Verdict | None = None,
        signed: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.partner = partner
        self.partner_key = TEST_KEY
        """A test key that it takes."""
        self.live_key = LIVE_KEY
        """A live key that it takes; it reads no fixture references."""
        self.signer = Signer.generate() if signed else None
        """Signs the tokens; None when there are none."""
        self._book = Book(now, default)
        self._replying = Replying(self._book, self.signer, partner, (TEST_KEY, LIVE_KEY))
        self._server: FakeServer | None = None

    def __repr__(self) -> str:
        """Say where it listens."""
        return f"<FakeOctet {self._server.url if self._server else 'in process'}>"

    # --- how to reach it ---

    @property
    def url(self) -> str:
        """Base URL, while it listens.

        Raises:
            RuntimeError: it does not: it was not entered.
        """
        if self._server is None:
            raise RuntimeError("the fake listens only inside `with`; outside, use its transport")
        return self._server.url

    @property
    def transport(self) -> FakeTransport:
        """Carries a client's requests here without a socket, whatever the base URL."""
        return FakeTransport(self._book, self._replying.answer)

    def __enter__(self) -> Self:
        """Listen on a free port of loopback."""
        self._server = FakeServer(self._book, self._replying.answer)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Stop listening; whoever still waits loses the connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    # --- what it answers ---

    def answer(
        self,
        ref: str,
        *,
        country: str | None = None,
        confidence: float = 0.9,
        alarm: Alarm | str = Alarm.NONE,
        after_s: float = 0.0,
    ) -> None:
        """Have a verdict on *ref*, in *after_s* seconds; who waits for it gets it then.

        Raises:
            ValueError: *alarm* is none.
        """
        verdict = Verdict(country=country, confidence=confidence, alarm=Alarm(alarm))
        self.answer_with(ref, verdict, after_s=after_s)

    def answer_with(self, ref: str, verdict: Verdict, *, after_s: float = 0.0) -> None:
        """Have exactly this *verdict* on *ref*, in *after_s* seconds."""
        self._book.write(ref, verdict, after_s)

    def withhold(self, ref: str) -> None:
        """Have no verdict on *ref*, whatever the default is."""
        self._book.write(ref, None, 0.0)

    @property
    def default(self) -> Verdict | None:
        """The verdict for references that no test has told it of; None: pending."""
        return self._book.default

    @default.setter
    def default(self, verdict: Verdict | None) -> None:
        self._book.default = verdict
        self._book.touch()

    # --- what goes wrong ---

    def refuse(self, code: str, *, retry_after_s: int | None = None, times: int | None = 1) -> None:
        """Answer the next requests with a problem.

        Args:
            code: of the contract: ``rate_limited``, ``partner_key_revoked``, ``overloaded``, …
            retry_after_s: for the ``Retry-After`` header, seconds.
            times: how many requests; None: all, until `recover`. What was planned comes in order.

        Raises:
            ValueError: the contract has no such code.
        """
        if code not in CODES:
            raise ValueError(f"no problem code: {code}")
        self._replying.plan(Refuse(code, retry_after_s), times)

    def stall(self, seconds: float, *, times: int | None = 1) -> None:
        """Take so long over each of the next requests, and then answer."""
        self._replying.plan(Stall(seconds), times)

    def garble(
        self,
        body: bytes = b"<!doctype html><title>Welcome</title>",
        *,
        status: int = 200,
        content_type: str = "text/html",
        times: int | None = 1,
    ) -> None:
        """Answer the next requests with what is no contract, as a gateway on the way might."""
        self._replying.plan(Garble(status, body, content_type), times)

    def hang_up(self, *, times: int | None = 1) -> None:
        """Close the connection of the next requests, without an answer."""
        self._replying.plan(HangUp(), times)

    def recover(self) -> None:
        """Let nothing go wrong any more."""
        self._replying.recover()

    # --- what it was asked ---

    @property
    def requests(self) -> Sequence[Request]:
        """What came so far, the oldest first."""
        return tuple(self._replying.requests)
