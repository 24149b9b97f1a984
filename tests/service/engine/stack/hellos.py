"""ClientHello and SYN builders for the tests of the stack."""

from collections.abc import Sequence


def hello(
    ciphers: Sequence[int],
    extensions: Sequence[int],
    signatures: Sequence[int],
    *,
    versions: Sequence[int] = (0x0304, 0x0303),
    alpn: bytes = b"h2",
    grease: int | None = None,
) -> bytes:
    """Return a ClientHello handshake message; versions add their extension if it is not there."""
    reserved = [] if grease is None else [grease]
    kinds = list(extensions)
    if versions and 0x002B not in kinds:
        kinds.append(0x002B)
    contents = {
        0x000D: _vector(2, _numbers([*reserved, *signatures])),
        0x0010: _vector(2, _vector(1, alpn)),
        0x002B: _vector(1, _numbers([*reserved, *versions])),
    }
    body = b"".join(
        kind.to_bytes(2, "big") + _vector(2, contents.get(kind, b"\0" * 3))
        for kind in [*reserved, *kinds]
    )
    message = (
        b"\x03\x03"
        + bytes(32)
        + _vector(1, bytes(32))
        + _vector(2, _numbers([*reserved, *ciphers]))
        + _vector(1, b"\0")
        + _vector(2, body)
    )
    return b"\x01" + _vector(3, message)


def syn(
    options: bytes, *, ttl: int = 57, window: int = 64240, version: int = 4, extension: bool = False
) -> bytes:
    """Return IP and TCP header of a SYN with these options, padded to four bytes."""
    padded = options + bytes(-len(options) % 4)
    tcp = (
        (50000).to_bytes(2, "big")
        + (443).to_bytes(2, "big")
        + bytes(8)
        + bytes([(20 + len(padded)) // 4 << 4, 0x02])
        + window.to_bytes(2, "big")
        + bytes(4)
        + padded
    )
    if version == 4:
        return bytes([0x45, 0]) + bytes(6) + bytes([ttl, 6]) + bytes(10) + tcp
    head = bytes([0x60]) + bytes(5) + bytes([0 if extension else 6, ttl]) + bytes(32)
    return head + (bytes([6, 0]) + bytes(6) if extension else b"") + tcp


LINUX = bytes.fromhex("020405b40402080a0000000100000000 01030307")
WINDOWS = bytes.fromhex("020405b4010303080101 0402")
APPLE = bytes.fromhex("020405b4010303060101080a0000000100000000 04020000")


def _numbers(values: Sequence[int]) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def _vector(size: int, data: bytes) -> bytes:
    return len(data).to_bytes(size, "big") + data


CHROME = hello(
    [0x1301, 0x1302, 0xC02B],
    [0x0000, 0x0017, 0x0023, 0x0010, 0x000D, 0x001B, 0x44CD, 0xFE0D],
    [0x0403],
    grease=0x2A2A,
)
FIREFOX = hello(
    [0x1301, 0x1303, 0xC02B],
    [0x0000, 0x0017, 0x0023, 0x0010, 0x0022, 0x000D, 0x001C],
    [0x0403],
)
SAFARI = hello(
    [0x1301, 0xC02C, 0xC008],
    [0x0000, 0x0017, 0x0010, 0x000D, 0x001B],
    [0x0403],
    grease=0x4A4A,
)
