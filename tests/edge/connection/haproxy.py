"""A real HAProxy before a little server of the test's own."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from tests.edge.connection.sockets import serving

CONFIG = """
global
    log stderr format raw local0 emerg
defaults
    mode {mode}
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend front
    bind fd@{listener}
    {front}
    default_backend back
backend back
    server edge 127.0.0.1:{port} {server}
"""


@asynccontextmanager
async def haproxy(
    directory: Path, port: int, *, mode: str = "tcp", front: str = "", server: str = ""
) -> AsyncIterator[tuple[str, int]]:
    """Run HAProxy before *port*; the value is where it listens.

    It inherits the listening socket, so the port is free and connections are held from the start.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        path = directory / "haproxy.cfg"
        descriptor = listener.fileno()
        path.write_text(
            CONFIG.format(mode=mode, front=front, server=server, port=port, listener=descriptor)
        )
        async with trio.open_nursery() as nursery:
            process = await trio.lowlevel.open_process(
                ["haproxy", "-q", "-db", "-f", path], pass_fds=(descriptor,)
            )
            nursery.start_soon(process.wait)
            try:
                yield listener.getsockname()
            finally:
                process.kill()


async def headers_through_haproxy(
    directory: Path, front: str, *lines: str, client: str = "127.0.0.1"
) -> list[tuple[bytes, bytes]]:
    """Return the headers that reach a server when *client* sends *lines* through HAProxy."""
    heads: list[bytes] = []

    async def handle(sock: socket.socket) -> None:
        await trio.lowlevel.wait_readable(sock)
        heads.append(sock.recv(10_000))
        sock.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    request = "\r\n".join(["GET / HTTP/1.1", "host: edge.test", *lines, "", ""])
    async with (
        serving(handle) as port,
        haproxy(directory, port, mode="http", front=front) as (host, listening),
        await trio.open_tcp_stream(host, listening, local_address=client) as stream,
    ):
        await stream.send_all(request.encode())
        assert (await stream.receive_some()).startswith(b"HTTP/1.1 204 ")
    fields = heads[0].partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return [(name, value.strip()) for name, _, value in (f.partition(b":") for f in fields)]
