"""What a real Chromium's visit over TLS looks like to the service, and to the edge's operator."""

import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from benchmarks.visitor import Traits
from examples.demo.chromium import Chromium, find_chromium, open_chromium
from octet.edge.connection.client_hello import is_client_hello
from octet.schema import Envelope, structure
from tests.certificates import Certificate
from tests.edge.fakes import FakeService
from tests.serving.wire import RunningServer, get
from tests.system.conftest import REF, running_edge
from tests.system.site import MOUNTED, Site

pytestmark = pytest.mark.chromium

BERLIN = Traits(time_zone="Europe/Berlin", languages=("de-DE", "de", "en"))


@pytest.fixture
async def browser() -> AsyncIterator[Chromium]:
    """A real Chromium, which believes the tests' certificate."""
    path = find_chromium()
    assert path is not None
    async with open_chromium(path, "--ignore-certificate-errors") as chromium:
        yield chromium


async def metrics(log: Path) -> str:
    """Return what the edge of *log* counts."""
    found = re.search(r"metrics on http://127.0.0.1:(\d+)", await trio.Path(log).read_text())
    assert found is not None
    return (await RunningServer("127.0.0.1", int(found[1])).ask(get("/metrics"))).body.decode()


@pytest.mark.parametrize(("alpn", "version"), [("http/1.1", "1.1"), ("h2,http/1.1", "2")])
async def test_envelope(
    browser: Chromium,
    site: Site,
    service: FakeService,
    certificate: Certificate,
    tmp_path: Path,
    alpn: str,
    version: str,
) -> None:
    """Over TLS all of Chromium's connection is observed and counted, by HTTP/1.1 and by HTTP/2;
    its volleys come over a connection of their own.
    """
    log = tmp_path / "edge.log"
    variables = {
        "ALLOWED_ORIGIN": site.url,
        "EDGE_TLS_CERT_FILE": str(certificate.chain),
        "EDGE_TLS_KEY_FILE": str(certificate.key),
        "EDGE_ALPN": alpn,
        "EDGE_METRICS_BIND": "127.0.0.1:0",
    }
    async with running_edge(service.url, log, **variables) as url:
        site.edge_url = url.replace("127.0.0.1", "localhost") + MOUNTED
        call = f"visit({json.dumps({'apiUrl': site.api_url, 'sessionRef': REF})})"
        learned = await browser.visit(f"{site.url}/", BERLIN, call)
        assert learned == {"answer": {"ok": True}}
        counted = await metrics(log)
    (raw,) = service.envelopes
    observed = structure(Envelope, raw).observed
    assert observed.missing == {}
    assert observed.http.version == version
    assert observed.tls is not None
    assert (observed.tls.version, observed.tls.alpn) == ("TLSv1.3", alpn.partition(",")[0])
    assert observed.tls.client_hello is not None
    assert is_client_hello(base64.b64decode(observed.tls.client_hello))
    assert observed.tcp is not None
    assert observed.syn is not None
    (channel,) = observed.latency
    assert len(channel.rtt_us) == 24
    assert channel.tcp is not None
    if version == "2":
        assert observed.http.h2 is not None
        assert observed.http.h2.pseudo == ("m", "a", "s", "p")
        assert observed.http.h2.window_update == 15663105
    else:
        assert observed.http.headers[0][0] == "Host"
    assert 'octet_edge_requests_total{code="ok",route="signals"} 2.0' in counted  # preflight, post
    assert 'octet_edge_requests_total{code="ok",route="channel"} 1.0' in counted
    assert "octet_edge_volleys_total 24.0" in counted
    for wrong in ("failed", "flooded", "malformed", "timed-out"):
        assert f'octet_edge_connections_total{{outcome="{wrong}"}} 0.0' in counted
