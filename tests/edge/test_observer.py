"""What is put together of one request."""

from typing import Any

import pytest

from octet.edge.config import EdgeConfig
from octet.edge.connection_observer import ConnectionObserver, Unobserved
from octet.edge.exchange import Request
from octet.edge.observer import Observer
from octet.schema import AbsenceReason, ChannelTiming, Observation, decode
from tests.edge.conftest import environment
from tests.serving.streams import connected

CHANNEL = ChannelTiming(edge="e", source_ip="203.0.113.9", rtt_us=(41_200,), at=1)


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


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"EDGE_REDACT_HEADERS": "x-secret"},
        {"EDGE_REDACT_HEADERS": "content-length"},
        {"EXIT_IP": "198.51.100.1"},
        {"EDGE_TRUSTED_PROXIES": "127.0.0.0/8"},
    ],
    ids=["plain", "redacting", "redacting the length", "exit", "behind a proxy"],
)
async def test_what_is_written_is_what_is_observed(variables: dict[str, str]) -> None:
    """Request after request of one connection, the text says what `observe` says."""
    observer = Observer(EdgeConfig.from_environment(environment("http://a.test", **variables)))
    plain = (b"Host", b"a.test"), (b"X-Secret", b"s"), (b"Cookie", b"c"), (b"x", b'\xe9"\\')
    proxied = (*plain, (b"X-Forwarded-For", b"203.0.113.5"), (b"x-octet-tcp-rtt-us", b"18400"))
    sized = (*plain, (b"content-Length", b"7"), (b"X-A", b"7"))
    async with connected() as (stream, _):
        connection = ConnectionObserver(stream)
        for headers in (plain, proxied, sized, ()):
            for version, channels, refused in (
                ("1.1", (), None),
                ("1.1", (CHANNEL,), None),
                ("1.1", (), AbsenceReason.EXPIRED_RECEIPT),
                ("1.0", (), None),
            ):
                first = request(headers=headers, connection=connection, version=version)
                lengths = (b"7", b"0", b"65536") if headers is sized else ()
                for asked in (first, *map(first.again, lengths)):
                    written = observer.write(asked, channels, refused)
                    expected = observer.observe(asked, channels, refused)
                    assert decode(Observation, written.text) == expected
                    assert written.missing == expected.missing
        assert (connection.kept is None) == ("EDGE_TRUSTED_PROXIES" in variables)
