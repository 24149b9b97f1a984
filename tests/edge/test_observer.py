"""What is put together of one request."""

from typing import Any

import pytest

from octet.edge.config import EdgeConfig
from octet.edge.connection_observer import Unobserved
from octet.edge.exchange import Request
from octet.edge.observer import Observer
from octet.schema import AbsenceReason
from tests.edge.conftest import environment


def request(**more: Any) -> Request:
    plain: dict[str, Any] = {
        "method": "POST",
        "path": "/v1/signals",
        "query": "",
        "version": "1.1",
        "headers": (),
        "connection": Unobserved("203.0.113.7"),
    }
    return Request(**{**plain, **more})


@pytest.mark.parametrize(
    ("more", "refused", "missing"),
    [
        ({}, None, {}),
        ({"version": "2"}, None, {"h2": "unsupported"}),
        ({}, AbsenceReason.EXPIRED_RECEIPT, {"latency": "expired-receipt"}),
    ],
)
def test_unobserved_connection(
    more: dict[str, Any], refused: AbsenceReason | None, missing: dict[str, str]
) -> None:
    """Without a connection of ours each observation is missing with its reason."""
    observer = Observer(EdgeConfig.from_environment(environment("http://a.test")))
    observed = observer.observe(request(**more), (), refused)
    unobserved = dict.fromkeys(("tcp", "syn", "tls"), "unsupported")
    assert observed.missing == unobserved | missing
    assert (observed.tcp, observed.syn, observed.tls) == (None, None, None)
    assert observed.source_ip == observed.peer_ip == "203.0.113.7"
