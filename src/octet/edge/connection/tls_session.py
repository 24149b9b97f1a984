"""What TLS agreed on."""

import socket
import ssl

from octet.schema import AbsenceReason, Tls


def read_tls_session(sock: socket.socket, client_hello: str | None = None) -> Tls | AbsenceReason:
    """Return version, cipher suite and ALPN of *sock*, if it is a TLS one past its handshake.

    *client_hello* is kept beside them.
    """
    if not isinstance(sock, ssl.SSLSocket):
        return AbsenceReason.NOT_TLS
    cipher = sock.cipher()
    return Tls(
        client_hello=client_hello,
        version=sock.version(),
        cipher=cipher[0] if cipher else None,
        alpn=sock.selected_alpn_protocol(),
    )
