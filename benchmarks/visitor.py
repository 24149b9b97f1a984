"""A visitor without a browser: loads a customer's page, plays the volleys, posts the report.

It speaks the collector's protocol over real sockets, through a SOCKS proxy if told so. It is no
browser: its header order, its TLS and the noise of its clock are Python's.
"""

import json
import re
import secrets
import struct
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import h11
import trio
from attrs import frozen
from trio_websocket import wrap_client_stream

VOLLEYS: Final = 24
VISIT_S: Final = 60
USER_AGENT: Final = "octet-visitor"
_READ_BYTES: Final = 65536
_REF: Final = re.compile(r"sess_[A-Za-z0-9_-]{22,}")
_EDGE: Final = re.compile(r'(http://[^"\']+)/octet-collector\.js')


@frozen(kw_only=True)
class Traits:
    """What a visitor's browser is like."""

    time_zone: str
    languages: tuple[str, ...]
    proxy: str | None = None
    """``socks5://host:port``; used for loopback too."""


class Visitor:
    """One visitor with *traits*."""

    def __init__(self, traits: Traits) -> None:
        self._traits = traits

    async def visit(self, url: str) -> dict[str, Any]:
        """Do what a browser does on the customer's page at *url*; return what the page learns.

        Raises:
            trio.TooSlowError: after `VISIT_S`.
        """
        with trio.fail_after(VISIT_S):
            page = await self._request("GET", url)
            ref = _find(_REF, page, 0)
            edge_url = _find(_EDGE, page, 1)
            receipt, rtt_ms = await self.play(edge_url, ref, origin=_origin(url))
            report = self.report(ref, edge_url, rtt_ms, receipt)
            await self._request("POST", f"{edge_url}/v1/signals", report, origin=_origin(url))
            answer = await self._request("GET", f"{_origin(url)}/api/verdict/{ref}")
            members: dict[str, Any] = json.loads(answer)
            return members

    async def play(self, edge_url: str, ref: str, *, origin: str) -> tuple[str, list[float]]:
        """Play a latency channel; return its receipt and the page's own round trips, ms."""
        parts = urlsplit(edge_url)
        host, port = parts.hostname or "", parts.port or 80
        resource = f"{parts.path}/v1/ws?ref={ref}&volleys={VOLLEYS}"
        async with trio.open_nursery() as nursery:
            stream = await self._connect(host, port)
            socket = await wrap_client_stream(
                nursery,
                stream,
                parts.netloc,
                resource,
                extra_headers=[(b"Origin", origin.encode())],
            )
            result = await _play(socket)
            await socket.aclose()
            await stream.aclose()
        return result

    def report(self, ref: str, edge_url: str, rtt_ms: list[float], receipt: str) -> bytes:
        """Return the report that a browser with these traits would post."""
        now = datetime.now(ZoneInfo(self._traits.time_zone))
        channel = {"url": f"{edge_url}/v1/ws".replace("http", "ws", 1), "rttMs": rtt_ms}
        values: Mapping[str, Any] = {
            "timeZone": {"name": self._traits.time_zone},
            "utcOffset": {
                "nowMin": _offset_min(now),
                "janMin": _offset_min(now.replace(month=1, day=1)),
                "julMin": _offset_min(now.replace(month=7, day=1)),
            },
            "languages": {"list": list(self._traits.languages)},
            "clock": {"epochMs": round(now.timestamp() * 1000)},
            "userAgent": {"ua": USER_AGENT},
            "latency": {"channels": [channel]},
        }
        return json.dumps(
            {
                "v": 1,
                "id": str(uuid.uuid4()),
                "sessionRef": ref,
                "mode": "full",
                "collector": "visitor",
                "signals": {name: {"value": value, "ms": 0} for name, value in values.items()},
                "receipts": [receipt],
            }
        ).encode()

    async def _connect(self, host: str, port: int) -> trio.SocketStream:
        """Connect to *host*, through the proxy if there is one (RFC 1928)."""
        if self._traits.proxy is None:
            return await trio.open_tcp_stream(host, port)
        proxy = urlsplit(self._traits.proxy)
        stream = await trio.open_tcp_stream(proxy.hostname or "", proxy.port or 1080)
        await stream.send_all(b"\x05\x01\x00")
        await stream.receive_some(2)
        name = host.encode()
        await stream.send_all(
            b"\x05\x01\x00\x03" + bytes([len(name)]) + name + struct.pack("!H", port)
        )
        await stream.receive_some(_READ_BYTES)
        return stream

    async def _request(self, method: str, url: str, body: bytes = b"", origin: str = "") -> str:
        """Send one request on a connection of its own; return the body of its answer.

        Raises:
            RuntimeError: the answer is no 200.
        """
        parts = urlsplit(url)
        headers = [
            ("Host", parts.netloc),
            ("User-Agent", USER_AGENT),
            ("Accept-Language", ",".join(self._traits.languages)),
            ("Connection", "close"),
        ]
        if origin:
            headers.append(("Origin", origin))
        if body:
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        connection = h11.Connection(h11.CLIENT)
        request = h11.Request(method=method, target=parts.path, headers=headers)
        async with await self._connect(parts.hostname or "", parts.port or 80) as stream:
            text = connection.send(request) or b""
            text += connection.send(h11.Data(body)) if body else b""
            await stream.send_all(text + (connection.send(h11.EndOfMessage()) or b""))
            return await _answer(connection, stream)


async def _answer(connection: h11.Connection, stream: trio.SocketStream) -> str:
    body = b""
    while True:
        event = connection.next_event()
        match event:
            case h11.Response(status_code=status) if status != 200:  # noqa: PLR2004 - the one success
                raise RuntimeError(f"answered {status}")
            case h11.Data():
                body += bytes(event.data)
            case h11.EndOfMessage() | h11.ConnectionClosed():
                return body.decode()
            case h11.NEED_DATA:
                connection.receive_data(await stream.receive_some(_READ_BYTES))


async def _play(socket: Any) -> tuple[str, list[float]]:
    rtt_ms: list[float] = []
    ponged_s: float | None = None
    while True:
        frame = json.loads(await socket.get_message())
        if ponged_s is not None:
            rtt_ms.append((trio.current_time() - ponged_s) * 1e3)
        match frame:
            case {"t": "done", "receipt": receipt}:
                return receipt, rtt_ms[:-1]
            case {"t": "ping", "n": nonce}:
                pong = {"t": "pong", "n": nonce, "m": secrets.token_urlsafe(12)}
                ponged_s = trio.current_time()
                await socket.send_message(json.dumps(pong))


def _find(pattern: re.Pattern[str], page: str, group: int) -> str:
    found = pattern.search(page)
    if found is None:
        raise RuntimeError("the page does not embed the collector")
    return found.group(group)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _offset_min(moment: datetime) -> int:
    offset = moment.utcoffset()
    return round(offset.total_seconds() / 60) if offset else 0
