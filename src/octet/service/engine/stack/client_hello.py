"""What a TLS ClientHello says about the library that sent it, and its JA4 name.

    JA4 = t, version, d or i, number of ciphers, number of extensions, ALPN
          _ 12 digits of SHA-256 over the sorted ciphers
          _ 12 digits of SHA-256 over the sorted extensions without SNI and ALPN, _, and the
            signature algorithms in their own order

all without the reserved values of GREASE (RFC 8701).

Source: RFC 8446, 4.1.2, and FoxIO's JA4 (TLS client, BSD 3-clause),
https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md; the tests hold its own vectors.
The libraries are told apart by extensions that only one of them sends: Chromium's application
settings (17513, 17613), Firefox's delegated credentials (34) and record size limit (28) without
GREASE, Apple's GREASE without Chromium's extensions and without session tickets (35).
"""

import hashlib
import struct
from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

_CLIENT_HELLO = 1
_SNI, _SIGNATURES, _ALPN, _VERSIONS = 0, 13, 16, 43
_TICKET, _RECORD_SIZE, _CREDENTIALS, _CERTIFICATES = 35, 28, 34, 27
_SETTINGS = frozenset({17513, 17613})
_VERSION_NAMES = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0x0002: "s2",
}
_KIND_AND_SIZE = struct.Struct(">HH")
_MOST = 99
_DIGITS = 12


class Engine(StrEnum):
    """Families of browsers by what they are made of."""

    BLINK = "blink"
    GECKO = "gecko"
    WEBKIT = "webkit"
    OTHER = "other"


@frozen
class ClientHello:
    """A ClientHello in numbers, GREASE left in."""

    version: int
    """``legacy_version``."""
    ciphers: tuple[int, ...]
    extensions: tuple[int, ...]
    """Types in order."""
    contents: Mapping[int, bytes] = field(repr=False)
    """Of each type, the first one's."""

    @property
    def versions(self) -> tuple[int, ...]:
        """``supported_versions``."""
        return _numbers(_Bytes(self.contents.get(_VERSIONS, b"")).vector(1).rest)

    @property
    def signatures(self) -> tuple[int, ...]:
        """``signature_algorithms``."""
        return _numbers(_Bytes(self.contents.get(_SIGNATURES, b"")).vector(2).rest)

    @property
    def alpn(self) -> bytes:
        """The first protocol offered, empty for none."""
        return _Bytes(self.contents.get(_ALPN, b"")).vector(2).vector(1).rest

    @property
    def greased(self) -> bool:
        """Whether the client reserves values against ossification."""
        return any(map(is_grease, self.ciphers))

    @property
    def engine(self) -> Engine:
        """The family of the library."""
        sent = set(self.extensions)
        if self.greased and sent & _SETTINGS:
            return Engine.BLINK
        if not self.greased and {_CREDENTIALS, _RECORD_SIZE} <= sent:
            return Engine.GECKO
        if self.greased and _CERTIFICATES in sent and _TICKET not in sent:
            return Engine.WEBKIT
        return Engine.OTHER

    def ja4(self) -> str:
        """Return the JA4 fingerprint of the connection over TCP."""
        ciphers = [value for value in self.ciphers if not is_grease(value)]
        extensions = [value for value in self.extensions if not is_grease(value)]
        offered = [value for value in self.versions if not is_grease(value)]
        version = _VERSION_NAMES.get(max(offered, default=self.version), "00")
        named = "d" if _SNI in extensions else "i"
        counts = f"{min(len(ciphers), _MOST):02d}{min(len(extensions), _MOST):02d}"
        kinds = _hex(sorted(value for value in extensions if value not in {_SNI, _ALPN}))
        signatures = _hex([value for value in self.signatures if not is_grease(value)])
        rest = f"{kinds}_{signatures}" if signatures else kinds
        head = f"t{version}{named}{counts}{_alpn(self.alpn)}"
        return f"{head}_{_digest(_hex(sorted(ciphers)))}_{_digest(rest)}"


def is_grease(value: int) -> bool:
    """Say whether a value is one of RFC 8701's: both bytes alike, each ending in A."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF  # noqa: PLR2004 - the RFC's own


def read_client_hello(message: bytes) -> ClientHello | None:
    """Read a handshake message from its type byte; None for what is no ClientHello. Never raises.

    One that ends early is read as far as it goes.
    """
    if len(message) < 4 or message[0] != _CLIENT_HELLO:  # noqa: PLR2004 - type and length
        return None
    body = _Bytes(message[4 : 4 + int.from_bytes(message[1:4], "big")])
    version = body.number(2)
    body.take(32)
    body.vector(1)
    ciphers = body.vector(2)
    body.vector(1)
    found = _extensions(body.vector(2))
    return ClientHello(
        version=version,
        ciphers=_numbers(ciphers.rest),
        extensions=tuple(kind for kind, _ in found),
        contents=dict(reversed(found)),
    )


class _Bytes:
    """Bytes that are taken from the front; past the end there is nothing, or 0."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, size: int) -> bytes:
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> "_Bytes":
        """Take a length of *size* bytes, and what it measures."""
        return _Bytes(self.take(self.number(size)))


def _extensions(data: _Bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    view, at = data.rest, 0
    while at + 4 <= len(view):
        kind, size = _KIND_AND_SIZE.unpack_from(view, at)
        found.append((kind, view[at + 4 : at + 4 + size]))
        at += 4 + size
    return found


def _numbers(data: bytes) -> tuple[int, ...]:
    count = len(data) // 2
    return struct.unpack(f">{count}H", data[: 2 * count])


def _hex(values: list[int]) -> str:
    return ",".join(f"{value:04x}" for value in values)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS] if text else "0" * _DIGITS


def _alpn(protocol: bytes) -> str:
    """Return the first and the last character of the first protocol; of its hex digits where
    either is no ASCII letter or digit.
    """
    if not protocol:
        return "00"
    ends = bytes((protocol[0], protocol[-1]))
    if len(protocol) == 1 and chr(protocol[0]).isalnum() and protocol.isascii():
        return protocol.decode() + "0"
    if all(chr(byte).isalnum() and byte < 128 for byte in ends):  # noqa: PLR2004 - ASCII
        return ends.decode()
    return protocol.hex()[0] + protocol.hex()[-1]
