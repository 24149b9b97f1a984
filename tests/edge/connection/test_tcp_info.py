"""The kernel's timing of a connection."""

import socket

import pytest

from octet.edge.connection import tcp_info
from octet.edge.connection.tcp_info import read_tcp_info, write_tcp_info
from octet.schema import AbsenceReason, TcpTiming, decode


def test_real_connection() -> None:
    """A connection over loopback has a round trip of microseconds and no retransmission."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
        listener.accept()[0] as accepted,
    ):
        client.sendall(b"x")
        timing = read_tcp_info(accepted, 17)
    assert isinstance(timing, TcpTiming)
    assert timing.min_rtt_us is not None
    assert timing.rtt_us is not None
    assert 0 < timing.min_rtt_us <= timing.rtt_us < 1_000_000
    assert (timing.accept_rtt_us, timing.retransmits) == (17, 0)


@pytest.mark.parametrize(
    ("info", "expected"),
    [(b"\0" * 100, AbsenceReason.UNSUPPORTED), (OSError(), AbsenceReason.ERROR)],
)
def test_absence_has_a_reason(info: bytes | OSError, expected: AbsenceReason) -> None:
    """An old kernel and a failing call are told apart."""

    class Socket:
        def getsockopt(self, *_: object) -> bytes:
            if isinstance(info, OSError):
                raise info
            return info

    assert read_tcp_info(Socket()) is expected  # type: ignore[arg-type]


def test_never_measured() -> None:
    """A smallest round trip that the kernel never measured is absent, not four thousand seconds."""

    class Socket:
        def getsockopt(self, *_: object) -> bytes:
            return b"\0" * 148 + b"\xff" * 4

    timing = read_tcp_info(Socket())  # type: ignore[arg-type]
    assert isinstance(timing, TcpTiming)
    assert (timing.min_rtt_us, timing.accept_rtt_us) == (None, None)
    assert write_tcp_info(Socket(), 17) is None  # type: ignore[arg-type]


def test_text_is_the_same_timing() -> None:
    """Written at once, it is what it is when it is read and then written."""

    class Socket:
        def getsockopt(self, *_: object) -> bytes:
            return bytes(range(1, 153))

    text = write_tcp_info(Socket(), 17)  # type: ignore[arg-type]
    assert text is not None
    assert decode(TcpTiming, text) == read_tcp_info(Socket(), 17)  # type: ignore[arg-type]
    assert write_tcp_info(Socket(), None) is None  # type: ignore[arg-type]


def test_not_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than on Linux there is none."""
    monkeypatch.setattr(tcp_info.sys, "platform", "darwin")  # type: ignore[attr-defined]
    assert read_tcp_info(socket.socket.__new__(socket.socket)) is AbsenceReason.NOT_LINUX
