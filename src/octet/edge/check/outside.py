"""The set-up from without: a page's requests and channels at the URL that pages use.

The report has the same lines whatever happens: what could not be looked at is not known.
"""

import random
import ssl
import uuid
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import httpx
import trio
from attrs import frozen

from octet.edge.check import answers, doorstep, observations, skew, source, termination
from octet.edge.check.entrance import Entrance
from octet.edge.check.finding import Finding, fail, ok, unknown
from octet.edge.check.forgery import NAMES as FORGED
from octet.edge.check.forgery import forgeries, judge_forgery
from octet.edge.check.sighting import Sighting, open_sighting
from octet.edge.check.target import Target
from octet.edge.check.trouble import Kind, Trouble, trouble_of
from octet.edge.check.visitor import (
    USER_AGENT,
    ChannelError,
    Played,
    RefusedChannelError,
    Visitor,
)
from octet.edge.clock import EpochMs
from octet.edge.receipt import ReceiptSealer
from octet.schema.json_text import dumps

VOLLEYS: Final = 8
RECEIPT: Final = "receipt"
NAMES: Final = (
    doorstep.CONNECTION,
    doorstep.TLS,
    answers.HEALTH,
    answers.READY,
    answers.COLLECTOR,
    answers.ORIGIN,
    answers.WEBSOCKET,
    RECEIPT,
    skew.NAME,
    termination.NAME,
    source.NAME,
    observations.NAME,
    *FORGED,
    answers.POST,
)
"""The lines of the report, in order."""

_PREFLIGHT: Final = (
    ("access-control-request-method", "POST"),
    ("access-control-request-headers", "content-type"),
)
"""What a browser adds to its question whether a page may post."""

T = TypeVar("T")
_NETWORK: Final = (OSError, trio.BrokenResourceError, trio.TooSlowError, httpx.TransportError)


@frozen(kw_only=True)
class Questions:
    """What is asked, and by whom."""

    target: Target
    license: str | None
    """Of the deployment: its receipts are opened by it."""
    origin: str
    """Of the pages."""
    trust: ssl.SSLContext
    source: str | None
    """The local address to connect from."""
    expected: str | None
    """The address by which this machine is known outside."""
    epoch_ms: EpochMs
    rng: random.Random


async def check_outside(questions: Questions) -> list[Finding]:
    """Ask all; return a finding for each of `NAMES`.

    Cancellation: nothing remains but a verdict, if the report was posted. Timeout: each request
    and each channel has its own.
    """
    outside = _Outside(questions)
    await outside.run()
    found = {finding.name: finding for finding in outside.findings}
    skipped = "not looked at, since something before it failed"
    return [found.get(name) or unknown(name, skipped) for name in NAMES]


class _Outside:
    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._visit_through(questions.trust)
        self._sealer = ReceiptSealer(questions.license, questions.epoch_ms)
        self._ref = f"sess_check_{uuid.UUID(int=questions.rng.getrandbits(128)).hex}"
        self._receipts: list[str] = []
        self.findings: list[Finding] = []

    async def run(self) -> None:
        """Look at one thing after the other, as far as it makes sense."""
        if await self._meet() and await self._ask():
            honest = await self._play_honestly()
            if honest is not None:
                await self._play_forged(honest)
            await self._post()

    def _visit_through(self, trust: ssl.SSLContext) -> None:
        asked = self._questions
        self._entrance = Entrance(asked.target, trust, asked.source)
        self._visitor = Visitor(asked.target, self._entrance, asked.origin, asked.epoch_ms)

    def _note(self, *findings: Finding) -> None:
        self.findings += findings

    # --- reached at all --------------------------------------------------------------------------

    async def _meet(self) -> bool:
        """Connect; go on also where the certificate is bad, for whose receipt opens is the edge."""
        target = self._questions.target
        met = await _tried(self._entrance.connect())
        if isinstance(met, Trouble):
            return await self._meet_anyway(target, met)
        self._note(doorstep.judge_connection(met))
        self._note(doorstep.judge_tls(target, met, self._questions.epoch_ms))
        await trio.aclose_forcefully(met.stream)
        return True

    async def _meet_anyway(self, target: Target, trouble: Trouble) -> bool:
        if trouble.kind not in {Kind.UNTRUSTED, Kind.TLS}:
            self._note(doorstep.judge_no_connection(target, trouble))
            return False
        self._note(doorstep.judge_no_tls(trouble))
        anyone = ssl.create_default_context()
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        self._visit_through(anyone)
        met = await _tried(self._entrance.connect())
        if isinstance(met, Trouble):
            self._note(ok(doorstep.CONNECTION, "something takes connections"))
            return False
        self._note(doorstep.judge_connection(met))
        await trio.aclose_forcefully(met.stream)
        return True

    # --- a page's requests -----------------------------------------------------------------------

    async def _ask(self) -> bool:
        """Ask what pages ask before they report; return whether an edge answers."""
        ask = self._visitor.ask
        health = await self._look(answers.HEALTH, ask("GET", "/health"), answers.judge_health)
        if health is None or not health.is_success:
            return False
        await self._look(answers.READY, ask("GET", "/ready"), answers.judge_ready)
        await self._look(
            answers.COLLECTOR, self._script(), lambda pair: answers.judge_collector(*pair)
        )
        await self._look(
            answers.ORIGIN,
            ask("OPTIONS", "/v1/signals", _PREFLIGHT),
            lambda reply: answers.judge_origin(reply, self._questions.origin),
        )
        return True

    async def _script(self) -> tuple[httpx.Response, httpx.Response]:
        script = await self._visitor.ask("GET", "/octet-collector.js")
        return script, await self._visitor.ask("GET", "/octet-collector.js.sri")

    async def _post(self) -> None:
        """Post a report like any other, by which the customer can recognise this run."""
        report = {
            "v": 1,
            "id": str(uuid.UUID(int=self._questions.rng.getrandbits(128))),
            "sessionRef": self._ref,
            "mode": "passive",
            "collector": USER_AGENT,
            "signals": {},
            "receipts": self._receipts,
        }
        kind = [("content-type", "application/json")]
        asking = self._visitor.ask("POST", "/v1/signals", kind, dumps(report))
        await self._look(answers.POST, asking, lambda reply: answers.judge_post(reply, self._ref))

    async def _look(
        self, name: str, asking: Awaitable[T], judge: Callable[[T], Finding]
    ) -> T | None:
        """Note what *judge* makes of the answer; return that, if there is one."""
        answer = await _tried(asking)
        if isinstance(answer, Trouble):
            self._note(fail(name, f"no answer: {answer.text}", "let requests below the URL pass"))
            return None
        self._note(judge(answer))
        return answer

    # --- channels --------------------------------------------------------------------------------

    async def _play_honestly(self) -> Sighting | None:
        """Play a channel as any page does; return how the edge saw it, if that is to be known."""
        size = termination.unusual_size(self._questions.rng)
        try:
            played = await self._visitor.play(self._ref, volleys=VOLLEYS, max_segment=size)
        except RefusedChannelError as exc:
            origin = self._questions.origin
            self._note(answers.judge_refused_channel(exc.status, exc.body, origin))
            return None
        except ChannelError as exc:
            self._note(fail(answers.WEBSOCKET, str(exc), "let WebSockets live for 15 s"))
            return None
        except _NETWORK as exc:
            text = trouble_of(exc).text
            self._note(fail(answers.WEBSOCKET, text, "let GET /v1/ws pass to the edge"))
            return None
        self._note(ok(answers.WEBSOCKET, f"a latency channel opens, and plays {VOLLEYS} volleys"))
        self._receipts.append(played.receipt)
        seen = self._open(played)
        if seen is not None:
            expected = self._questions.expected
            self._note(
                skew.judge_edge(seen.channel.at, played.begun_ms, played.done_ms),
                termination.judge_termination(seen),
                source.judge_source(seen, expected),
                observations.judge_observations(seen),
            )
        return seen

    def _open(self, played: Played) -> Sighting | None:
        try:
            seen = open_sighting(self._sealer, played)
        except ValueError:
            remedy = (
                "give the check the LICENSE of the edge, or the edge the one that it should have"
            )
            self._note(fail(RECEIPT, "the edge seals receipts by another licence", remedy))
            return None
        if seen is None:
            self._note(unknown(RECEIPT, "the edge is older than this check", "update the edge"))
            return None
        self._note(ok(RECEIPT, "the edge seals receipts by this licence"))
        return seen

    async def _play_forged(self, honest: Sighting) -> None:
        """Play a channel with each of the headers by which a stranger might be believed."""
        for forgery in forgeries(self._questions.rng):
            try:
                played = await self._visitor.play(self._ref, volleys=1, fields=forgery.fields)
                seen = open_sighting(self._sealer, played)
            except (ChannelError, ValueError, *_NETWORK):
                seen = None
            if seen is None:
                text = "no channel opens with this header, which is safe if it was meant so"
                self._note(unknown(forgery.name, text))
            else:
                self._note(judge_forgery(forgery, honest, seen))


async def _tried(asking: Awaitable[T]) -> T | Trouble:
    try:
        return await asking
    except _NETWORK as exc:
        return trouble_of(exc)
