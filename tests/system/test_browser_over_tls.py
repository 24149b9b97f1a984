"""What a real Chromium's visit over TLS looks like to the service, and to the edge's operator."""

import base64
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from examples.demo.chromium import Chromium, find_chromium, open_chromium
from examples.demo.process import running
from octet.edge.connection.client_hello import is_client_hello
from octet.schema import Envelope, structure
from tests.certificates import Certificate
from tests.edge.fakes import FakeService
from tests.serving.wire import RunningServer, get
from tests.system.conftest import PAGE, REF, Page
from tests.system.test_browser import visit

pytestmark = pytest.mark.chromium


@pytest.fixture
async def browser() -> AsyncIterator[Chromium]:
    """A real Chromium, which believes the tests' certificate."""
    path = find_chromium()
    assert path is not None
    async with open_chromium(path, "--ignore-certificate-errors") as chromium:
        yield chromium


@asynccontextmanager
async def secure_edge(
    service: FakeService, page: Page, certificate: Certificate, alpn: str, log: Path
) -> AsyncIterator[None]:
    """Run the installed ``octet-edge`` with TLS of its own; the page embeds its collector."""
    variables = {
        "OCTET_DEV": "1",
        "OCTET_URL": service.url,
        "HOST": "127.0.0.1",
        "PORT": "0",
        "ALLOWED_ORIGIN": page.url,
        "EDGE_TLS_CERT_FILE": str(certificate.chain),
        "EDGE_TLS_KEY_FILE": str(certificate.key),
        "EDGE_ALPN": alpn,
        "EDGE_METRICS_BIND": "127.0.0.1:0",
    }
    command = [str(Path(sys.executable).with_name("octet-edge"))]
    async with running(command, variables, log) as url:
        page.html = PAGE.format(edge=url.replace("127.0.0.1", "localhost"), ref=REF)
        yield


async def metrics(log: Path) -> str:
    """Return what the edge of *log* counts."""
    found = re.search(r"metrics on http://127.0.0.1:(\d+)", await trio.Path(log).read_text())
    assert found is not None
    return (await RunningServer("127.0.0.1", int(found[1])).ask(get("/metrics"))).body.decode()


@pytest.mark.parametrize(("alpn", "version"), [("http/1.1", "1.1"), ("h2,http/1.1", "2")])
async def test_envelope(
    browser: Chromium,
    page: Page,
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
    async with secure_edge(service, page, certificate, alpn, log):
        await visit(browser, page)
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
