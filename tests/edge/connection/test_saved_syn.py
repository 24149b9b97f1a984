"""The SYN as the kernel kept it."""

import base64
import socket

import pytest

from octet.edge.connection import saved_syn
from octet.edge.connection.saved_syn import read_saved_syn, save_syn
from octet.schema import AbsenceReason
from octet.serving import listen


def test_given_once() -> None:
    """An accepted connection gives its SYN once; without the option there is none."""
    with (
        listen("127.0.0.1", 0, prepare=save_syn) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        listener.setblocking(True)
        with listener.accept()[0] as accepted:
            syn = base64.b64decode(read_saved_syn(accepted))
            source_port = int.from_bytes(syn[20:22], "big")
            assert (syn[0], syn[33], source_port) == (0x45, 0x02, client.getsockname()[1])
            assert read_saved_syn(accepted) is AbsenceReason.UNSUPPORTED


def test_absence_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that is no TCP connection is an error; elsewhere than on Linux there is no SYN."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        assert read_saved_syn(datagram) is AbsenceReason.ERROR
        monkeypatch.setattr(saved_syn.sys, "platform", "darwin")  # type: ignore[attr-defined]
        save_syn(datagram)
        assert read_saved_syn(datagram) is AbsenceReason.NOT_LINUX
