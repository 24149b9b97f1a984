"""What is forged, and how it shows."""

import random

import pytest

from octet.edge.check.finding import Status
from octet.edge.check.forgery import NAMES, Forgery, forgeries, judge_forgery
from octet.edge.check.sighting import Sighting
from octet.edge.connection.forwarding import source_of, trusted_networks
from octet.edge.connection.hints import take_hints
from octet.edge.sight import digest
from octet.schema import AbsenceReason, TcpTiming, Tls
from tests.edge.check.sightings import HERE, SIZE, hinted, seen

EVERYBODY = trusted_networks("0.0.0.0/0")
MADE = forgeries(random.Random(4711))  # noqa: S311 - so that each run is the same


def by_name(name: str) -> Forgery:
    return next(forgery for forgery in MADE if forgery.name == name)


def believed(forgery: Forgery) -> Sighting:
    """Return what an edge that trusts everybody would have sealed."""
    headers = [(name.encode(), value.encode()) for name, value in forgery.fields]
    mode = "rfc7239" if forgery.name == "forwarded" else "x-forwarded-for"
    hints = take_hints(headers)
    told = {}
    if isinstance(hints.tls, Tls) and hints.tls.client_hello is not None:
        told["clientHello"] = digest(hints.tls.client_hello)
    if not isinstance(hints.syn, AbsenceReason):
        told["syn"] = digest(hints.syn)
    source = source_of(HERE, EVERYBODY, mode, headers)  # type: ignore[arg-type]  # one of two
    tcp = hints.tcp if isinstance(hints.tcp, TcpTiming) else None
    return seen(source.ip, tcp=tcp, via=source.via, told=told)


def test_order() -> None:
    """There is one for each name, in the report's order."""
    assert tuple(forgery.name for forgery in MADE) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_believed(name: str) -> None:
    """What an edge believes shows, since the edge's own readers take the values for good ones."""
    finding = judge_forgery(by_name(name), hinted(), believed(by_name(name)))
    assert finding.status is Status.FAIL
    assert name in finding.remedy
    assert "EDGE_TRUSTED_PROXIES" in finding.remedy


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("honest", [seen(mss=SIZE), hinted(), seen()])
def test_not_believed(name: str, honest: Sighting) -> None:
    """Where the edge sees the same as without the header, that is well."""
    assert judge_forgery(by_name(name), honest, honest).status is Status.OK


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("other", NAMES)
def test_only_its_own(name: str, other: str) -> None:
    """A header is blamed for nothing that another one did."""
    finding = judge_forgery(by_name(name), hinted(), believed(by_name(other)))
    both = {"x-octet-tcp-rtt-us", "x-octet-tcp-rttvar-us"}
    shared = name == "x-octet-tcp-rtt-us" and other in both  # a deviation comes with a round trip
    assert (finding.status is Status.FAIL) == (name == other or shared)


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("x-octet-tcp-rtt-us", "tcp"),
        ("x-octet-tcp-rttvar-us", "tcp"),
        ("x-octet-tls-client-hello", "tls"),
        ("x-octet-syn", "syn"),
    ],
)
def test_spoilt(name: str, fact: str) -> None:
    """A hint that becomes unreadable by a visitor's fails; one that always was is not its fault."""
    spoilt = seen(missing={fact: AbsenceReason.ERROR})
    finding = judge_forgery(by_name(name), hinted(), spoilt)
    assert finding.status is Status.FAIL
    assert "twice" in finding.text
    assert judge_forgery(by_name(name), spoilt, spoilt).status is Status.OK


def test_values_are_of_one_run() -> None:
    """What one run forges, another does not take for its own."""
    other = forgeries(random.Random(4712))  # noqa: S311 - likewise
    for mine, theirs in zip(MADE, other, strict=True):
        assert mine.fields != theirs.fields
        assert judge_forgery(mine, hinted(), believed(theirs)).status is Status.OK
