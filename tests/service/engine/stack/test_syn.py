import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.service.engine.stack.syn import System, read_syn
from tests.service.engine.stack.hellos import APPLE, LINUX, WINDOWS, syn


@pytest.mark.parametrize(
    ("options", "ttl", "system"),
    [
        (LINUX, 57, System.LINUX),
        (WINDOWS, 117, System.WINDOWS),
        (APPLE, 50, System.APPLE),
        (LINUX, 117, System.OTHER),
        (WINDOWS, 57, System.OTHER),
        (b"\x02\x04\x05\xb4", 57, System.OTHER),
        (b"", 57, System.OTHER),
    ],
)
@pytest.mark.parametrize("version", [4, 6])
def test_families(options: bytes, ttl: int, system: System, version: int) -> None:
    """The order of the options names the stack, and the TTL has to agree."""
    found = read_syn(syn(options, ttl=ttl, version=version))
    assert found is not None
    assert found.system is system
    assert found.ttl == ttl


def test_numbers() -> None:
    """MSS, window and scale are read, behind IPv6 extension headers too."""
    for packet in (syn(LINUX), syn(LINUX, version=6), syn(LINUX, version=6, extension=True)):
        found = read_syn(packet)
        assert found is not None
        assert (found.mss, found.window, found.scale) == (1460, 64240, 7)
        assert found.options == ("mss", "sack", "ts", "nop", "ws")


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x45",
        syn(LINUX)[:30],
        b"\x40" + syn(LINUX)[1:],
        syn(LINUX)[:9] + b"\x11" + syn(LINUX)[10:],
        syn(LINUX)[:33] + b"\x10" + syn(LINUX)[34:],
        b"\x75" + syn(LINUX)[1:],
    ],
)
def test_no_syn(packet: bytes) -> None:
    """What is cut short, no TCP, or no SYN is nothing."""
    assert read_syn(packet) is None


@given(data=st.binary(max_size=120), start=st.sampled_from([b"", b"\x45", b"\x60", syn(b"")]))
def test_any_bytes_are_read(data: bytes, start: bytes) -> None:
    """Hostile packets are read as far as they go."""
    found = read_syn(start + data)
    assert found is None or found.system in System


@given(data=st.binary(max_size=40))
def test_any_options_are_read(data: bytes) -> None:
    """Lengths that lie end the list."""
    found = read_syn(syn(data))
    assert found is not None
    assert len(found.options) <= 40
