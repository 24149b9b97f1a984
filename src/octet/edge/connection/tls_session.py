"""What TLS agreed on."""

from typing import Any

import trio

from octet.schema import AbsenceReason, Tls


def read_tls_session(stream: Any) -> Tls | AbsenceReason:
    """Return version, cipher suite and ALPN of *stream*, if it is a TLS one past its handshake."""
    if not isinstance(stream, trio.SSLStream):
        return AbsenceReason.NOT_TLS
    cipher = stream.cipher()
    return Tls(
        version=stream.version(),
        cipher=cipher[0] if cipher else None,
        alpn=stream.selected_alpn_protocol(),
    )
