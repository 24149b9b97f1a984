"""How far two clocks are apart, as far as that can be known, and in words."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from attrs import frozen

from octet.edge.check.finding import Finding, fail, ok, unknown, warn

NAME: Final = "clock"
CLOSE_MS: Final = 30_000
"""What nothing depends on."""
SIGNED_MS: Final = 300_000
"""The service takes a signature that was made so long before or after its own now."""
DATE_MS: Final = 1000
"""How exact the Date header is (RFC 9110, 5.6.7)."""
_SET = "let NTP set this machine's clock"


@frozen
class Skew:
    """By how much this machine is ahead of the other one, milliseconds; behind is negative."""

    least: int
    most: int

    @property
    def certain(self) -> int:
        """The part of it that is beyond doubt."""
        if self.least <= 0 <= self.most:
            return 0
        return self.least if self.least > 0 else self.most

    def __str__(self) -> str:
        """Say it."""
        off = abs(self.certain)
        if not off:
            return "this machine's clock agrees with"
        return (
            f"this machine's clock is {_span(off)} {'ahead of' if self.certain > 0 else 'behind'}"
        )


def skew_by_date(date: str, asked_ms: int, answered_ms: int) -> Skew | None:
    """Compare with the Date header of a reply; None where that is no date.

    Args:
        date: the header's value.
        asked_ms: when the request was begun, by this machine's clock.
        answered_ms: when the reply was there.
    """
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    theirs = round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
    return Skew(asked_ms - theirs - DATE_MS, answered_ms - theirs)


def judge_service(
    headers: Mapping[str, str], asked_ms: int, answered_ms: int, *, signs: bool
) -> Finding:
    """Judge the service's clock against this machine's.

    Args:
        headers: of a reply.
        asked_ms: when the request was begun, by this machine's clock.
        answered_ms: when the reply was there.
        signs: whether the edge signs its forwards, with the time in the signature.
    """
    skew = skew_by_date(headers.get("date", ""), asked_ms, answered_ms)
    if skew is None:
        return unknown(NAME, "the service's answer has no Date header")
    text = f"{skew} the service's"
    if signs and abs(skew.certain) > SIGNED_MS:
        more = f"{text}: signatures are refused beyond {SIGNED_MS // 60_000} minutes"
        return fail(NAME, more, _SET)
    return warn(NAME, text, _SET) if abs(skew.certain) > CLOSE_MS else ok(NAME, text)


def judge_edge(sealed_ms: int, begun_ms: int, received_ms: int) -> Finding:
    """Judge the edge's clock, which stamped a receipt, against this machine's."""
    skew = Skew(begun_ms - sealed_ms, received_ms - sealed_ms)
    text = f"{skew} the edge's"
    if abs(skew.certain) <= CLOSE_MS:
        return ok(NAME, text)
    remedy = "let NTP set both clocks: receipts of one edge are good for 120 s on all others"
    return warn(NAME, text, remedy)


def _span(ms: int) -> str:
    seconds = ms / 1000
    if seconds < 10:  # noqa: PLR2004 - from there on nobody wants decimals
        return f"{seconds:.1f} s"
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
