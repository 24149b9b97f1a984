"""What TLS agreed on; the present case is seen through real handshakes in ``test_app``."""

import socket

from octet.edge.connection.tls_session import read_tls_session
from octet.schema import AbsenceReason


def test_plain_stream() -> None:
    """A stream without TLS says so."""
    with socket.socket() as plain:
        assert read_tls_session(plain) is AbsenceReason.NOT_TLS
