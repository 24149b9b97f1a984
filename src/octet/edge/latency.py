"""The volleys of a latency channel, without any I/O.

    edge → ping n₁            page → pong n₁, m₁
    edge → ping n₂, m₁        page → pong n₂, m₂      and so on, so that both sides time each volley

Each nonce is random, used once and answered in order: a page can only be late, never early.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from octet.schema import SchemaError
from octet.schema.json_text import dumps, loads

VOLLEYS: Final = 24
MAX_VOLLEYS: Final = 64
BUDGET_MS: Final = 1500
MIN_BUDGET_MS: Final = 100
MAX_BUDGET_MS: Final = 5000
PONG_S: Final = 3.0
"""The longest that one pong may take, seconds."""
CHANNEL_LIFE_S: Final = 15.0

_MAX_PAGE_NONCE: Final = 128
_PONG_DEPTH: Final = 2
_PLAIN_PONG: Final = re.compile(
    rf'\{{"t":"pong","n":"([\w-]+)","m":("[\w-]{{1,{_MAX_PAGE_NONCE}}}")\}}', re.ASCII
)
"""A pong as collectors write it, with its nonces, the page's in its quotation marks. One that says
the same in other words goes through the parser."""


class ProtocolViolation(Exception):  # noqa: N818 - says whose fault it is
    """The page sent what the protocol does not allow."""


class Volleys:
    """The edge's side of one channel.

    Args:
        wanted: how many volleys to play.
        nonce: gives a fresh random string, such as needs no escape in JSON.
        clock_s: a monotonic clock, seconds.
    """

    def __init__(
        self, wanted: int, *, nonce: Callable[[], str], clock_s: Callable[[], float]
    ) -> None:
        self._wanted = wanted
        self._nonce = nonce
        self._clock_s = clock_s
        self._outstanding = ""
        self._echo = ""
        """The page's nonce, as the next ping says it."""
        self._rtt_us: list[int] = []
        self.sent_s = 0.0
        """When the last ping was written."""
        self.heard_s = 0.0
        """When its pong had arrived."""

    @property
    def rtt_us(self) -> tuple[int, ...]:
        """The round trips so far, microseconds, in order."""
        return tuple(self._rtt_us)

    @property
    def begun(self) -> bool:
        """Whether there is a round trip."""
        return bool(self._rtt_us)

    @property
    def complete(self) -> bool:
        """Whether as many were played as wanted."""
        return len(self._rtt_us) >= self._wanted

    def hello(self) -> str:
        """Return the first frame."""
        return _frame({"t": "hello", "v": 1, "volleys": self._wanted})

    def ping(self) -> str:
        """Return the next ping; its volley's time starts now."""
        self._outstanding = self._nonce()
        frame = f'{{"t":"ping","n":"{self._outstanding}"{self._echo}}}'
        self.sent_s = self._clock_s()
        return frame

    def pong(self, text: str) -> None:
        """Take the page's answer, which has just arrived.

        Raises:
            ProtocolViolation: it is no pong, or not to the outstanding ping.
        """
        self.heard_s = self._clock_s()
        plain = _PLAIN_PONG.fullmatch(text)
        known = plain is not None and plain[1] == self._outstanding
        self._echo = f',"m":{plain[2] if plain is not None and known else self._read_pong(text)}'
        self._outstanding = ""
        self._rtt_us.append(round((self.heard_s - self.sent_s) * 1e6))

    def done(self, receipt: str) -> str:
        """Return the last frame."""
        return _frame({"t": "done", "receipt": receipt})

    def _read_pong(self, text: str) -> str:
        """Return the page's nonce, as JSON."""
        try:
            match loads(text.encode("utf-8", "surrogatepass"), max_depth=_PONG_DEPTH):
                case {"t": "pong", "n": str(nonce), "m": str(page_nonce)} if (
                    nonce == self._outstanding != "" and 0 < len(page_nonce) <= _MAX_PAGE_NONCE
                ):
                    return dumps(page_nonce).decode()
        except SchemaError as exc:
            raise ProtocolViolation("no JSON") from exc
        raise ProtocolViolation("not the pong that was awaited")


def _frame(members: Mapping[str, object]) -> str:
    return dumps(members).decode()
