"""The latency channel's shell: moves the frames of `octet.edge.latency` over a WebSocket."""

import base64
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

import trio
from attrs import frozen

from octet.edge.latency import (
    BUDGET_MS,
    CHANNEL_LIFE_S,
    MAX_BUDGET_MS,
    MAX_VOLLEYS,
    MIN_BUDGET_MS,
    PONG_S,
    VOLLEYS,
    ProtocolViolation,
    Volleys,
)
from octet.schema import SchemaError, structure
from octet.schema.constraints import SessionRef
from octet.serving import ProblemError

NORMAL: Final = 1000
UNSUPPORTED_DATA: Final = 1003
POLICY_VIOLATION: Final = 1008

NONCE_BYTES: Final = 12
NONCE_CHARS: Final = NONCE_BYTES * 4 // 3
"""In base64, which cuts between nonces because their bytes are so many threes."""


class SocketClosedError(Exception):
    """The WebSocket is closed; nothing more comes or goes."""


class Socket(Protocol):
    """An open WebSocket, whoever carries it."""

    async def send(self, text: str, *, more: bool = False) -> None:
        """Send one text message; with *more* to come at once, it may travel with the next."""

    async def receive(self) -> str:
        """Return the next text message.

        Raises:
            SocketClosedError: there is none; whatever had to be sent in farewell was sent.
        """

    async def close(self, code: int) -> None:
        """Say farewell with *code*."""


@frozen
class ChannelRequest:
    """What a page asks of a channel."""

    session_ref: str | None
    volleys: int
    budget_s: float

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "ChannelRequest":
        """Read the query of the WebSocket's URL.

        Raises:
            ProblemError: ``malformed``.
        """
        return cls(
            session_ref=_session_ref(query.get("ref")),
            volleys=_integer(query, "volleys", VOLLEYS, 1, MAX_VOLLEYS),
            budget_s=_integer(query, "budgetMs", BUDGET_MS, MIN_BUDGET_MS, MAX_BUDGET_MS) / 1000,
        )


def _session_ref(text: str | None) -> str | None:
    try:
        return structure(_Ref, {"ref": text}).ref if text is not None else None
    except SchemaError as exc:
        raise ProblemError("malformed", str(exc)) from exc


@frozen
class _Ref:
    ref: SessionRef


def _integer(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        raise ProblemError("malformed", f"{name}: must be an integer from {low} to {high}")
    return int(text)


async def play(
    socket: Socket, request: ChannelRequest, seal: Callable[[tuple[int, ...]], str]
) -> None:
    """Play the volleys that *request* asks for on *socket*, and say farewell.

    Cancellation: the socket is dropped; there is no receipt.
    Timeout: `CHANNEL_LIFE_S` in all, `PONG_S` a pong, the request's budget for all volleys.

    Raises:
        SocketClosedError: the page left, or sent no text.
    """
    volleys = Volleys(
        request.volleys,
        nonce=_nonces(request.volleys).__next__,
        clock_s=trio.current_time,
    )
    code = POLICY_VIOLATION
    with trio.move_on_after(CHANNEL_LIFE_S):
        await socket.send(volleys.hello())
        code = await _play_all(socket, volleys, request.budget_s)
        if code == NORMAL:
            await socket.send(volleys.done(seal(volleys.rtt_us)), more=True)
    await socket.close(code)


def _nonces(count: int) -> Iterator[str]:
    """Yield *count* nonces; all their randomness is read and written down at once."""
    text = base64.urlsafe_b64encode(secrets.token_bytes(count * NONCE_BYTES)).decode()
    for place in range(0, len(text), NONCE_CHARS):
        yield text[place : place + NONCE_CHARS]


async def _play_all(socket: Socket, volleys: Volleys, budget_s: float) -> int:
    """Play until there are enough, or the budget is spent and there is one; return a close code."""
    end_s = trio.current_time() + budget_s
    with trio.CancelScope() as waiting:
        while not volleys.complete and not (volleys.begun and volleys.heard_s >= end_s):
            ping = volleys.ping()
            late_s = volleys.sent_s + PONG_S
            deadline_s = min(late_s, end_s) if volleys.begun else late_s
            if deadline_s != waiting.deadline:  # to set what is set already costs as much
                waiting.deadline = deadline_s
            await socket.send(ping)
            pong = await socket.receive()
            try:
                volleys.pong(pong)
            except ProtocolViolation:
                return POLICY_VIOLATION
    in_time = not waiting.cancelled_caught or (volleys.begun and trio.current_time() >= end_s)
    return NORMAL if in_time else POLICY_VIOLATION
