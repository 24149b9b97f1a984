"""What a plan asks of the shell that carries it out.

The client's decisions (what to send, how long to wait, whether to try again) are generators that do
no I/O: a plan yields steps, and gets what came of each. `OctetClient` and `OctetSyncClient` are two
shells that take the same plans to their end, the one with an event loop and the other without.
"""

from collections.abc import Generator, Mapping
from typing import Final, TypeAlias, TypeVar

from attrs import define, field, frozen

from octet.client._errors import ProtocolError

MAX_REPLY_BYTES: Final = 1024 * 1024
"""Of one reply's body; a verdict has a few hundred."""

T = TypeVar("T")


@frozen
class Ask:
    """Send one GET; answered with its `Reply`, or by throwing the `OctetError` that came of it."""

    path: str
    """Relative to the base URL."""
    limit_s: float
    """From the connection pool to the last byte of the reply, seconds; not more than 0: no time."""
    query: Mapping[str, int] = field(factory=dict)


@frozen
class Pause:
    """Do nothing for a while; answered with None."""

    seconds: float


@frozen
class Reply:
    """A reply that arrived whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case, or a mapping that does not mind."""
    body: bytes


Plan: TypeAlias = Generator[Ask | Pause, Reply | None, T]


@define
class Incoming:
    """A reply on its way in: read to its end, kept up to a bound.

    Raises:
        ProtocolError: the body comes in a content encoding, and nobody asked for one.
    """

    status: int
    headers: Mapping[str, str]
    _body: bytearray = field(factory=bytearray, init=False)

    def __attrs_post_init__(self) -> None:
        """Refuse what would have to be unpacked: no bomb unpacks itself."""
        if self.headers.get("content-encoding", "identity") != "identity":
            raise self._fault("has a content encoding that nobody asked for")

    def feed(self, chunk: bytes) -> None:
        """Take the next part of the body; what goes beyond the bound is dropped."""
        if len(self._body) <= MAX_REPLY_BYTES:
            self._body += chunk

    def whole(self) -> Reply:
        """Return the reply, of which nothing more comes.

        Raises:
            ProtocolError: its body went beyond the bound.
        """
        if len(self._body) > MAX_REPLY_BYTES:
            raise self._fault(f"is larger than {MAX_REPLY_BYTES} bytes")
        return Reply(self.status, self.headers, bytes(self._body))

    def _fault(self, text: str) -> ProtocolError:
        return ProtocolError(
            f"the reply {text}", status=self.status, request_id=self.headers.get("x-request-id")
        )
