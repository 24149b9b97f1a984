"""What a visitor could send to be believed, each header by itself, and whether it was.

The values are ones that no real connection has: addresses for documentation (RFC 5737), round trips
of half an hour, random bytes for a SYN and a ClientHello.
"""

import base64
import random
from collections.abc import Callable
from typing import Final

from attrs import frozen

from octet.edge.check.finding import Finding, fail, ok, unknown
from octet.edge.check.sighting import Sighting
from octet.edge.connection.hints import CLIENT_HELLO, RTT, RTT_VAR, SYN
from octet.edge.sight import digest
from octet.schema import AbsenceReason

NAMES: Final = (
    "x-forwarded-for",
    "forwarded",
    RTT.decode(),
    RTT_VAR.decode(),
    CLIENT_HELLO.decode(),
    SYN.decode(),
)
"""Of the headers, in the order of the report."""

_RTT_US: Final = range(1_500_000_000, 2_000_000_000)
_SYN_BYTES: Final = 40
_HELLO_BYTES: Final = 40
_REPLACE: Final = (
    "have the proxy before the edge write {name} anew, from the address that it was reached from"
    " (nginx: proxy_set_header X-Forwarded-For $remote_addr; HAProxy: http-request set-header"
    " X-Forwarded-For %[src]), or erase it if it sets none"
)
_ERASE: Final = (
    'have the proxy before the edge erase {name} of visitors (nginx: proxy_set_header {name} "";'
    " HAProxy: http-request del-header {name}) before it sets one of its own"
)
_WHO: Final = (
    ". EDGE_TRUSTED_PROXIES must name proxies alone; if this machine is in there, run the check"
    " from another"
)


@frozen
class Forgery:
    """One header of a stranger's."""

    name: str
    fields: tuple[tuple[str, str], ...]
    """What is sent."""
    fact: str | None
    """The observation that it would be, if it is a hint."""
    shows: Callable[[Sighting], bool]
    """Whether the edge believed it."""


def forgeries(rng: random.Random) -> tuple[Forgery, ...]:
    """Make one for each of `NAMES`, with values of this run alone."""
    address, other = (f"198.51.100.{host}" for host in rng.sample(range(1, 255), 2))
    rtt_us, rtt_var_us = rng.sample(_RTT_US, 2)
    hello = b"\x01\x00\x00" + bytes([_HELLO_BYTES]) + rng.randbytes(_HELLO_BYTES)
    hello_text, syn_text = (_text(raw) for raw in (hello, rng.randbytes(_SYN_BYTES)))
    xff, forwarded, rtt, rtt_var, client_hello, syn = NAMES
    return (
        Forgery(xff, ((xff, address),), None, lambda seen: seen.source_ip == address),
        Forgery(forwarded, ((forwarded, f"for={other}"),), None, lambda s: s.source_ip == other),
        Forgery(rtt, ((rtt, str(rtt_us)),), "tcp", lambda seen: _rtt_us(seen) == rtt_us),
        Forgery(  # a deviation without a round trip says nothing, so a stranger sends both
            rtt_var,
            ((rtt, str(rtt_us)), (rtt_var, str(rtt_var_us))),
            "tcp",
            lambda seen: _rtt_var_us(seen) == rtt_var_us,
        ),
        Forgery(
            client_hello, ((client_hello, hello_text),), "tls", _told("clientHello", hello_text)
        ),
        Forgery(syn, ((syn, syn_text),), "syn", _told("syn", syn_text)),
    )


def judge_forgery(forgery: Forgery, honest: Sighting, forged: Sighting) -> Finding:
    """Say whether a stranger's header is believed, or at least does harm.

    Args:
        forgery: what was sent on one of two channels.
        honest: the channel without it.
        forged: the channel with it.
    """
    name = forgery.name
    if forgery.shows(forged):
        return fail(name, "a visitor who sends this header is believed", _remedy(forgery))
    if _spoilt(forgery, forged) and not _spoilt(forgery, honest):
        text = "a visitor who sends this header has the proxy's own no longer read: it comes twice"
        return fail(name, text, _remedy(forgery))
    return ok(name, "a visitor who sends this header is not believed")


def judge_refusal(forgery: Forgery, status: int) -> Finding:
    """Judge that what is before the edge, or the edge, opened no channel but answered *status*."""
    text = f"a visitor who sends this header is refused: status {status}"
    if status in {400, 403}:
        return ok(forgery.name, text)
    return unknown(forgery.name, text, "look why; a header that a proxy erases harms nobody")


def _spoilt(forgery: Forgery, seen: Sighting) -> bool:
    fact = forgery.fact
    return fact is not None and seen.sight.missing.get(fact) is AbsenceReason.ERROR


def _remedy(forgery: Forgery) -> str:
    how = _REPLACE if forgery.fact is None else _ERASE
    return how.format(name=forgery.name) + _WHO


def _rtt_us(seen: Sighting) -> int | None:
    return seen.tcp.rtt_us if seen.tcp else None


def _rtt_var_us(seen: Sighting) -> int | None:
    return seen.tcp.rtt_var_us if seen.tcp else None


def _told(fact: str, value: str) -> Callable[[Sighting], bool]:
    return lambda seen: seen.sight.told.get(fact) == digest(value)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
