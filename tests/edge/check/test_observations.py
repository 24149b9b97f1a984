"""What is seen of a visitor's connection, listed."""

import pytest

from octet.edge.check.finding import Status
from octet.edge.check.observations import judge_observations
from octet.schema import AbsenceReason
from tests.edge.check.sightings import BALANCER, HTTP_PROXY, seen

NOT_LINUX, NOT_TLS = AbsenceReason.NOT_LINUX, AbsenceReason.NOT_TLS


@pytest.mark.parametrize(
    ("missing", "status", "text"),
    [
        (
            {},
            Status.OK,
            "the edge sees TCP timing, the SYN, TLS, the ClientHello, header order",
        ),
        (
            {"tls": NOT_TLS},
            Status.OK,
            "the edge sees TCP timing, the SYN, header order; not TLS, the ClientHello (not-tls)",
        ),
        (
            HTTP_PROXY | {"h2": AbsenceReason.BEHIND_PROXY},
            Status.OK,
            (
                "the edge sees TCP timing; not the SYN, TLS, the ClientHello, header order"
                " (behind-proxy)"
            ),
        ),
        (
            BALANCER | {"tls": NOT_TLS},
            Status.OK,
            (
                "the edge sees header order; not TCP timing, the SYN (behind-proxy); not TLS, the"
                " ClientHello (not-tls)"
            ),
        ),
        (
            {"tcp": NOT_LINUX, "syn": NOT_LINUX, "tls": NOT_TLS},
            Status.WARN,
            (
                "the edge sees header order; not TCP timing, the SYN (not-linux); not TLS, the"
                " ClientHello (not-tls)"
            ),
        ),
    ],
)
def test_listed(missing: dict[str, AbsenceReason], status: Status, text: str) -> None:
    """Each is there or has its reason; what no place on the way explains is to be known of."""
    finding = judge_observations(seen(missing=missing))
    assert (finding.status, finding.text) == (status, text)
