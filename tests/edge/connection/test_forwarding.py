"""The source that a chain of trusted proxies names."""

import ipaddress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.connection.forwarding import (
    Mode,
    Source,
    source_of,
    trusted_networks,
    trusts,
)
from tests.edge.connection.haproxy import headers_through_haproxy

TRUSTED = trusted_networks("10.0.0.0/8, 2001:db8:ffff::/48,, 127.0.0.1, ::ffff:192.0.2.0/120")
PEER = "10.0.0.1"
VISITOR = "203.0.113.7"
MODES: tuple[Mode, ...] = ("x-forwarded-for", "rfc7239")


def source(mode: Mode, *lines: str, peer: str = PEER, name: str | None = None) -> Source:
    """Return the source of a request with the *lines* of the header that *mode* reads."""
    header = name or {"x-forwarded-for": "X-Forwarded-For", "rfc7239": "Forwarded"}[mode]
    raw = [(b"host", b"edge.test"), *((header.encode(), line.encode("latin-1")) for line in lines)]
    return source_of(peer, TRUSTED, mode, raw)


def named(ip: str) -> Source:
    """Return what a trusted proxy names."""
    return Source(ip, "trusted-proxy")


def itself(ip: str) -> Source:
    """Return what nobody names."""
    return Source(ip, "direct")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([VISITOR], named(VISITOR)),
        ([f"6.6.6.6, {VISITOR}"], named(VISITOR)),
        (["6.6.6.6", VISITOR], named(VISITOR)),
        ([f"6.6.6.6, {VISITOR}, 10.0.0.2"], named(VISITOR)),
        ([f"6.6.6.6, {VISITOR}", "10.0.0.3, 10.0.0.2"], named(VISITOR)),
        (["10.0.0.3,\t10.0.0.2"], named("10.0.0.3")),
        ([f"{VISITOR} ,, ,10.0.0.2,"], named(VISITOR)),
        ([f"{VISITOR}:4711"], named(VISITOR)),
        (["2001:DB8::7"], named("2001:db8::7")),
        (["[2001:db8::7]"], named("2001:db8::7")),
        (["[2001:db8::7]:4711"], named("2001:db8::7")),
        (["::ffff:203.0.113.7"], named(VISITOR)),
        ([f"{VISITOR}, ::ffff:10.0.0.2"], named(VISITOR)),
        ([f"{VISITOR}, 192.0.2.77"], named(VISITOR)),
        ([f"{VISITOR}, 2001:db8:ffff::1"], named(VISITOR)),
        (['"', VISITOR], named(VISITOR)),
        ([f'", {VISITOR}'], named(VISITOR)),
        ([], itself(PEER)),
        ([""], itself(PEER)),
        (["unknown"], itself(PEER)),
        ([f"{VISITOR}, unknown"], itself(PEER)),
        ([f"{VISITOR}, unknown, 10.0.0.2"], named("10.0.0.2")),
        ([f"{VISITOR}, 10.0.0.256, 10.0.0.2"], named("10.0.0.2")),
        (["10.1"], itself(PEER)),
        (["203.0.113.07"], itself(PEER)),
        (["fe80::1%eth0"], itself(PEER)),
        (["203.0.113.7:"], itself(PEER)),
        (["203.0.113.7:123456"], itself(PEER)),
        (["[203.0.113.7]"], itself(PEER)),
        (["[2001:db8::7"], itself(PEER)),
        (['"203.0.113.7"'], itself(PEER)),
        (["203.0.113.7 203.0.113.8"], itself(PEER)),
        (["２０３.0.113.7".encode().decode("latin-1")], itself(PEER)),
        (["²03.0.113.7"], itself(PEER)),
    ],
)
def test_x_forwarded_for(lines: list[str], expected: Source) -> None:
    """The list is believed from the right, through trusted hops, up to the first that is not."""
    assert source("x-forwarded-for", *lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["for=203.0.113.7"], named(VISITOR)),
        (["For=203.0.113.7;proto=https;by=10.0.0.1"], named(VISITOR)),
        (["by=10.0.0.1 ; host=a.example; FOR=203.0.113.7;"], named(VISITOR)),
        (['for="203.0.113.7"'], named(VISITOR)),
        (['for="203.0.113.7:4711"'], named(VISITOR)),
        (['for="203.0.113.7:_secret.1-x"'], named(VISITOR)),
        (['for="[2001:db8::7]"'], named("2001:db8::7")),
        (['for="[2001:DB8::7]:4711"'], named("2001:db8::7")),
        ([r'for="\2\03.0.113.7"'], named(VISITOR)),
        (["for=6.6.6.6, for=203.0.113.7"], named(VISITOR)),
        (["for=6.6.6.6", "for=203.0.113.7, for=10.0.0.2"], named(VISITOR)),
        (['for="6.6.6.6', 'for="[2001:db8::7]"'], named("2001:db8::7")),
        (['for="6.6.6.6, for=203.0.113.7'], named(VISITOR)),
        (['for=6.6.6.6;by=", for="203.0.113.7"'], named(VISITOR)),
        ([r'for="\", for="203.0.113.7";by="a,b\"c\\"'], named(VISITOR)),
        (['for=203.0.113.7, for=10.0.0.2;host="a, for=6.6.6.6"'], named(VISITOR)),
        (['for=203.0.113.7;host="for=6.6.6.6;for=6.6.6.6"'], named(VISITOR)),
        (["for=203.0.113.7,, for=10.0.0.2,"], named(VISITOR)),
        (["for=203.0.113.7, for=_hidden, for=10.0.0.2"], named("10.0.0.2")),
        (["for=203.0.113.7, for=unknown, for=10.0.0.2"], named("10.0.0.2")),
        (["for=203.0.113.7, by=10.0.0.9, for=10.0.0.2"], named("10.0.0.2")),
        (["for=203.0.113.7, ;, for=10.0.0.2"], named("10.0.0.2")),
        (["for=unknown"], itself(PEER)),
        (['for="unknown:4711"'], itself(PEER)),
        (["for=203.0.113.7:4711"], itself(PEER)),
        (["for=[2001:db8::7]"], itself(PEER)),
        (['for="2001:db8::7"'], itself(PEER)),
        (['for="203.0.113.7:"'], itself(PEER)),
        (['for="203.0.113.7'], itself(PEER)),
        (['for=203.0.113.7"'], itself(PEER)),
        (["for=203.0.113.7;for=203.0.113.8"], itself(PEER)),
        (["for =203.0.113.7"], itself(PEER)),
        (["for=203.0.113.7 proto=https"], itself(PEER)),
        (["for"], itself(PEER)),
        ([VISITOR], itself(PEER)),
    ],
)
def test_forwarded(lines: list[str], expected: Source) -> None:
    """The list of RFC 7239 is believed likewise; who hides is nobody, and ends the belief."""
    assert source("rfc7239", *lines) == expected


@pytest.mark.parametrize("mode", MODES)
def test_only_the_one_header(mode: Mode) -> None:
    """The other header, and names that only look alike, are never read."""
    for name in (
        "x-forwarded-for",
        "forwarded",
        "x-forwarded-for ",
        "x_forwarded_for",
        "x-real-ip",
    ):
        line = VISITOR if mode == "x-forwarded-for" else f"for={VISITOR}"
        read = name == {"x-forwarded-for": "x-forwarded-for", "rfc7239": "forwarded"}[mode]
        assert source(mode, line, name=name) == (named(VISITOR) if read else itself(PEER))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("peer", "ip"), [("198.51.100.9", "198.51.100.9"), ("::ffff:198.51.100.9", "198.51.100.9")]
)
def test_untrusted_peer(mode: Mode, peer: str, ip: str) -> None:
    """A peer that is not trusted is the source, whatever it says."""
    assert source(mode, VISITOR, f"for={VISITOR}", peer=peer) == itself(ip)
    assert source_of(peer, (), mode, [(b"x-forwarded-for", b"6.6.6.6")]) == itself(ip)


def test_mapped_peer() -> None:
    """A peer in mapped form is trusted as its IPv4 address is."""
    assert source("x-forwarded-for", VISITOR, peer="::ffff:10.0.0.1") == named(VISITOR)


ADDRESSES = st.ip_addresses().map(str)
HOPS = st.lists(st.integers(1, 254).map("10.9.9.{}".format), max_size=5)


def plain(ip: str) -> str:
    """Return *ip* as the contract writes it."""
    mapped = getattr(ipaddress.ip_address(ip), "ipv4_mapped", None)
    return str(mapped or ip)


def element(mode: Mode, ip: str) -> str:
    """Write the element that a proxy appends."""
    return ip if mode == "x-forwarded-for" else f'for="{f"[{ip}]" if ":" in ip else ip}"'


@given(
    st.sampled_from(MODES),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40),
    ADDRESSES.filter(lambda ip: not trusts(TRUSTED, ip)),
    HOPS,
    st.data(),
)
def test_nobody_reaches_past_the_trusted_hops(
    mode: Mode, forged: str, visitor: str, hops: list[str], data: Any
) -> None:
    """Whatever a visitor sends, and however the hops cut lines, the source is the address that the
    first trusted hop saw.
    """
    lines = [forged]
    for hop in [visitor, *hops]:
        if data.draw(st.booleans()):
            lines.append(element(mode, hop))
        else:
            lines[-1] += f", {element(mode, hop)}"
    assert source(mode, *lines) == named(plain(visitor))


@given(st.sampled_from(MODES), st.lists(st.text(st.characters(codec="latin-1")), max_size=3))
def test_any_text(mode: Mode, lines: list[str]) -> None:
    """Any text gives some source."""
    found = source(mode, *lines)
    assert ipaddress.ip_address(found.ip)
    assert found == itself(PEER) or found.via == "trusted-proxy"


@pytest.mark.parametrize(
    "text",
    [
        '"' * 60_000,
        "\\" * 60_000,
        '\\"' * 30_000,
        ";  " * 20_000 + "x",
        "a=" * 30_000,
        "," * 60_000,
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_long_lines(mode: Mode, text: str) -> None:
    """A line made to be slow is read in one pass."""
    assert source(mode, text) == itself(PEER)


@pytest.mark.parametrize("text", ["", " , "])
def test_no_networks(text: str) -> None:
    """No networks are none."""
    assert trusted_networks(text) == ()


@pytest.mark.parametrize("text", ["10.0.0.1/8", "example.com", "10.0.0.0/8 10.1.0.0/16", "10/8"])
def test_faulty_networks(text: str) -> None:
    """What is no network is a fault; host bits are a mistake and not guessed at."""
    with pytest.raises(ValueError, match="must be networks like"):
        trusted_networks(text)


@pytest.mark.haproxy
async def test_haproxy(tmp_path: Path) -> None:
    """A real HAProxy's word stands, and what its client forged does not."""
    forged = "X-Forwarded-For: 6.6.6.6, 127.0.0.1"
    raw = await headers_through_haproxy(tmp_path, "option forwardfor", forged, client="127.0.0.2")
    assert [name for name, _ in raw].count(b"x-forwarded-for") == 2
    assert source_of("127.0.0.1", TRUSTED, "x-forwarded-for", raw) == named("127.0.0.2")
