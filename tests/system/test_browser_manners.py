"""How the collector behaves on a customer's page, in each browser, also when things go wrong."""

import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trio

from benchmarks.browsers import Browsers
from examples.demo.delaying_proxy import serve_delaying_proxy
from octet.schema import Envelope, Latency, Navigation, structure
from tests.certificates import Certificate
from tests.edge.fakes import Answer, FakeService, answer, refusal
from tests.system.conftest import REF, REST_S, Visitor, running_edge
from tests.system.site import MOUNTED, Site

KEPT = """visit(%s).then(async (result) => ({
  ...result,
  cookie: document.cookie,
  stored: localStorage.length + sessionStorage.length,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
}))"""
"""The call, and what lies in the browser afterwards."""

STRICT = "script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"
VIOLATIONS = "addEventListener('securitypolicyviolation', ({ violatedDirective }) => {"
VIOLATIONS += " throw new Error(violatedDirective); });"

ABORTING = """(() => {
  const control = new AbortController();
  setTimeout(() => control.abort(), %d);
  return visit({ ...%s, signal: control.signal });
})()"""

TIMED = """(() => {
  const started = performance.now();
  return visit(%s).then((result) => ({ ...result, ms: performance.now() - started }));
})()"""

CALLED = """globalThis.called = new Promise((resolve) => {
  const { %(name)s: original } = globalThis;
  globalThis.%(name)s = new Proxy(original, {
    apply: (target, self, args) => (resolve(), Reflect.apply(target, self, args)),
    construct: (target, args) => (resolve(), Reflect.construct(target, args)),
  });
});"""
"""A promise of the moment at which the page calls a function of the browser."""

MINUTE_MS = 60_000
MOST_VISITS = 5
"""Until a load makes its own connection: a browser that waits for one opens another, and may then
load the page over that one, as if it had been there before."""


async def first_report(service: FakeService) -> Envelope:
    """Wait for the first report and read it."""
    with trio.fail_after(REST_S):
        await service.until(1)
    return structure(Envelope, service.envelopes[0])


def missing(service: FakeService, reason: str) -> set[str]:
    """Return the signals that are missing in the first report for *reason*."""
    signals = service.envelopes[0]["report"]["signals"]
    return {name for name, signal in signals.items() if signal.get("missing") == reason}


def error(code: str, **members: Any) -> Mapping[str, Any]:
    """Return what a page learns of an `OctetError`."""
    return {"error": {"name": "OctetError", "code": code, **members}}


def config(visitor: Visitor, **more: Any) -> str:
    """Return the options of a call as the page writes them."""
    return json.dumps({"apiUrl": visitor.site.api_url, "sessionRef": REF, **more})


@pytest.fixture
async def dead_channel() -> AsyncIterator[str]:
    """The URL of a latency channel whose host takes connections and never says a word."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        yield f"ws://127.0.0.1:{listener.socket.getsockname()[1]}/"


# --- what it leaves alone -------------------------------------------------------------------


async def test_first_party(visitor: Visitor) -> None:
    """A page contacts the customer's hosts and nobody else, as a proxy that carries all sees it."""
    contacted: set[str] = set()
    async with trio.open_nursery() as nursery:
        serve = partial(serve_delaying_proxy, 0, contacted.add)
        proxy = await nursery.start(serve)
        seen = await visitor.accepted(proxy=proxy)
        nursery.cancel_scope.cancel()
    customers = {urlsplit(url).netloc for url in (visitor.site.url, visitor.site.edge_url)}
    assert contacted == customers
    assert {urlsplit(url).netloc for url in seen.requests} == customers


async def test_keeps_nothing(visitor: Visitor, service: FakeService) -> None:
    """A visit stores nothing in the browser; the page's cookie does not reach the service."""
    seen = await visitor.visit(expression=KEPT % config(visitor))
    assert seen.value == {
        "answer": {"ok": True},
        "cookie": "customer=secret",
        "stored": 0,
        "databases": 0,
        "caches": 0,
    }
    assert b"customer=secret" not in service.bodies[0]


async def test_strict_policy(visitor: Visitor, service: FakeService) -> None:
    """Under a strict policy with Trusted Types all of it works, and nothing violates it."""
    visitor.site.policies["/strict"] = STRICT
    visitor.site.mounted = True
    await visitor.accepted(path="/strict", preload=VIOLATIONS)
    envelope = await first_report(service)
    assert len(envelope.observed.latency) == 1
    assert missing(service, "error") == set()


# --- what goes wrong ------------------------------------------------------------------------


async def test_insecure_page(visitor: Visitor, service: FakeService) -> None:
    """A page over plain HTTP is refused at once, and nothing leaves it."""
    port = urlsplit(visitor.site.url).port
    visitor.site.url = f"http://shop.test:{port}"
    seen = await visitor.visit()
    assert seen.value == error("insecure_context")
    assert service.batches == []


async def test_channel_forbidden(visitor: Visitor, service: FakeService) -> None:
    """Where the page's policy forbids the channel, the report comes without it."""
    visitor.site.policies["/"] = f"connect-src {visitor.site.edge_url}/v1/signals"
    await visitor.accepted()
    envelope = await first_report(service)
    assert envelope.observed.latency == ()
    reason = {"chromium": "error", "firefox": "blocked"}  # Chromium does not say whose fault it is
    assert "latency" in missing(service, reason[visitor.browser])


async def test_edge_forbidden(visitor: Visitor, service: FakeService) -> None:
    """Where the page's policy forbids the edge, the page learns that it could not be reached."""
    visitor.site.policies["/"] = "connect-src 'self'"
    seen = await visitor.visit({"timeoutMs": 1500})
    assert seen.value == error("network_error")
    assert service.batches == []


async def test_offline(visitor: Visitor, service: FakeService) -> None:
    """Without a network the page learns so within the budget."""
    seen = await visitor.visit(expression=TIMED % config(visitor, timeoutMs=1000), offline=True)
    elapsed_ms = seen.value.pop("ms")
    assert seen.value == error("network_error")
    assert elapsed_ms <= 1000
    assert service.batches == []


async def test_foreign_origin(visitor: Visitor, service: FakeService) -> None:
    """A page of an origin that the edge does not allow learns no more than that nobody answers."""
    port = urlsplit(visitor.site.url).port
    visitor.site.url = f"http://localhost:{port}"
    seen = await visitor.visit()
    assert seen.value == error("network_error")
    assert service.batches == []


async def test_refused(visitor: Visitor, service: FakeService) -> None:
    """A report that is refused rejects with the code and the status, and is not posted again."""

    def refuse(envelopes: list[dict[str, Any]]) -> Answer:
        results = [refusal(envelope["id"], "malformed", 400) for envelope in envelopes]
        return answer(200, {"results": results})

    service.answers(refuse)
    seen = await visitor.visit()
    assert seen.value == error("malformed", status=400)
    assert len(service.batches) == 1


async def test_told_to_wait(visitor: Visitor, service: FakeService) -> None:
    """A wait that does not fit into the budget is the caller's, who learns how long it is."""
    service.answers(answer(503, {"code": "overloaded"}, retry_after="30"))
    seen = await visitor.visit()
    assert seen.value == error("upstream_unavailable", status=503, retryAfterMs=30_000)
    assert len(service.batches) == 1


async def test_retried(visitor: Visitor, service: FakeService) -> None:
    """A report that is refused for the moment is posted again, as it was, and then accepted."""
    service.answers(answer(503, {"code": "overloaded"}, retry_after="1"))
    await visitor.accepted()
    first, second = service.envelopes
    assert first["report"] == second["report"]


async def test_slow_edge(visitor: Visitor, service: FakeService) -> None:
    """A page whose answer takes too long learns so in time, and its report arrives all the same."""
    gate = service.holds()
    seen = await visitor.visit(expression=TIMED % config(visitor, timeoutMs=1000))
    assert seen.value.pop("ms") >= 999  # browsers round their clocks
    assert seen.value == error("timeout")
    gate.set()
    assert (await first_report(service)).session_ref == REF


async def test_dead_channel(visitor: Visitor, service: FakeService, dead_channel: str) -> None:
    """A channel that never answers is missing as timeout, and the report comes in time."""
    await visitor.accepted({"wsUrl": dead_channel, "timeoutMs": 2000})
    await first_report(service)
    assert "latency" in missing(service, "timeout")


@pytest.mark.parametrize("after_ms", [0, 300])
async def test_aborted_collecting(
    visitor: Visitor, service: FakeService, dead_channel: str, after_ms: int
) -> None:
    """An abort while the page collects rejects with AbortError, and no report goes out."""
    options = config(visitor, wsUrl=dead_channel, timeoutMs=MINUTE_MS)
    seen = await visitor.visit(expression=ABORTING % (after_ms, options))
    assert seen.value["error"]["name"] == "AbortError"
    assert service.batches == []


async def test_aborted_posting(visitor: Visitor, service: FakeService) -> None:
    """An abort while the page waits for its answer rejects with AbortError."""
    gate = service.holds()
    options = config(visitor, mode="passive", timeoutMs=MINUTE_MS)
    seen = await visitor.visit(expression=ABORTING % (500, options))
    assert seen.value["error"]["name"] == "AbortError"
    gate.set()


# --- leaving --------------------------------------------------------------------------------


async def test_left_collecting(visitor: Visitor, service: FakeService, dead_channel: str) -> None:
    """A page that is navigated away during its volleys posts what there is by then."""
    call = visitor.call({"wsUrl": dead_channel, "timeoutMs": MINUTE_MS})
    await leave(visitor, call, "WebSocket", closing=False)
    await first_report(service)
    late = missing(service, "timeout") | missing(service, "error")
    assert "latency" in late  # Firefox closes the channel first: an error
    assert late <= {"latency", "voices"}  # a browser without voices has an empty list of them


async def test_closed_collecting(visitor: Visitor, service: FakeService, dead_channel: str) -> None:
    """The post of a tab that is closed during its volleys arrives, with what there is.

    That of Firefox too, which aborts scripts of a process that is to end.
    """
    # A tab of Firefox that is closed sends what needs no preflight.
    visitor.site.mounted = visitor.browser == "firefox"
    call = visitor.call({"wsUrl": dead_channel, "timeoutMs": MINUTE_MS})
    await leave(visitor, call, "WebSocket", closing=True)
    await first_report(service)
    assert "latency" in missing(service, "timeout") | missing(service, "error")


@pytest.mark.parametrize("closing", [False, True], ids=["navigated", "closed"])
async def test_left_posting(visitor: Visitor, service: FakeService, closing: bool) -> None:
    """A post that is under way when its page is left arrives."""
    visitor.site.mounted = closing  # a tab of Firefox that is closed sends what needs no preflight
    await leave(visitor, visitor.call({"mode": "passive"}), "fetch", closing=closing)
    assert (await first_report(service)).session_ref == REF


async def leave(visitor: Visitor, call: str, until: str, *, closing: bool) -> None:
    """Leave the page when the *call* has called the browser's function *until*."""
    await visitor.visit(
        expression=f"(void {call}, called)",
        preload=CALLED % {"name": until},
        leave_to=None if closing else f"{visitor.site.url}/next",
        shared=True,  # a private context that ends takes its requests with it
    )


# --- how far away ---------------------------------------------------------------------------


async def test_proxy(visitor: Visitor, service: FakeService) -> None:
    """Through a SOCKS proxy that delays, the volleys show the delay and the kernel does not."""
    one_way_ms = 40
    async with trio.open_nursery() as nursery:
        proxy = await nursery.start(serve_delaying_proxy, one_way_ms / 1000)
        await visitor.accepted(proxy=proxy)
        nursery.cancel_scope.cancel()
    (channel,) = (await first_report(service)).observed.latency
    assert channel.tcp is not None
    assert channel.tcp.min_rtt_us is not None
    assert channel.tcp.min_rtt_us < one_way_ms * 1000
    assert min(channel.rtt_us) >= 2 * one_way_ms * 1000


async def test_landmarks(
    visitor: Visitor, service: FakeService, dead_channel: str, tmp_path: Path
) -> None:
    """Landmarks are measured too, each seals a receipt, and one that is dead is left out."""
    async with AsyncExitStack() as edges:
        urls = []
        for name in ("far-1", "far-2"):
            more = {"EDGE_ID": name, "ALLOWED_ORIGIN": visitor.site.url}
            edge = running_edge(service.url, tmp_path / f"{name}.log", **more)
            urls.append(await edges.enter_async_context(edge) + MOUNTED)
        await visitor.accepted({"landmarks": [dead_channel, *urls], "timeoutMs": 10_000})
    envelope = await first_report(service)
    assert [channel.edge for channel in envelope.observed.latency] == ["test-1", "far-1", "far-2"]
    latency = envelope.report.signals.get(Latency)
    assert isinstance(latency, Latency)
    expected = [f"{url}/v1/ws".replace("http", "ws", 1) for url in (visitor.site.edge_url, *urls)]
    assert [channel.url for channel in latency.channels] == expected


def _late(*_: object) -> None:
    """Answer a ClientHello after some ticks of a browser's coarse clock."""
    time.sleep(0.02)


async def test_tls(
    browsers: Browsers,
    browser: str,
    service: FakeService,
    certificate: Certificate,
    tmp_path: Path,
) -> None:
    """Over TLS the channel is wss:, the page times its handshake, and the edge sees its hello."""
    site = Site()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    context.sni_callback = _late  # a handshake over loopback may be over in one tick of the clock
    more = {
        "EDGE_TLS_CERT_FILE": str(certificate.chain),
        "EDGE_TLS_KEY_FILE": str(certificate.key),
    }
    async with trio.open_nursery() as nursery:
        await nursery.start(site.serve, context)
        more["ALLOWED_ORIGIN"] = site.url
        async with running_edge(service.url, tmp_path / "edge.log", **more) as url:
            site.edge_url = url + MOUNTED
            for visits in range(1, MOST_VISITS + 1):
                await Visitor(browsers, browser, site).accepted()
                with trio.fail_after(REST_S):
                    await service.until(visits)
                envelope = structure(Envelope, service.envelopes[-1])
                load = envelope.report.signals.get(Navigation)
                handshake_ms = load.tls_ms if isinstance(load, Navigation) else None
                if handshake_ms is not None:
                    break
        nursery.cancel_scope.cancel()
    assert envelope.observed.tls is not None
    assert handshake_ms is not None
    assert handshake_ms >= 15
    latency = envelope.report.signals.get(Latency)
    assert isinstance(latency, Latency)
    assert latency.channels[0].url.startswith("wss:")
