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

from octet.edge.check import answers, channels, doorstep
from octet.edge.check.channels import Channels
from octet.edge.check.entrance import Entrance
from octet.edge.check.finding import Finding, fail, ok, unknown
from octet.edge.check.target import Target
from octet.edge.check.trouble import Kind, Trouble, trouble_of
from octet.edge.check.visitor import USER_AGENT, Visitor
from octet.edge.clock import EpochMs
from octet.edge.receipt import ReceiptSealer
from octet.schema.json_text import dumps

NAMES: Final = (
    doorstep.CONNECTION,
    doorstep.TLS,
    answers.HEALTH,
    answers.READY,
    answers.COLLECTOR,
    answers.ORIGIN,
    *channels.NAMES,
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
        self._ref = f"sess_check_{uuid.UUID(int=questions.rng.getrandbits(128)).hex}"
        self.findings: list[Finding] = []

    async def run(self) -> None:
        """Look at one thing after the other, as far as it makes sense."""
        if await self._meet() and await self._ask():
            await self._post(await self._play())

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

    async def _play(self) -> list[str]:
        """Look at the channels; return the receipts of those that a page would open."""
        asked = self._questions
        played = Channels(
            visitor=self._visitor,
            sealer=ReceiptSealer(asked.license, asked.epoch_ms),
            ref=self._ref,
            origin=asked.origin,
            expected=asked.expected,
            rng=asked.rng,
        )
        self._note(*await played.look())
        return played.receipts

    async def _post(self, receipts: list[str]) -> None:
        """Post a report like any other, by which the customer can recognise this run."""
        report = {
            "v": 1,
            "id": str(uuid.UUID(int=self._questions.rng.getrandbits(128))),
            "sessionRef": self._ref,
            "mode": "passive",
            "collector": USER_AGENT,
            "signals": {},
            "receipts": receipts,
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


async def _tried(asking: Awaitable[T]) -> T | Trouble:
    try:
        return await asking
    except _NETWORK as exc:
        return trouble_of(exc)
