"""Writes small databases in MaxMind's format, for IPv4.

Source: https://maxmind.github.io/MaxMind-DB/ (MaxMind DB File Format Specification 2.0).
"""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

_STRING, _UINT16, _UINT32, _MAP, _UINT64, _ARRAY = 2, 5, 6, 7, 9, 11
_MARKER = b"\xab\xcd\xefMaxMind.com"
_SEPARATOR = bytes(16)


def write_mmdb(path: Path, records: Mapping[str, Any]) -> Path:
    """Write a database of networks, as text, to records, and return its path."""
    nodes: list[list[int | None]] = [[None, None]]
    data, offsets = b"", {}
    for network, record in records.items():
        offsets[network] = len(data)
        data += _encoded(record)
    leaves: dict[tuple[int, int], str] = {}
    for network in records:
        parsed = ip_network(network)
        bits = f"{int(parsed.network_address):032b}"[: parsed.prefixlen]
        at = 0
        for bit in bits[:-1]:
            below = nodes[at][int(bit)]
            if below is None:
                nodes.append([None, None])
                below = nodes[at][int(bit)] = len(nodes) - 1
            at = below
        leaves[at, int(bits[-1])] = network
    tree = b""
    for at, pair in enumerate(nodes):
        for side in (0, 1):
            value = pair[side]
            if (at, side) in leaves:
                value = len(nodes) + len(_SEPARATOR) + offsets[leaves[at, side]]
            tree += (len(nodes) if value is None else value).to_bytes(3, "big")
    meta = {
        "binary_format_major_version": (_UINT16, 2),
        "binary_format_minor_version": (_UINT16, 0),
        "build_epoch": (_UINT64, 1_790_000_000),
        "database_type": "Test",
        "description": {"en": "made by a test"},
        "ip_version": (_UINT16, 4),
        "languages": ["en"],
        "node_count": (_UINT32, len(nodes)),
        "record_size": (_UINT16, 24),
    }
    path.write_bytes(tree + _SEPARATOR + data + _MARKER + _encoded(meta))
    return path


def _encoded(value: Any) -> bytes:
    match value:
        case str():
            return _head(_STRING, len(value.encode())) + value.encode()
        case int():
            return _encoded((_UINT32, value))
        case (int(kind), int(number)):
            digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
            return _head(kind, len(digits)) + digits
        case list():
            return _head(_ARRAY, len(value)) + b"".join(map(_encoded, value))
        case _:
            pairs = (_encoded(name) + _encoded(part) for name, part in value.items())
            return _head(_MAP, len(value)) + b"".join(pairs)


def _head(kind: int, size: int) -> bytes:
    """Return the control bytes; nothing here is longer than 284 bytes, nor has to be."""
    short, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([short, kind - 7]) + more if kind > 7 else bytes([kind << 5 | short]) + more
