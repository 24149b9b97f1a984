"""What real browsers' visits look like to the service."""

import base64

import pytest

from octet.schema import Envelope, structure
from tests.edge.fakes import FakeService
from tests.system.conftest import REF, Visitor

HEADER_ORDER = {
    "chromium": (
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
    ),
    "firefox": (
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Language",
        "Accept-Encoding",
        "Content-Type",
        "Referer",
        "Content-Length",
        "Origin",
        "Connection",
        "Sec-Fetch-Dest",
        "Sec-Fetch-Mode",
        "Sec-Fetch-Site",
        "Priority",
        "Pragma",
        "Cache-Control",
    ),
}
"""Of a cross-origin post over HTTP/1.1."""


@pytest.fixture
async def envelope(visitor: Visitor, service: FakeService) -> Envelope:
    """The one envelope of one visit, read by the strict converter."""
    await visitor.accepted(languages=("de-DE", "de"))
    (raw,) = service.envelopes
    return structure(Envelope, raw)


async def test_observed(envelope: Envelope, browser: str) -> None:
    """A visit reaches the service with all that the edge can observe of it."""
    observed = envelope.observed
    names = tuple(name for name, _ in observed.http.headers)
    assert names == HEADER_ORDER[browser]
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
