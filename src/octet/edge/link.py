"""One HTTP/1.1 connection to the service, kept for the next request.

h11 writes, and reads every reply that is not a plain one; this adds what a relay needs to know and
a general client does not say: whether a connection died before the service had answered a byte, and
an end that waits for nobody.
"""

import re
import ssl
from typing import Final

import h11
import httpx
import trio

MAX_REPLY_BYTES: Final = 8 * 1024 * 1024
"""A longer body is not read."""
_READ_BYTES: Final = 64 * 1024
_UNTOLD: Final = frozenset({b"content-encoding", b"location", b"set-cookie"})
"""Fields of a reply on which httpx would act: it would decompress, prepare to follow, remember."""


_PLAIN_HEAD: Final = re.compile(
    rb"HTTP/1\.1 200(?: [ -~]*)?\r\n"
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*+[!-~](?:[ \t]*+[!-~])*\r\n)+\r\n"
)
"""Of a reply whose fields are all told in one way, in ASCII; `*+` gives nothing back."""
_PLAIN_FIELD: Final = re.compile(rb"([^\r\n:]+):[ \t]*([^\r\n]+)\r\n")
_LENGTH: Final = re.compile(rb"[0-9]{1,7}")
_PLAIN_BYTES: Final = 16 * 1024
"""A longer head is left to h11, which has its own bound."""
_FRAMING: Final = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade"})
"""Fields that may say more of where a reply ends, or what follows it."""


class NoReplyError(httpx.RemoteProtocolError):
    """The connection broke, or what came is no HTTP."""

    def __init__(self, *, heard: bool) -> None:
        super().__init__("the service gave no reply")
        self.heard = heard
        """Whether any byte of the answer had come."""


class Link:
    """A connection; one request at a time."""

    def __init__(self, stream: trio.abc.Stream, tls: ssl.SSLContext | None = None) -> None:
        self._stream = stream
        self.tls = tls
        """What secures it."""
        self._http = h11.Connection(h11.CLIENT)
        """Of one request and its reply."""
        self._heard = False
        self._in_order = False
        """Whether the last reply ended where it said, and nothing follows it."""
        self._reusable = False

    @classmethod
    async def open(cls, host: str, port: int, tls: ssl.SSLContext | None) -> "Link":
        """Connect; the TLS handshake comes with the first request.

        Timeout: the caller's.

        Raises:
            NoReplyError: no address of *host* takes the connection.
        """
        try:
            stream = await trio.open_tcp_stream(host, port)
        except (OSError, UnicodeError) as exc:  # UnicodeError: no name that DNS could know
            raise NoReplyError(heard=False) from exc
        if tls is None:
            return cls(stream)
        secure = trio.SSLStream(stream, tls, server_hostname=host, https_compatible=True)
        return cls(secure, tls)

    @property
    def reusable(self) -> bool:
        """Whether another request may follow: both sides ended the last one in order."""
        return self._reusable

    async def ask(self, request: httpx.Request) -> httpx.Response:
        """Send *request* and return the reply, whose end has come.

        Its body is as it was sent, no encoding undone, and empty when it was longer than
        `MAX_REPLY_BYTES`.

        Cancellation: the connection is of no more use and must be closed.
        Timeout: the caller's.

        Raises:
            NoReplyError: so it is too.
        """
        self._heard = self._reusable = False
        self._http = h11.Connection(h11.CLIENT)
        head = h11.Request(
            method=request.method, target=request.url.raw_path, headers=request.headers.raw
        )
        events = (head, h11.Data(data=await request.aread()), h11.EndOfMessage())
        text = b"".join(self._http.send(event) or b"" for event in events)
        unsent: trio.BrokenResourceError | None = None
        try:
            try:
                await self._stream.send_all(text)
            except trio.BrokenResourceError as exc:  # who closes early may have said why
                unsent = exc
            reply = await self._reply()
        except (OSError, trio.BrokenResourceError, h11.ProtocolError) as exc:
            both = exc if unsent is None else ExceptionGroup("neither sent nor read", [unsent, exc])
            raise NoReplyError(heard=self._heard) from both
        self._reusable = unsent is None and self._in_order
        return reply

    async def close(self) -> None:
        """Close at once, whatever the other side does. Cancellation: closed all the same."""
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(self._stream)

    async def _reply(self) -> httpx.Response:
        received = await self._receive()
        if (plain := _plain_reply(received)) is not None:
            self._in_order = True
            return plain
        self._http.receive_data(received)
        reply = await self._any_reply()
        done = self._http.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}
        self._in_order = done and not self._http.trailing_data[0]
        return reply

    async def _any_reply(self) -> httpx.Response:
        while not isinstance(response := await self._event(), h11.Response):
            pass  # an interim one; h11 raises for all else
        body = bytearray()
        while isinstance(part := await self._event(), h11.Data):
            body += part.data
            if len(body) > MAX_REPLY_BYTES:
                body.clear()
                break
        headers = [(name, value) for name, value in response.headers if name not in _UNTOLD]
        return httpx.Response(response.status_code, headers=headers, content=bytes(body))

    async def _event(self) -> object:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._http.receive_data(await self._receive())

    async def _receive(self) -> bytes:
        received = await self._stream.receive_some(_READ_BYTES)
        self._heard = self._heard or bool(received)
        return bytes(received)


def _plain_reply(received: bytes) -> httpx.Response | None:
    """Return the reply if *received* is one and no more, of status 200, with one length and nothing
    else that says where it ends; None leaves it to h11.
    """
    head = _PLAIN_HEAD.match(received)
    if head is None or head.end() > _PLAIN_BYTES:
        return None
    headers = [(name.lower(), value) for name, value in _PLAIN_FIELD.findall(head[0])]
    names = [name for name, _ in headers]
    if names.count(b"content-length") != 1 or not _FRAMING.isdisjoint(names):
        return None
    length = headers[names.index(b"content-length")][1]
    body = received[head.end() :]
    if not _LENGTH.fullmatch(length) or int(length) != len(body):
        return None
    told = [(name, value) for name, value in headers if name not in _UNTOLD]
    return httpx.Response(200, headers=told, content=body)
