"""What a trusted proxy tells of the connection that it terminated in the edge's place."""

import base64
import re
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from attrs import frozen

from octet.edge.connection.client_hello import MAX_CLIENT_HELLO_BYTES, is_client_hello
from octet.schema import AbsenceReason, TcpTiming, Tls

RTT: Final = b"x-octet-tcp-rtt-us"
RTT_VAR: Final = b"x-octet-tcp-rttvar-us"
CLIENT_HELLO: Final = b"x-octet-tls-client-hello"
SYN: Final = b"x-octet-syn"
HINT_HEADERS: Final = frozenset({RTT, RTT_VAR, CLIENT_HELLO, SYN})

_MAX_US: Final = 0xFFFFFFFF
"""The kernel's own width."""
_MAX_SYN_BYTES: Final = 256

_Fact = TypeVar("_Fact")


@frozen
class Hints:
    """The facts, each absence with its reason, and the header without them."""

    tcp: TcpTiming | AbsenceReason
    tls: Tls | AbsenceReason
    """With a ClientHello only: the edge's own TLS, if any, is the proxy's and not the browser's."""
    syn: str | AbsenceReason
    """Base64."""
    headers: tuple[tuple[bytes, bytes], ...]
    """All others as received, in order."""


def take_hints(headers: Iterable[tuple[bytes, bytes]]) -> Hints:
    """Take the hints out of the *headers* of a trusted peer; to others' they are only headers.

    A hint that is not there, or empty, is ``behind-proxy``; one that is there twice, or is not
    what it should be, is ``error``, and so is the observation that it belongs to. A deviation
    without a round trip says nothing.
    """
    given: dict[bytes, list[bytes]] = {name: [] for name in HINT_HEADERS}
    others = []
    for name, value in headers:
        hints = given.get(name.lower())
        if hints is None:
            others.append((name, value))
        else:
            hints.append(value)
    hello = _hint(given[CLIENT_HELLO], _client_hello)
    return Hints(
        tcp=_tcp(_hint(given[RTT], _microseconds), _hint(given[RTT_VAR], _microseconds)),
        tls=hello if isinstance(hello, AbsenceReason) else Tls(client_hello=hello),
        syn=_hint(given[SYN], _syn),
        headers=tuple(others),
    )


def _hint(values: list[bytes], read: Callable[[bytes], _Fact]) -> _Fact | AbsenceReason:
    """Read the one value, if there is one."""
    if values in ([], [b""]):
        return AbsenceReason.BEHIND_PROXY
    try:
        (value,) = values
        return read(value)
    except ValueError:
        return AbsenceReason.ERROR


def _tcp(rtt_us: int | AbsenceReason, rtt_var_us: int | AbsenceReason) -> TcpTiming | AbsenceReason:
    if AbsenceReason.ERROR in {rtt_us, rtt_var_us}:
        return AbsenceReason.ERROR
    if isinstance(rtt_us, AbsenceReason):
        return rtt_us
    return TcpTiming(
        rtt_us=rtt_us, rtt_var_us=None if isinstance(rtt_var_us, AbsenceReason) else rtt_var_us
    )


def _microseconds(value: bytes) -> int:
    if re.fullmatch(rb"[0-9]{1,10}", value) is None or int(value) > _MAX_US:
        raise ValueError
    return int(value)


def _client_hello(value: bytes) -> str:
    message = _decoded(value, MAX_CLIENT_HELLO_BYTES)
    if not is_client_hello(message):
        raise ValueError
    return base64.b64encode(message).decode()


def _syn(value: bytes) -> str:
    return base64.b64encode(_decoded(value, _MAX_SYN_BYTES)).decode()


def _decoded(value: bytes, most: int) -> bytes:
    data = base64.b64decode(value, validate=True)
    if len(data) > most:
        raise ValueError
    return data
