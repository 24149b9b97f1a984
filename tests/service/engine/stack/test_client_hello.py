"""JA4 against vectors published by others.

Sources: FoxIO's specification of JA4 (Chrome, and its rules for ALPN) and its unit tests, the
dissector tests of Wireshark and uTLS's profiles (Firefox), a capture by browserleaks.com (Chrome).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.service.engine.stack.client_hello import (
    ClientHello,
    Engine,
    is_grease,
    read_client_hello,
)
from tests.service.engine.stack.hellos import CHROME, FIREFOX, SAFARI, hello

CHROME_CIPHERS = "002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9"
CHROME_SIGNATURES = "0403,0804,0401,0503,0805,0501,0806,0601"
FIREFOX_CIPHERS = (
    "002f,0035,009c,009d,1301,1302,1303,c009,c00a,c013,c014,c02b,c02c,c02f,c030,cca8,cca9"
)
FIREFOX_SIGNATURES = "0403,0503,0603,0804,0805,0806,0401,0501,0601,0203,0201"

VECTORS = [
    (
        "t13d1516h2_8daaf6152771_e5627efa2ab1",
        CHROME_CIPHERS,
        "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01",
        CHROME_SIGNATURES,
    ),
    (
        "t13d1516h2_8daaf6152771_d8a2da3f94cd",
        CHROME_CIPHERS,
        "0005,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,44cd,fe0d,ff01",
        CHROME_SIGNATURES,
    ),
    (
        "t13d1715h2_5b57614c22b0_3d5424432f57",
        FIREFOX_CIPHERS,
        "0005,000a,000b,000d,0015,0017,001c,0022,0023,002b,002d,0033,ff01",
        FIREFOX_SIGNATURES,
    ),
    (
        "t13d1715h2_5b57614c22b0_5c2c66f702b0",
        FIREFOX_CIPHERS,
        "0005,000a,000b,000d,0017,001c,0022,0023,002b,002d,0033,fe0d,ff01",
        FIREFOX_SIGNATURES,
    ),
]


def numbers(text: str) -> list[int]:
    return [int(part, 16) for part in text.split(",")]


@pytest.mark.parametrize(("ja4", "ciphers", "extensions", "signatures"), VECTORS)
@pytest.mark.parametrize("grease", [None, 0x0A0A, 0xFAFA])
def test_published_fingerprints(
    ja4: str, ciphers: str, extensions: str, signatures: str, grease: int | None
) -> None:
    """Order and GREASE do not matter, all else does."""
    message = hello(
        numbers(ciphers)[::-1],
        [0x0010, *numbers(extensions), 0x0000],
        numbers(signatures),
        grease=grease,
    )
    found = read_client_hello(message)
    assert found is not None
    assert found.ja4() == ja4


@pytest.mark.parametrize(
    ("alpn", "letters"),
    [
        (b"h2", "h2"),
        (b"http/1.1", "h1"),
        (b"x", "x0"),
        (b"", "00"),
        (b"\xab", "ab"),
        (b"\xab\xcd", "ad"),
        (b"\x30\xab", "3b"),
        (b"\x30\x31\xab\xcd", "3d"),
        (b"\x30\xab\xcd\x31", "01"),
    ],
)
def test_alpn_letters(alpn: bytes, letters: str) -> None:
    """The first protocol's ends are letters, or digits of its hex."""
    found = read_client_hello(hello([0x1301], [0x0010], [], alpn=alpn))
    assert found is not None
    assert found.ja4()[8:10] == letters


def test_empty_parts() -> None:
    """What is empty is zeros; no name is an i; the version is the message's own without more."""
    found = read_client_hello(hello([], [], [], versions=()))
    assert found is not None
    assert found.ja4() == "t12i000000_000000000000_000000000000"


@pytest.mark.parametrize(
    ("message", "engine"),
    [(CHROME, Engine.BLINK), (FIREFOX, Engine.GECKO), (SAFARI, Engine.WEBKIT)],
)
def test_libraries(message: bytes, engine: Engine) -> None:
    """Each engine's own extensions give it away; a bare client is none of them."""
    found = read_client_hello(message)
    assert found is not None
    assert found.engine is engine
    plain = read_client_hello(hello([0x1301], [0x0000, 0x002B], [0x0403]))
    assert plain is not None
    assert plain.engine is Engine.OTHER


def test_grease() -> None:
    """RFC 8701 reserves sixteen values."""
    assert sum(map(is_grease, range(0x10000))) == 16


@given(st.one_of(st.binary(max_size=400), st.integers(0, len(CHROME)).map(lambda n: CHROME[:n])))
def test_any_bytes_are_read(data: bytes) -> None:
    """Hostile and truncated messages are read as far as they go, and have a fingerprint."""
    for message in (data, b"\x01" + data, bytes(CHROME[:40]) + data):
        found = read_client_hello(message)
        if found is not None:
            assert len(found.ja4()) == 36
            assert found.engine in Engine


@given(at=st.integers(0, len(CHROME) - 1), byte=st.integers(0, 255))
def test_any_damage_is_read(at: int, byte: int) -> None:
    """One wrong byte does not break the reader."""
    found = read_client_hello(CHROME[:at] + bytes([byte]) + CHROME[at + 1 :])
    assert found is None or isinstance(found, ClientHello)


def test_long_lists_are_counted_to_99() -> None:
    """Counts keep two digits."""
    found = read_client_hello(hello(list(range(0x2000, 0x2000 + 150)), [0x0000], []))
    assert found is not None
    assert found.ja4().startswith("t13d9902")
