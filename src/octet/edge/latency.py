"""The volleys of a latency channel, without any I/O.

    edge → ping n₁            page → pong n₁, m₁
    edge → ping n₂, m₁        page → pong n₂, m₂      and so on, so that both sides time each volley

Each nonce is random, used once and answered in order: a page can only be late, never early.
"""

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


class ProtocolViolation(Exception):  # noqa: N818 - says whose fault it is
    """The page sent what the protocol does not allow."""


class Volleys:
    """The edge's side of one channel.

    Args:
        wanted: how many volleys to play.
        nonce: gives a fresh random string.
        clock_s: a monotonic clock, seconds.
    """

    def __init__(
        self, wanted: int, *, nonce: Callable[[], str], clock_s: Callable[[], float]
    ) -> None:
        self._wanted = wanted
        self._nonce = nonce
        self._clock_s = clock_s
        self._outstanding = ""
        self._page_nonce: str | None = None
        self._sent_s = 0.0
        self._rtt_us: list[int] = []

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
        ping = {"t": "ping", "n": self._outstanding}
        if self._page_nonce is not None:
            ping["m"] = self._page_nonce
        frame = _frame(ping)
        self._sent_s = self._clock_s()
        return frame

    def pong(self, text: str) -> None:
        """Take the page's answer, which has just arrived.

        Raises:
            ProtocolViolation: it is no pong, or not to the outstanding ping.
        """
        arrived_s = self._clock_s()
        self._page_nonce = self._read_pong(text)
        self._outstanding = ""
        self._rtt_us.append(round((arrived_s - self._sent_s) * 1e6))

    def done(self, receipt: str) -> str:
        """Return the last frame."""
        return _frame({"t": "done", "receipt": receipt})

    def _read_pong(self, text: str) -> str:
        """Return the page's nonce."""
        try:
            match loads(text.encode("utf-8", "surrogatepass"), max_depth=_PONG_DEPTH):
                case {"t": "pong", "n": str(nonce), "m": str(page_nonce)} if (
                    nonce == self._outstanding != "" and 0 < len(page_nonce) <= _MAX_PAGE_NONCE
                ):
                    return page_nonce
        except SchemaError as exc:
            raise ProtocolViolation("no JSON") from exc
        raise ProtocolViolation("not the pong that was awaited")


def _frame(members: Mapping[str, object]) -> str:
    return dumps(members).decode()
