"""The bytes of one accepted connection, in the clear or through TLS, without a wrapper between.

A non-blocking socket and the kernel's readiness are all there is: `ssl.SSLSocket` does TLS on the
socket itself, which costs a fraction of a memory BIO with its copies.
"""

import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from socket import IPPROTO_TCP, SHUT_WR, TCP_NODELAY, socket
from typing import Final

import trio

Ready = Callable[[socket], Awaitable[None]]

RECEIVE_BYTES: Final = 64 * 1024
LINGER_S: Final = 1.0
"""After a last answer, how long what the peer still sends is read and dropped, seconds."""


class ByteStream:
    """One connection; `socket` is the socket, or since `handshake` the TLS socket on it.

    One task may receive while another sends. Raises what trio's streams raise.
    """

    def __init__(self, accepted: socket) -> None:
        accepted.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        with suppress(OSError):  # the peer may be gone already
            accepted.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self.socket: socket | ssl.SSLSocket = accepted
        self.tap: Callable[[bytes], None] | None = None
        """Sees, in order, all that `receive_some` takes from the socket."""
        self._unread = b""
        self._filled = False
        """Whether the last piece was as long as was asked for: TLS may hold more of its record."""
        self._closed = False

    @property
    def is_tls(self) -> bool:
        """Whether `handshake` was done."""
        return isinstance(self.socket, ssl.SSLSocket)

    @property
    def alpn(self) -> str | None:
        """The protocol that TLS agreed on."""
        tls = self.socket
        return tls.selected_alpn_protocol() if isinstance(tls, ssl.SSLSocket) else None

    @property
    def peer_certificate(self) -> bytes | None:
        """The certificate of the peer, DER, where one was asked for and verified."""
        tls = self.socket
        return tls.getpeercert(binary_form=True) if isinstance(tls, ssl.SSLSocket) else None

    async def handshake(self, context: ssl.SSLContext) -> None:
        """Turn this into a TLS connection. Timeout: the caller's.

        Raises:
            trio.BrokenResourceError: the peer speaks no TLS that fits, or went away.
        """
        try:
            self.socket.getpeername()  # `wrap_socket` would lose a socket whose peer is gone
            secured = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as exc:
            raise trio.BrokenResourceError("the peer is gone") from exc
        self.socket = secured
        while True:
            try:
                return secured.do_handshake()
            except OSError as exc:
                await self._await_what_lacks(exc, trio.lowlevel.wait_readable)

    async def receive_some(self, max_bytes: int = RECEIVE_BYTES) -> bytes:
        """Return what has arrived, at most *max_bytes*; nothing at the end of the stream."""
        if self._unread:
            await trio.lowlevel.checkpoint_if_cancelled()
            data, self._unread = self._unread[:max_bytes], self._unread[max_bytes:]
            return data
        if self._closed:
            raise trio.ClosedResourceError
        # Mostly there is nothing yet, and to wait at once costs less than to try first. Others run
        # meanwhile in any case: a peer that never stops sending has no more than its turn.
        if self._filled and isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            await trio.lowlevel.checkpoint()  # decrypted already, which the kernel does not know
        else:
            await trio.lowlevel.wait_readable(self.socket)
        while True:
            try:
                data = self.socket.recv(max_bytes)
            except OSError as exc:
                await self._await_what_lacks(exc, trio.lowlevel.wait_readable)
            else:
                break
        return self._received(data, max_bytes)

    def receive_now(self) -> bytes | None:
        """Return what has arrived already; None if nothing has, or `receive_some` is to tell why.

        For what is likely to be there: otherwise to wait at once costs less.
        """
        if self._closed or self._unread:
            return None
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except OSError:
            return None
        return self._received(data, RECEIVE_BYTES)

    def _received(self, data: bytes, max_bytes: int) -> bytes:
        self._filled = len(data) == max_bytes
        if self.tap is not None:
            self.tap(data)
        return data

    def unread(self, data: bytes) -> None:
        """Have `receive_some` return *data* next, which was received and not used."""
        self._unread = data + self._unread

    async def send_all(self, data: bytes) -> None:
        """Send *data*. Cancellation: how much was sent is unknown; close the stream."""
        if self._closed:
            raise trio.ClosedResourceError
        rest: bytes | memoryview = data
        while rest:
            try:
                sent = self.socket.send(rest)
            except OSError as exc:
                await self._await_what_lacks(exc, trio.lowlevel.wait_writable)
            else:
                rest = memoryview(rest)[sent:] if sent < len(rest) else b""

    def send_now(self, data: bytes) -> bytes:
        """Send what the socket takes of *data* at once; return the rest."""
        if self._closed:
            raise trio.ClosedResourceError
        try:
            return data[self.socket.send(data) :]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return data
        except OSError as exc:  # SSLError is one
            raise trio.BrokenResourceError(type(exc).__name__) from exc

    async def aclose(self, *, linger: bool = False) -> None:
        """Close, with TLS's farewell if there is room for it.

        Args:
            linger: read on for `LINGER_S`, so that a peer that is still sending gets to read the
                last answer before its connection is reset.
        """
        if not self._closed:
            self._closed = True
            if isinstance(self.socket, ssl.SSLSocket):
                with suppress(OSError, ValueError):
                    self.socket.unwrap()
            trio.lowlevel.notify_closing(self.socket)
            if linger:
                await self._linger()
            self.socket.close()

    async def _linger(self) -> None:
        with trio.move_on_after(LINGER_S, shield=True), suppress(OSError):
            self.socket.shutdown(SHUT_WR)  # from here on `recv` is of the raw bytes, also under TLS
            await trio.lowlevel.wait_readable(self.socket)
            while self.socket.recv(RECEIVE_BYTES):
                await trio.lowlevel.wait_readable(self.socket)

    async def _await_what_lacks(self, error: OSError, ready: Ready) -> None:
        """Return when the operation that met *error* may be tried again.

        Raises:
            trio.BrokenResourceError: it is no matter of waiting.
        """
        if self._closed:
            raise trio.ClosedResourceError from error
        if isinstance(error, BlockingIOError):
            await ready(self.socket)
        elif isinstance(error, ssl.SSLWantReadError):
            await trio.lowlevel.wait_readable(self.socket)
        elif isinstance(error, ssl.SSLWantWriteError):
            await trio.lowlevel.wait_writable(self.socket)
        else:  # SSLError is an OSError, too
            raise trio.BrokenResourceError(type(error).__name__) from error
        if self._closed:
            raise trio.ClosedResourceError
