"""Which address a chain of trusted proxies names as the source.

Every proxy appends the address that it was reached from, so a list is believed from the right,
and only as far as the hops are trusted: what stands left of the first untrusted address was
written by strangers. An element that is no address ends the belief too; then the source is the
last trusted hop itself. Lists are cut from the right as well: what a stranger put to the left, an
open quotation mark say, cannot reach into what a trusted hop appended.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal

from attrs import frozen

from octet.edge.connection.address import plain_address

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Mode = Literal["x-forwarded-for", "rfc7239"]
Via = Literal["direct", "trusted-proxy"]
RawHeaders = Iterable[tuple[bytes, bytes]]
"""Names and values as received, in order."""

_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_BLANK: Final = " \t"
_PORT: Final = r"(?::\d{1,5})?"
_V4, _V6 = r"[\d.]+", r"[\da-f]*:[\da-f:.]*"
_LISTED: Final = re.compile(
    rf"(?P<v4>{_V4}){_PORT}|\[(?P<v6>{_V6})\]{_PORT}|(?P<bare>{_V6})", re.ASCII | re.IGNORECASE
)
"""One hop of X-Forwarded-For: an address, as some proxies write it with brackets and a port."""
_NODE: Final = re.compile(
    rf"(?:(?P<v4>{_V4})|\[(?P<v6>{_V6})\])(?::(?:\d{{1,5}}|_[\w.-]+))?", re.ASCII | re.IGNORECASE
)
"""A node of RFC 7239, 6, that is an address; ``unknown`` and ``_hidden`` are none."""
_TOKEN: Final = r"[!#$%&'*+.^`|~\w-]++"  # noqa: S105 - RFC 9110, 5.6.2
_QUOTED: Final = r'"(?:[^"\\]|\\.)*+"'
_PAIR: Final = rf"(?:{_TOKEN}=(?:{_TOKEN}|{_QUOTED}))?+"
_ELEMENT: Final = re.compile(rf"{_PAIR}(?:[ \t]*+;[ \t]*+{_PAIR})*+", re.ASCII)
"""Possessive throughout, so that no text takes more than one pass."""
_PARAMETER: Final = re.compile(rf"({_TOKEN})=({_TOKEN}|{_QUOTED})", re.ASCII)


@frozen
class Source:
    """Where a request came from."""

    ip: str
    via: Via


def trusted_networks(text: str) -> tuple[Network, ...]:
    """Read networks in CIDR notation, or single addresses, separated by commas.

    Raises:
        ValueError: one is neither, or has host bits set.
    """
    parts = (part.strip() for part in text.split(","))
    try:
        return tuple(_plain_network(ipaddress.ip_network(part)) for part in parts if part)
    except ValueError as exc:
        raise ValueError("must be networks like 10.0.0.0/8, separated by commas") from exc


def trusts(networks: Sequence[Network], address: str) -> bool:
    """Say whether *address*, IPv4-mapped or not, lies in one of *networks* as read above."""
    if not networks:
        return False
    plain = ipaddress.ip_address(plain_address(address))
    return any(plain in network for network in networks)


def source_of(peer: str, networks: Sequence[Network], mode: Mode, headers: RawHeaders) -> Source:
    """Return the address that the trusted part of the chain names as the source.

    Args:
        peer: address at the other end of the connection, or the one of its PROXY header.
        networks: whose word is believed.
        mode: the one header that is read; the other is only a header.
        headers: of the request; several of a name are one list, in order (RFC 9110, 5.3).

    Returns:
        The source; ``trusted-proxy`` when a trusted peer named it, ``direct`` when it is the peer.

    Source: RFC 7239, 4 and 6; X-Forwarded-For as proxies write it.
    """
    source = Source(plain_address(peer), "direct")
    hops = _hops_from_the_right(mode, headers)
    while trusts(networks, source.ip) and (hop := next(hops, None)) is not None:
        source = Source(hop, "trusted-proxy")
    return source


def _hops_from_the_right(mode: Mode, headers: RawHeaders) -> Iterator[str | None]:
    """Yield each hop's address, the nearest first; None for what is none."""
    name, read = _READERS[mode]
    lines = [value.decode("latin-1") for key, value in headers if key.lower() == name]
    for line in reversed(lines):
        for element in _elements_from_the_right(line):
            if element:
                yield read(element)


def _elements_from_the_right(line: str) -> Iterator[str]:
    """Cut *line* at its commas outside quotation marks, the last element first."""
    quoted, end = False, len(line)
    for at in range(len(line) - 1, -1, -1):
        if line[at] == '"' and not _escaped(line, at):
            quoted = not quoted
        elif line[at] == "," and not quoted:
            yield line[at + 1 : end].strip(_BLANK)
            end = at
    yield line[:end].strip(_BLANK)


def _escaped(line: str, at: int) -> bool:
    """Say whether an odd number of backslashes stands before *at*."""
    first = at
    while first and line[first - 1] == "\\":
        first -= 1
    return (at - first) % 2 == 1


def _listed(element: str) -> str | None:
    return _address(_LISTED.fullmatch(element))


def _forwarded(element: str) -> str | None:
    """Return the address in the one ``for`` of an element of ``Forwarded``."""
    if _ELEMENT.fullmatch(element) is None:
        return None
    nodes = [value for name, value in _PARAMETER.findall(element) if name.lower() == "for"]
    return _address(_NODE.fullmatch(_unquoted(nodes[0]))) if len(nodes) == 1 else None


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _address(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    try:
        return plain_address(next(text for text in match.groupdict().values() if text))
    except ValueError:
        return None


def _plain_network(network: Network) -> Network:
    """Return *network*, an IPv4-mapped one as IPv4."""
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        return ipaddress.IPv4Network(
            (int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96)
        )
    return network


_READERS: Final[dict[Mode, tuple[bytes, Callable[[str], str | None]]]] = {
    "x-forwarded-for": (b"x-forwarded-for", _listed),
    "rfc7239": (b"forwarded", _forwarded),
}
