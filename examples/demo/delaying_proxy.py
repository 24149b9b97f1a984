"""A real SOCKS 5 proxy (RFC 1928, no authentication, CONNECT) that holds every byte back.

What the far side's kernel measures is the way to this proxy; what the application measures is the
way to the browser. The delay stands in for the distance between the two.
"""

import ipaddress
import struct
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import trio

_VERSION: Final = 5
_CONNECT: Final = 1
_IPV4: Final = 1
_NAME: Final = 3
_IPV6: Final = 4
_ADDRESS_BYTES: Final = {_IPV4: 4, _IPV6: 16}
_SUCCEEDED: Final = bytes([_VERSION, 0, 0, _IPV4, 0, 0, 0, 0, 0, 0])
_READ_BYTES: Final = 65536
_IN_FLIGHT: Final = 1024
"""Chunks held back at once in one direction of one connection."""


async def serve_delaying_proxy(
    one_way_delay_s: float,
    contacted: Callable[[str], object] = str,
    *,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve on a free loopback port for ever; started with the proxy's URL.

    *contacted* is told the ``host:port`` of each connection.
    """
    serve = partial(_serve, one_way_delay_s, contacted)
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        task_status.started(f"socks5://127.0.0.1:{listeners[0].socket.getsockname()[1]}")


async def _serve(
    one_way_delay_s: float, contacted: Callable[[str], object], client: trio.SocketStream
) -> None:
    try:
        async with client:
            host, port = await _negotiate(client)
            contacted(f"{host}:{port}")
            async with await trio.open_tcp_stream(host, port) as server:
                await client.send_all(_SUCCEEDED)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_pump, client, server, one_way_delay_s)
                    nursery.start_soon(_pump, server, client, one_way_delay_s)
    except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError, EOFError):
        pass  # either side went away


async def _negotiate(client: trio.SocketStream) -> tuple[str, int]:
    """Read the greeting and the request; return where the client wants to go."""
    read = partial(_read_exactly, client)
    _, methods = await read(2)
    await read(methods)
    await client.send_all(bytes([_VERSION, 0]))
    _, command, _, kind = await read(4)
    if command != _CONNECT:
        raise EOFError("only CONNECT is served")
    host = await _read_host(read, kind)
    (port,) = struct.unpack("!H", await read(2))
    return host, port


async def _read_host(read: Callable[[int], Awaitable[bytes]], kind: int) -> str:
    if kind == _NAME:
        (length,) = await read(1)
        return (await read(length)).decode()
    if kind not in _ADDRESS_BYTES:
        raise EOFError("no such address type")
    return str(ipaddress.ip_address(await read(_ADDRESS_BYTES[kind])))


async def _read_exactly(stream: trio.SocketStream, count: int) -> bytes:
    data = b""
    while len(data) < count:
        chunk = await stream.receive_some(count - len(data))
        if not chunk:
            raise EOFError("the client left")
        data += chunk
    return data


async def _pump(source: trio.SocketStream, sink: trio.SocketStream, one_way_delay_s: float) -> None:
    """Carry bytes from *source* to *sink*, each chunk so much later than it came."""
    inlet, outlet = trio.open_memory_channel[tuple[float, bytes]](_IN_FLIGHT)

    async def release() -> None:
        async for due_s, chunk in outlet:
            await trio.sleep_until(due_s)
            await sink.send_all(chunk)
        await sink.send_eof()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(release)
        async with inlet:
            while chunk := await source.receive_some(_READ_BYTES):
                await inlet.send((trio.current_time() + one_way_delay_s, bytes(chunk)))
