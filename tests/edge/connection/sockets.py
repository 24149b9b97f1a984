"""Little TCP and TLS servers that show what a real client's first bytes look like."""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from tests.certificates import Certificate

Handler = Callable[[socket.socket], Awaitable[None]]


@asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[int]:
    """Hand every connection to *handle*, each in a task of its own; the value is the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_accept, listener, handle, nursery)
            yield listener.getsockname()[1]
            nursery.cancel_scope.cancel()


async def _accept(listener: socket.socket, handle: Handler, nursery: trio.Nursery) -> None:
    while True:
        await trio.lowlevel.wait_readable(listener)
        sock, _ = listener.accept()
        sock.setblocking(False)
        nursery.start_soon(_closing, sock, handle)


async def _closing(sock: socket.socket, handle: Handler) -> None:
    with sock:
        await handle(sock)


@asynccontextmanager
async def tcp_pair() -> AsyncIterator[tuple[trio.SocketStream, socket.socket]]:
    """Connect a client; the other end is what an edge has accepted: bare and non-blocking."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = await trio.open_tcp_stream(*listener.getsockname())
        async with client:
            with listener.accept()[0] as accepted:
                accepted.setblocking(False)
                yield client, accepted


def low_water(sock: socket.socket) -> int:
    """Return how many bytes it takes to wake who waits for *sock*."""
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)


def server_context(certificate: Certificate, keys: Path, *alpn: str) -> ssl.SSLContext:
    """Return what the server handshakes with; OpenSSL writes its view of each client to *keys*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    context.keylog_filename = str(keys)
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


def secured(sock: socket.socket, context: ssl.SSLContext) -> trio.SSLStream[trio.SocketStream]:
    """Return *sock* as the server's end of TLS, before its handshake; *sock* gives up the fd."""
    own = socket.socket(fileno=sock.detach())
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(own))
    return trio.SSLStream(stream, context, server_side=True, https_compatible=True)


def client_randoms(keys: Path) -> set[str]:
    """Return the randoms of the ClientHellos that OpenSSL saw, in hexadecimal."""
    lines = keys.read_text().splitlines()
    return {line.split()[1] for line in lines if not line.startswith("#")}


async def open_in_chromium(url: str) -> str:
    """Open *url* in a Chromium that believes any certificate; return the page's text."""
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    quiet = ("--no-first-run", "--disable-background-networking", "--disable-component-update")
    done = await trio.run_process(
        ["chromium", *flags, *quiet, "--ignore-certificate-errors", "--dump-dom", url],
        capture_stdout=True,
        capture_stderr=True,
    )
    return str(done.stdout.decode())
