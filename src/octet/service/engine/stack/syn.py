"""What the first packet of a TCP connection says about the machine that sent it.

The order of the options is the stack's own choice and survives routers and tunnels below TCP:

    Linux, Android, ChromeOS    mss sack ts nop ws             TTL 64
    Windows                     mss nop ws nop nop sack        TTL 128
    macOS, iOS                  mss nop ws nop nop ts sack     TTL 64

Window and scale change from release to release, and routers clamp the MSS; neither decides.

Source: RFC 9293 and 7323 for the format; p0f's database of signatures for the orders.
"""

from enum import StrEnum

from attrs import frozen

_V4, _V6 = 4, 6
_TCP = 6
_V4_HEADER, _V6_HEADER, _TCP_HEADER = 20, 40, 20
_EXTENSIONS = frozenset({0, 43, 60})
"""IPv6: hop-by-hop, routing and destination options, each with its length in eight bytes."""
_SYN = 0x02
_END, _NOP, _MSS, _SCALE, _SACK, _TIMESTAMP = 0, 1, 2, 3, 4, 8
_NAMES = {_MSS: "mss", _SCALE: "ws", _SACK: "sack", _TIMESTAMP: "ts"}
_UNIX_TTL = 64


class System(StrEnum):
    """Families of TCP stacks."""

    LINUX = "linux"
    WINDOWS = "windows"
    APPLE = "apple"
    OTHER = "other"


_ORDERS = {
    ("mss", "sack", "ts", "nop", "ws"): System.LINUX,
    ("mss", "nop", "ws", "nop", "nop", "sack"): System.WINDOWS,
    ("mss", "nop", "ws", "nop", "nop", "ts", "sack"): System.APPLE,
}


@frozen
class Syn:
    """A SYN packet in numbers."""

    ttl: int
    """Time to live, or hop limit, on arrival."""
    window: int
    """Bytes, unscaled."""
    mss: int | None
    """Bytes."""
    scale: int | None
    """Shift of the window."""
    options: tuple[str, ...]
    """Kinds in order, up to the end-of-options."""

    @property
    def system(self) -> System:
        """The family of the stack that sent it."""
        found = _ORDERS.get(self.options, System.OTHER)
        # Nothing on the way adds to a TTL: more than 64 was never a Unix's default.
        return System.OTHER if (self.ttl > _UNIX_TTL) is not (found is System.WINDOWS) else found


def read_syn(packet: bytes) -> Syn | None:
    """Read IP and TCP header of a SYN; None for anything that is none. Never raises."""
    start = _tcp_start(packet)
    if start is None or len(packet) < start + _TCP_HEADER or not packet[start + 13] & _SYN:
        return None
    end = start + (packet[start + 12] >> 4) * 4
    names, values = _options(packet[start + _TCP_HEADER : end])
    return Syn(
        ttl=packet[8] if packet[0] >> 4 == _V4 else packet[7],
        window=int.from_bytes(packet[start + 14 : start + 16], "big"),
        mss=_number(values.get(_MSS), 2),
        scale=_number(values.get(_SCALE), 1),
        options=names,
    )


def _tcp_start(packet: bytes) -> int | None:
    """Return where the TCP header begins."""
    version = packet[0] >> 4 if packet else 0
    if version == _V4 and len(packet) >= _V4_HEADER and packet[9] == _TCP:
        length = (packet[0] & 0x0F) * 4
        return length if length >= _V4_HEADER else None
    if version != _V6 or len(packet) < _V6_HEADER:
        return None
    kind, at = packet[6], _V6_HEADER
    while kind in _EXTENSIONS and len(packet) >= at + 2:
        kind, at = packet[at], at + 8 + packet[at + 1] * 8
    return at if kind == _TCP else None


def _options(data: bytes) -> tuple[tuple[str, ...], dict[int, bytes]]:
    names: list[str] = []
    values: dict[int, bytes] = {}
    at = 0
    while at < len(data) and data[at] != _END:
        kind = data[at]
        if kind == _NOP:
            names.append("nop")
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        if size < 2 or at + size > len(data):  # noqa: PLR2004 - kind and length themselves
            break
        names.append(_NAMES.get(kind, str(kind)))
        values.setdefault(kind, data[at + 2 : at + size])
        at += size
    return tuple(names), values


def _number(value: bytes | None, size: int) -> int | None:
    return int.from_bytes(value, "big") if value is not None and len(value) == size else None
