"""A customer's host: pages that embed the collector, and the edge under the same origin."""

import re
import ssl
from typing import Final
from urllib.parse import urlsplit

import trio
from attrs import define, field

MOUNTED: Final = "/octet"
"""Where the host's ingress hands requests on to the edge."""

PAGE: Final = """<!doctype html><html lang="en"><title>page</title>
<script src="{edge}/octet-collector.js"></script>
<script src="/page.js"></script></html>"""

SCRIPT: Final = """
document.cookie = "customer=secret";

/** What a page learns of one call. */
function visit(config) {
  return octet.verify(config).then(
    (answer) => ({ answer }),
    ({ name, code, status, retryAfterMs }) => ({ error: { name, code, status, retryAfterMs } }),
  );
}
"""

KEEP_ALIVE: Final = re.compile(rb"connection: keep-alive\r\n", re.IGNORECASE)

HTML: Final = "text/html; charset=utf-8"
JAVASCRIPT: Final = "text/javascript; charset=utf-8"


@define(eq=False)
class Site:
    """Serves its files, the page on every other path, and what is under `MOUNTED` from the edge."""

    url: str = ""
    edge_url: str = ""
    files: dict[str, tuple[str, bytes]] = field(factory=dict)
    """By path: media type and content."""
    mounted: bool = False
    """Whether the page has the edge under its own origin, instead of at `edge_url`."""
    policies: dict[str, str] = field(factory=dict)
    """By path: the Content-Security-Policy of the page there."""

    @property
    def api_url(self) -> str:
        """The base URL of the edge, as the page has it."""
        return MOUNTED if self.mounted else self.edge_url

    async def serve(
        self,
        certificate: ssl.SSLContext | None = None,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve on a free port of loopback; over TLS with a *certificate*."""
        self.files["/page.js"] = (JAVASCRIPT, SCRIPT.encode())
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        task_status.started()
        if certificate is None:
            await trio.serve_listeners(self._talk, listeners)
        else:
            secured = [
                trio.SSLListener(listener, certificate, https_compatible=True)
                for listener in listeners
            ]
            await trio.serve_listeners(self._talk, secured)

    async def _talk(self, stream: trio.abc.Stream) -> None:
        """Serve one connection; a browser that leaves ends it, whatever is under way."""
        try:
            async with stream:
                head = await _head(stream)
                path = head.split(b" ", 2)[1].decode() if head else ""
                if path.startswith(f"{MOUNTED}/"):
                    await self._hand_on(stream, head)
                elif head:
                    await stream.send_all(self._answer(urlsplit(path).path))
        except* (trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            pass

    def _answer(self, path: str) -> bytes:
        page = PAGE.format(edge=self.api_url)
        kind, body = self.files.get(path, (HTML, page.encode()))
        lines = ["HTTP/1.1 200 OK", f"content-type: {kind}", f"content-length: {len(body)}"]
        if policy := self.policies.get(path):
            lines.append(f"content-security-policy: {policy}")
        return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body

    async def _hand_on(self, stream: trio.abc.Stream, head: bytes) -> None:
        """Be an ingress for one request or one WebSocket: carry all of it to the edge and back."""
        edge = urlsplit(self.edge_url)
        async with await trio.open_tcp_stream(edge.hostname or "", edge.port or 80) as behind:
            await behind.send_all(KEEP_ALIVE.sub(b"Connection: close\r\n", head))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_copy, stream, behind, nursery.cancel_scope)
                nursery.start_soon(_copy, behind, stream, nursery.cancel_scope)


async def _head(stream: trio.abc.ReceiveStream) -> bytes:
    """Read up to the end of a request's head, and what came with it; empty when there is none."""
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = await stream.receive_some()
        if not chunk:
            return b""
        head += chunk
    return head


async def _copy(source: trio.abc.Stream, sink: trio.abc.Stream, both: trio.CancelScope) -> None:
    """Carry bytes until *source* ends, which ends both directions."""
    async for chunk in source:
        await sink.send_all(chunk)
    both.cancel()
