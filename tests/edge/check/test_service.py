"""Whether the service is reached, judged."""

import pytest

from octet.edge.check.finding import Status
from octet.edge.check.service import judge_health, judge_trouble
from octet.edge.check.trouble import Kind, Trouble
from octet.edge.config import EdgeConfig
from tests.edge.conftest import environment

OK, WARN, FAIL = Status.OK, Status.WARN, Status.FAIL


def config(url: str) -> EdgeConfig:
    return EdgeConfig.from_environment(environment(url))


@pytest.mark.parametrize(
    ("url", "status", "expected"),
    [
        ("https://octet.test", 200, OK),
        ("http://127.0.0.1:8787", 200, OK),
        ("http://[::1]:8787", 200, OK),
        ("http://octet.test", 200, WARN),
        ("https://octet.test", 301, FAIL),
        ("https://octet.test", 404, FAIL),
        ("https://octet.test", 503, FAIL),
    ],
)
def test_health(url: str, status: int, expected: Status) -> None:
    """A service answers well, where its URL says, and not in the clear over a network."""
    finding = judge_health(config(url), status)
    assert finding.status is expected
    assert url in finding.text
    assert bool(finding.remedy) == (expected is not OK)


@pytest.mark.parametrize("kind", list(Kind))
def test_trouble(kind: Kind) -> None:
    """Each trouble names what to look at."""
    finding = judge_trouble(config("https://octet.test"), Trouble(kind, "it is so"))
    assert finding.status is FAIL
    assert finding.text == "https://octet.test: it is so"
    assert any(name in finding.remedy for name in ("OCTET_URL", "EDGE_CLIENT_CERT_FILE"))
