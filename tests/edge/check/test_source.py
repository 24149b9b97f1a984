"""Whom the edge takes a visitor for."""

import pytest
from attrs import evolve

from octet.edge.check.finding import Status
from octet.edge.check.sighting import Sighting
from octet.edge.check.source import judge_source
from octet.edge.sight import Sight
from tests.edge.check.sightings import BALANCER, BEHIND, HERE, HTTP_PROXY, SIZE, hinted, seen

OK, FAIL, UNKNOWN = Status.OK, Status.FAIL, Status.UNKNOWN
PUBLIC, SERVER = "93.184.216.34", "151.101.1.140"


@pytest.mark.parametrize(
    ("sighting", "expected", "status", "words"),
    [
        (seen(HERE, mss=SIZE), None, OK, "own address"),
        (seen(PUBLIC, mss=SIZE, remote_ip=SERVER), None, OK, "known there"),
        (seen("10.0.0.3", mss=1448), None, FAIL, "hop before it"),
        (hinted(HERE), None, OK, "own address"),
        (hinted(PUBLIC, remote_ip=SERVER), None, UNKNOWN, PUBLIC),
        (hinted("10.0.0.3", remote_ip=SERVER), None, FAIL, "inner network"),
        (hinted("10.0.0.3", via="direct"), None, FAIL, "for whom it speaks"),
        (seen("10.0.0.3", missing=HTTP_PROXY | {"tcp": BEHIND}), None, FAIL, "for whom"),
        (seen(PUBLIC, missing=BALANCER, via="trusted-proxy"), None, UNKNOWN, PUBLIC),
        (seen(PUBLIC, mss=SIZE), PUBLIC, OK, "as expected"),
        (hinted(PUBLIC, remote_ip=SERVER), PUBLIC, OK, "as expected"),
        (hinted(SERVER, remote_ip=SERVER), PUBLIC, FAIL, f"not {PUBLIC}"),
        (seen("10.0.0.3", mss=1448), "10.0.0.3", FAIL, "hop before it"),
    ],
)
def test_judged(sighting: Sighting, expected: str | None, status: Status, words: str) -> None:
    """What can be known of an address is told, what cannot is said to be so."""
    finding = judge_source(sighting, expected)
    assert finding.status is status
    assert words in finding.text
    assert bool(finding.remedy) == (status is not OK)


def test_exit_ip() -> None:
    """An address that a test put in the place of all others is a failure, wherever it came from."""
    sighting = seen(PUBLIC, mss=SIZE)
    finding = judge_source(evolve(sighting, sight=Sight(via="direct", source_ip=HERE)))
    assert finding.status is FAIL
    assert "EXIT_IP" in finding.text
