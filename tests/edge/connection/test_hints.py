"""What a trusted proxy tells."""

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.connection.client_hello import MAX_CLIENT_HELLO_BYTES
from octet.edge.connection.hints import HINT_HEADERS, take_hints
from octet.schema import AbsenceReason, TcpTiming, Tls, structure
from tests.edge.connection.haproxy import headers_through_haproxy

BEHIND, ERROR = AbsenceReason.BEHIND_PROXY, AbsenceReason.ERROR


def text(data: bytes) -> str:
    """Write *data* in base64."""
    return base64.b64encode(data).decode()


HELLO = text(b"\x01\x00\x00\x04body")
TOO_LONG = MAX_CLIENT_HELLO_BYTES - 3
RTT, RTT_VAR = "x-octet-tcp-rtt-us", "X-Octet-TCP-RTTVar-Us"
CLIENT_HELLO, SYN = "X-Octet-Tls-Client-Hello", "x-octet-syn"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], {}),
        ([(RTT, "18400")], {"tcp": TcpTiming(rtt_us=18400)}),
        (
            [(RTT_VAR, "900"), (RTT, "18400")],
            {"tcp": TcpTiming(rtt_us=18400, rtt_var_us=900)},
        ),
        ([(RTT, "4294967295")], {"tcp": TcpTiming(rtt_us=4294967295)}),
        ([(RTT, "")], {}),
        ([(RTT_VAR, "900")], {}),
        *(
            ([(RTT, value)], {"tcp": ERROR})
            for value in ("4294967296", "00000000001", "-1", "+1", "1.5", "1e3", "0x10", "²", " 1")
        ),
        ([(RTT, "1"), (RTT, "1")], {"tcp": ERROR}),
        ([(RTT, ""), (RTT, "")], {"tcp": ERROR}),
        ([(RTT, "1"), (RTT_VAR, "x")], {"tcp": ERROR}),
        ([(RTT, "1, 1")], {"tcp": ERROR}),
        ([(CLIENT_HELLO, HELLO)], {"tls": Tls(client_hello=HELLO)}),
        *(
            ([(CLIENT_HELLO, value)], {"tls": ERROR})
            for value in (
                HELLO[:-1],
                HELLO + "=",
                HELLO + HELLO,
                " " + HELLO,
                HELLO.replace("A", "-"),
                text(b"\x02\x00\x00\x00"),
                text(b"\x16\x03\x01\x00\x04\x01\x00\x00\x00"),
                text(b"\x01" + TOO_LONG.to_bytes(3) + bytes(TOO_LONG)),
                "é",
            )
        ),
        ([(CLIENT_HELLO, HELLO), (CLIENT_HELLO, HELLO)], {"tls": ERROR}),
        ([(SYN, "RQAAPA==")], {"syn": "RQAAPA=="}),
        ([(SYN, "RQAAPB==")], {"syn": "RQAAPA=="}),
        ([(SYN, text(bytes(256)))], {"syn": text(bytes(256))}),
        ([(SYN, text(bytes(257)))], {"syn": ERROR}),
        ([(SYN, "RQAAPA")], {"syn": ERROR}),
        ([(SYN, "x"), (RTT, "1")], {"syn": ERROR, "tcp": TcpTiming(rtt_us=1)}),
    ],
)
def test_taken(headers: list[tuple[str, str]], expected: dict[str, Any]) -> None:
    """Each hint is read strictly and by itself; an absent one stands behind the proxy."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    hints = take_hints(raw)
    found = {"tcp": hints.tcp, "tls": hints.tls, "syn": hints.syn}
    assert found == {"tcp": BEHIND, "tls": BEHIND, "syn": BEHIND} | expected
    assert hints.headers == ()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*HINT_HEADERS, b"host", b"x-octet-licence", b"X-Octet"]).flatmap(
                lambda name: st.sampled_from([name, name.upper(), name.title()])
            ),
            st.one_of(st.binary(max_size=30), st.binary().map(base64.b64encode)),
        )
    )
)
def test_any_headers(headers: list[tuple[bytes, bytes]]) -> None:
    """Hints go, in any case and number; all others stay in order; what is told fits the schema."""
    hints = take_hints(headers)
    assert list(hints.headers) == [h for h in headers if h[0].lower() not in HINT_HEADERS]
    if isinstance(hints.tls, Tls):
        structure(Tls, {"clientHello": hints.tls.client_hello})


@pytest.mark.haproxy
async def test_haproxy(tmp_path: Path) -> None:
    """A real HAProxy's measurement of its client is taken as the connection's timing."""
    front = """http-request set-header x-octet-tcp-rtt-us %[fc_rtt(us)]
    http-request set-header x-octet-tcp-rttvar-us %[fc_rttvar(us)]
    http-request set-header x-octet-syn %[src_port,field(2,:)]"""
    raw = await headers_through_haproxy(tmp_path, front)
    hints = take_hints(raw)
    assert (b"x-octet-syn", b"") in raw
    assert isinstance(hints.tcp, TcpTiming)
    assert hints.tcp.rtt_us is not None
    assert 0 < hints.tcp.rtt_us < 1_000_000
    assert (hints.tls, hints.syn) == (BEHIND, BEHIND)
    assert hints.headers == ((b"host", b"edge.test"),)
