"""The way to the URL, as far as TLS goes."""

import ssl

import pytest
import trio

from octet.edge.check.doorstep import (
    judge_connection,
    judge_no_connection,
    judge_no_tls,
    judge_tls,
)
from octet.edge.check.entrance import Entrance, Meeting
from octet.edge.check.finding import Status
from octet.edge.check.target import Target
from octet.edge.check.trouble import Kind, Trouble
from octet.edge.clock import epoch_ms
from tests.certificates import Certificate
from tests.edge.conftest import StartEdge

HOUR_MS = 3_600_000


async def met(url: str, trust: ssl.SSLContext) -> Meeting:
    meeting = await Entrance(Target.read(url), trust).connect()
    await trio.aclose_forcefully(meeting.stream)
    return meeting


@pytest.mark.parametrize("days", [-20, 0])
async def test_tls(
    start_edge: StartEdge, certificate: Certificate, trust: ssl.SSLContext, days: int
) -> None:
    """A certificate counts its days, and is to be renewed before they are over."""
    files = {
        "EDGE_TLS_CERT_FILE": str(certificate.chain),
        "EDGE_TLS_KEY_FILE": str(certificate.key),
    }
    edge = await start_edge(**files)
    target = Target.read(f"https://localhost:{edge.port}")
    meeting = await met(target.url, trust)
    finding = judge_tls(target, meeting, lambda: epoch_ms() + days * 24 * HOUR_MS)
    assert finding.status is (Status.OK if days else Status.WARN)
    assert "TLSv1.3" in finding.text
    assert f"for {-days} more days" in finding.text
    assert "127.0.0.1" in judge_connection(meeting).text


async def test_in_the_clear(start_edge: StartEdge, trust: ssl.SSLContext) -> None:
    """Without TLS browsers run the collector on their own machine alone."""
    edge = await start_edge()
    meeting = await met(edge.url, trust)
    assert judge_tls(Target.read(edge.url), meeting, epoch_ms).status is Status.OK
    elsewhere = Target.read("http://yourapp.test")
    assert judge_tls(elsewhere, meeting, epoch_ms).status is Status.WARN


@pytest.mark.parametrize("kind", list(Kind))
def test_troubles(kind: Kind) -> None:
    """Whatever the network says, there is something to look at."""
    trouble = Trouble(kind, "it is so")
    for finding in (
        judge_no_connection(Target.read("http://a.test"), trouble),
        judge_no_tls(trouble),
    ):
        assert finding.status is Status.FAIL
        assert "it is so" in finding.text
        assert finding.remedy
