"""Structured fields, by the examples of their RFC."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.service.credentials.structured_fields import byte_sequence, members


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # RFC 8941, section 3.2
        ('en="Applepie", da=:w4ZibGV0w6ZydGU=:', {"en": '"Applepie"', "da": ":w4ZibGV0w6ZydGU=:"}),
        ("a=?0, b, c; foo=bar", {"a": "?0", "b": "", "c": ""}),
        ("rating=1.5, feelings=(joy sadness)", {"rating": "1.5", "feelings": "(joy sadness)"}),
        ("a=(1 2), c=4;aa=bb, d=(5 6);valid", {"a": "(1 2)", "c": "4;aa=bb", "d": "(5 6);valid"}),
        ("a=1 ,\tb=-2", {"a": "1", "b": "-2"}),
        ("a=1, a=2", {"a": "2"}),
        ('a=(  "x"   y;p=" )"  )', {"a": '(  "x"   y;p=" )"  )'}),
        (r'a="\"\\, b="', {"a": r'"\"\\, b="'}),
        ("", {}),
        ("  a=1  ", {"a": "1"}),
    ],
)
def test_dictionary(text: str, expected: dict[str, str]) -> None:
    """Members are told apart, whatever their values hold."""
    assert members(text) == expected


@pytest.mark.parametrize(
    "text",
    ["a=1,", ",a=1", "a=1 b=2", "A=1", "a=", 'a="', "a=(1", "a=(1(2))", "=1", "a=1,,b=2", "é"],
)
def test_no_dictionary(text: str) -> None:
    """What is no dictionary is refused as a whole."""
    with pytest.raises(ValueError, match="no "):
        members(text)


@given(st.dictionaries(st.from_regex("[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True), st.binary()))
def test_byte_sequences(values: dict[str, bytes]) -> None:
    """Bytes come back as they were written."""
    text = ", ".join(f"{k}=:{base64.b64encode(v).decode()}:" for k, v in values.items())
    assert {name: byte_sequence(value) for name, value in members(text).items()} == values


@pytest.mark.parametrize("text", ["", "AAAA", ":AAAA", ":AAA:", ":A=AA:", ":AA AA:", '"AAAA"'])
def test_no_bytes(text: str) -> None:
    """What is no byte sequence is refused."""
    with pytest.raises(ValueError, match="no "):
        byte_sequence(text)


@pytest.mark.parametrize("piece", ['("', "(a ", "a;", "a=b;b=c", "( ", 'a="\\"', "((", "a, "])
def test_long_nonsense_is_read_once(piece: str) -> None:
    """However long a field is, it is read in one go: this ends."""
    text = "a=" + piece * 20_000
    try:
        members(text + "\x00")
    except ValueError:
        return
    raise AssertionError("a control character is no part of a field")
