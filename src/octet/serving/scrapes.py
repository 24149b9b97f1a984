"""Who may read the metrics: an address of their own, never the public port."""

import logging
import socket
from functools import partial
from typing import Final

import trio
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from octet.serving.environment import ConfigError
from octet.serving.failure import describe
from octet.serving.listener import listen, url_of

logger = logging.getLogger(__name__)

SCRAPE_S: Final = 5.0
"""From accept to the last byte of the answer."""
MAX_SCRAPES: Final = 8
"""At once; one more is closed."""
MAX_HEAD_BYTES: Final = 8192
PATH: Final = b"/metrics"


def listen_metrics(host: str, port: int, *, needed: bool, variable: str) -> socket.socket | None:
    """Listen for scrapes; before workers are forked, so that all of them answer.

    Args:
        host: where.
        port: 0 takes a free one; the log says which.
        needed: the operator asked for this address, so that to fail is a fault. The default one
            may be taken, by another one on this machine: then this one serves without metrics.
        variable: the setting that the address comes from.

    Raises:
        ConfigError: the address is *needed* and not to be had.
    """
    try:
        listener = listen(host, port)
    except OSError as exc:
        reason = f"cannot be listened on: {exc.strerror}"
        if needed:
            raise ConfigError([f"{variable} {reason}"]) from exc
        logger.warning("no metrics: the default %s %s", variable, reason)
        return None
    logger.info("metrics on %s%s", url_of(listener, tls=False), PATH.decode())
    return listener


async def serve_metrics(
    listener: socket.socket,
    registry: CollectorRegistry,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer scrapes for ever; whatever goes wrong here is logged, and hurts no visitor.

    Cancellation: scrapes are cut, the listener closes. Timeout: `SCRAPE_S` for each.
    """
    places = trio.CapacityLimiter(MAX_SCRAPES)
    acceptor = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
    handle = partial(_handle, registry, places)
    async with acceptor:
        task_status.started()
        try:
            await trio.serve_listeners(handle, [acceptor])
        except* Exception as group:  # noqa: BLE001 - the boundary: metrics end, the program does not
            logger.error("metrics are no longer served: %s", describe(group))


async def _handle(
    registry: CollectorRegistry, places: trio.CapacityLimiter, stream: trio.SocketStream
) -> None:
    try:
        places.acquire_nowait()
    except trio.WouldBlock:
        await trio.aclose_forcefully(stream)
        return
    try:
        with trio.move_on_after(SCRAPE_S):
            async with stream:
                head = await _read_head(stream)
                if head:
                    await stream.send_all(_answer(head, registry))
    except trio.BrokenResourceError:
        pass  # the scraper has gone
    except Exception as exc:  # noqa: BLE001 - the boundary: other scrapes go on
        logger.warning("a scrape failed: %s", describe(exc))
    finally:
        places.release()


async def _read_head(stream: trio.SocketStream) -> bytes:
    """Return all up to the blank line; nothing when the peer has left before it."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MAX_HEAD_BYTES:
        chunk = await stream.receive_some(MAX_HEAD_BYTES)
        if not chunk:
            return b""
        head += chunk
    return head


def _answer(head: bytes, registry: CollectorRegistry) -> bytes:
    """Write the response to the request of *head*."""
    match head.partition(b"\r\n")[0].split(b" "):
        case _ if b"\r\n\r\n" not in head:
            return _response("431 Request Header Fields Too Large", b"the header is too large\n")
        case [b"GET", target, b"HTTP/1.1" | b"HTTP/1.0"] if target.split(b"?")[0] == PATH:
            body = generate_latest(registry)
            return _response("200 OK", body, f"content-type: {CONTENT_TYPE_PLAIN_0_0_4}")
        case [_, target, b"HTTP/1.1" | b"HTTP/1.0"] if target.split(b"?")[0] == PATH:
            return _response("405 Method Not Allowed", b"GET alone\n", "allow: GET")
        case [_, _, b"HTTP/1.1" | b"HTTP/1.0"]:
            return _response("404 Not Found", b"the metrics are at /metrics\n")
        case _:
            return _response("400 Bad Request", b"this is no HTTP\n")


def _response(status: str, body: bytes, *fields: str) -> bytes:
    head = (f"HTTP/1.1 {status}", "connection: close", f"content-length: {len(body)}", *fields)
    return "\r\n".join([*head, "", ""]).encode() + body
