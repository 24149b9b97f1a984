"""Latency channels at a deployed edge: an honest one, and one with each of a stranger's headers."""

import random
from typing import Final

import trio
from attrs import field, frozen

from octet.edge.check import answers, observations, skew, source, termination
from octet.edge.check.finding import Finding, fail, ok, unknown
from octet.edge.check.forgery import NAMES as FORGED
from octet.edge.check.forgery import Forgery, forgeries, judge_forgery, judge_refusal
from octet.edge.check.sighting import Sighting, open_sighting
from octet.edge.check.trouble import trouble_of
from octet.edge.check.visitor import ChannelError, Played, RefusedChannelError, Visitor
from octet.edge.receipt import ReceiptSealer

VOLLEYS: Final = 8
RECEIPT: Final = "receipt"
NAMES: Final = (
    answers.WEBSOCKET,
    RECEIPT,
    skew.NAME,
    termination.NAME,
    source.NAME,
    observations.NAME,
    *FORGED,
)

_BROKEN: Final = (ChannelError, OSError, trio.BrokenResourceError, trio.TooSlowError)


@frozen(kw_only=True)
class Channels:
    """All channels of one run."""

    visitor: Visitor
    sealer: ReceiptSealer
    """Opens the receipts."""
    ref: str
    """The session's reference."""
    origin: str
    """Of the pages."""
    expected: str | None
    """The address by which this machine is known outside."""
    rng: random.Random
    receipts: list[str] = field(factory=list, init=False)
    """What a report would carry."""

    async def look(self) -> list[Finding]:
        """Play all; return what they show, as far as they do.

        Cancellation: nothing remains. Timeout: each channel has its own.
        """
        try:
            size = termination.unusual_size(self.rng)
            played = await self.visitor.play(self.ref, volleys=VOLLEYS, max_segment=size)
        except _BROKEN as exc:
            return [self._no_channel(exc)]
        self.receipts.append(played.receipt)
        opens = ok(answers.WEBSOCKET, f"a latency channel opens, and plays {VOLLEYS} volleys")
        try:
            honest = open_sighting(self.sealer, played)
        except ValueError:
            remedy = "give the check the LICENSE that the edge has, or the edge the right one"
            return [opens, fail(RECEIPT, "the edge seals receipts by another licence", remedy)]
        if honest is None:
            older = "the edge is older than this check"
            return [opens, unknown(RECEIPT, older, "check with the edge's own version")]
        forged = [await self._forge(forgery, honest) for forgery in forgeries(self.rng)]
        return [opens, *self._judge(honest, played), *forged]

    def _judge(self, honest: Sighting, played: Played) -> list[Finding]:
        return [
            ok(RECEIPT, "the edge seals receipts by this licence"),
            skew.judge_edge(honest.channel.at, played.begun_ms, played.done_ms),
            termination.judge_termination(honest),
            source.judge_source(honest, self.expected),
            observations.judge_observations(honest),
        ]

    def _no_channel(self, raised: BaseException) -> Finding:
        match raised:
            case RefusedChannelError(status=status, body=body):
                return answers.judge_refused_channel(status, body, self.origin)
            case ChannelError():
                remedy = "let GET /v1/ws pass to the edge, and live for 15 s"
                return fail(answers.WEBSOCKET, str(raised), remedy)
            case _:
                remedy = "let GET /v1/ws pass to the edge"
                return fail(answers.WEBSOCKET, trouble_of(raised).text, remedy)

    async def _forge(self, forgery: Forgery, honest: Sighting) -> Finding:
        try:
            played = await self.visitor.play(self.ref, volleys=1, fields=forgery.fields)
            forged = open_sighting(self.sealer, played)
        except RefusedChannelError as exc:
            return judge_refusal(forgery, exc.status)
        except (ValueError, *_BROKEN):
            forged = None
        if forged is None:
            return unknown(forgery.name, "no channel opens with this header", "try again")
        return judge_forgery(forgery, honest, forged)
