"""What a real Chromium's visit looks like to the service."""

import base64
from typing import Any
from urllib.parse import urlsplit

import pytest
import trio

from benchmarks.visitor import Traits
from examples.demo.chromium import Chromium
from examples.demo.delaying_proxy import serve_delaying_proxy
from octet.schema import (
    SIGNAL_TYPES,
    Envelope,
    Languages,
    Latency,
    Missing,
    TimeZone,
    UtcOffset,
    structure,
)
from tests.edge.fakes import FakeService
from tests.system.conftest import REF, Page

pytestmark = pytest.mark.chromium

BERLIN = Traits(time_zone="Europe/Berlin", languages=("de-DE", "de", "en"))

HEADER_ORDER = (
    "Host",
    "Connection",
    "Content-Length",
    "Pragma",
    "Cache-Control",
    "sec-ch-ua-platform",
    "User-Agent",
    "sec-ch-ua",
    "Content-Type",
    "sec-ch-ua-mobile",
    "Accept-Language",
    "Accept",
    "Origin",
    "Sec-Fetch-Site",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Dest",
    "Referer",
    "Accept-Encoding",
)
"""As Chromium sends a cross-origin post over HTTP/1.1, with the languages that were asked for."""


async def visit(browser: Chromium, page: Page, traits: Traits = BERLIN) -> dict[str, Any]:
    """Let *browser* open the customer's page; return what the page learned."""
    learned: dict[str, Any] = await browser.visit(page.url, traits, "visit")
    assert learned.get("answer") == {"ok": True}, learned
    return learned


@pytest.fixture
async def envelope(browser: Chromium, page: Page, service: FakeService, edge_url: str) -> Envelope:
    """The one envelope of one visit, read by the strict converter."""
    del edge_url  # it is in the page
    await visit(browser, page)
    (raw,) = service.envelopes
    return structure(Envelope, raw)


async def test_envelope(envelope: Envelope) -> None:
    """A visit of Chromium reaches the service with all that the edge can observe of it."""
    observed = envelope.observed
    names = tuple(name for name, _ in observed.http.headers)
    assert names == HEADER_ORDER
    assert observed.missing == {"tls": "not-tls"}

    tcp = observed.tcp
    assert tcp is not None
    assert tcp.min_rtt_us is not None
    assert tcp.rtt_us is not None
    assert 0 < tcp.min_rtt_us <= tcp.rtt_us < 1_000_000
    assert tcp.accept_rtt_us is not None

    assert observed.syn is not None
    syn = base64.b64decode(observed.syn)
    assert syn[0] >> 4 == 4
    assert syn[(syn[0] & 15) * 4 + 13] & 0x02  # the SYN flag

    (channel,) = observed.latency
    assert len(channel.rtt_us) == 24
    assert 0 < min(channel.rtt_us) < 1_000_000
    assert channel.tcp is not None
    assert (channel.edge, channel.lat, channel.lon) == ("test-1", 50.11, 8.68)

    assert envelope.session_ref == envelope.report.session_ref == REF


async def test_signals(envelope: Envelope) -> None:
    """The collector's signals are the browser's own, each there or missing with a reason."""
    signals = envelope.report.signals
    assert set(signals) == set(SIGNAL_TYPES)
    assert signals.get(TimeZone) == TimeZone("Europe/Berlin")
    assert signals.get(Languages) == Languages(BERLIN.languages)
    offset = signals.get(UtcOffset)
    assert isinstance(offset, UtcOffset)
    assert (offset.jan_min, offset.jul_min) == (60, 120)
    latency = signals.get(Latency)
    assert not isinstance(latency, Missing)
    assert len(latency.channels[0].rtt_ms) == 23


async def test_first_party(browser: Chromium, page: Page, edge_url: str) -> None:
    """The page contacts the customer's page and edge, and nobody else."""
    learned = await visit(browser, page)
    contacted = {urlsplit(url).netloc for url in learned["contacted"]}
    edge = urlsplit(edge_url).netloc
    assert {edge} <= contacted <= {edge, urlsplit(page.url).netloc}


async def test_cookies_stay(
    browser: Chromium, page: Page, service: FakeService, edge_url: str
) -> None:
    """The customer's cookie reaches the service under no name."""
    del edge_url
    await visit(browser, page)
    assert b"customer=secret" not in service.bodies[0]


async def test_proxy(browser: Chromium, page: Page, service: FakeService, edge_url: str) -> None:
    """Through a SOCKS proxy that delays, the volleys show the delay and the kernel does not."""
    del edge_url
    one_way_ms = 40
    async with trio.open_nursery() as nursery:
        proxy = await nursery.start(serve_delaying_proxy, one_way_ms / 1000)
        traits = Traits(time_zone="Europe/Berlin", languages=("de-DE",), proxy=proxy)
        await visit(browser, page, traits)
        nursery.cancel_scope.cancel()
    (raw,) = service.envelopes
    (channel,) = structure(Envelope, raw).observed.latency
    assert channel.tcp is not None
    assert channel.tcp.min_rtt_us is not None
    assert channel.tcp.min_rtt_us < one_way_ms * 1000
    assert min(channel.rtt_us) >= 2 * one_way_ms * 1000
