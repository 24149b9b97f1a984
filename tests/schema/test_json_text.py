import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.schema import SchemaError, json_text
from octet.schema.json_text import MAX_DEPTH, dumps, loads
from tests.schema.strategies import JSON

REFUSED = [
    (b"", "not JSON"),
    (b" ", "not JSON"),
    (b"{", "not JSON"),
    (b"1 2", "not JSON"),
    (b"{}x", "not JSON"),
    (b"01", "not JSON"),
    (b"1.", "not JSON"),
    (b"+1", "not JSON"),
    (b"'a'", "not JSON"),
    (b"[1,]", "not JSON"),
    (b"// a\n1", "not JSON"),
    (b'"\n"', "not JSON"),
    (b'"\\x41"', "not JSON"),
    (b'"\\u12"', "not JSON"),
    (b"\xef\xbb\xbf{}", "not JSON"),
    (b"\xc2\xa01", "not JSON"),
    (b"True", "not JSON"),
    (b"NaN", "NaN"),
    (b"Infinity", "Infinity"),
    (b"[-Infinity]", "-Infinity"),
    (b"1e999", "out of range"),
    (b"-1e999", "out of range"),
    (b"1" + b"0" * 309, "out of range"),
    (b"-1" + b"0" * 4000, "out of range"),
    (b"1" * 10_000, "digits"),
    (b'{"a":1,"a":1}', "duplicate"),
    (b'{"a":1,"\\u0061":2}', "duplicate"),
    (b'[{"b":{"a":1,"c":0,"a":1}}]', "duplicate"),
    (b'"\\ud800"', "lone surrogate"),
    (b'["\\udc00\\ud800"]', "lone surrogate"),
    (b'{"\\udfff":1}', "lone surrogate"),
    (b'["\\uD83D","\\uDE00"]', "lone surrogate"),
    (b'[[{"a":[1,"\\ud800"]}]]', "lone surrogate"),
    (b'[[{"a":[0,1' + b"0" * 309 + b"]}]]", "out of range"),
    (b"[" * 300 + b"]" * 300, "nested deeper"),
    (b"[" * 17 + b'"]"' + b"]" * 17, "nested deeper"),
    (b'{"]":[' * 9 + b"0" + b"]}" * 9, "nested deeper"),
    (b'["]",' * 17 + b"0" + b',"["]' * 17, "nested deeper"),
    (b'["\\"",' * 17 + b"0" + b"]" * 17, "nested deeper"),
    (b'"\xff"', "invalid UTF-8"),
    (b'"\xc0\x80"', "invalid UTF-8"),
    (b'"\xed\xa0\x80"', "invalid UTF-8"),
    ('"é"'.encode("latin-1"), "invalid UTF-8"),
    ('{"a":1}'.encode("utf-16"), "invalid UTF-8"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_parsers_disagree_about_is_refused(text: bytes, reason: str) -> None:
    """Text that is not strict JSON is malformed, and the error says why."""
    with pytest.raises(SchemaError, match=reason) as caught:
        loads(text)
    assert caught.value.code == "malformed"
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b" null\n", None),
        (b"-0.0", 0.0),
        (b"1.7976931348623157e308", 1.7976931348623157e308),
        (b"9007199254740993", 9007199254740993),
        (b"1e-999", 0.0),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\ud800"', "\\ud800"),
        ('"😀\u2028"'.encode(), "😀\u2028"),
        (b'"\\u0000"', "\0"),
        (b'{"a":1,"A":2,"":3}', {"a": 1, "A": 2, "": 3}),
    ],
)
def test_strict_json_is_read(text: bytes, value: Any) -> None:
    """Odd but strict JSON is read as it says."""
    assert loads(text) == value


@pytest.mark.parametrize(("left", "right"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("max_depth", [1, 2, MAX_DEPTH])
def test_depth_has_a_limit(left: bytes, right: bytes, max_depth: int) -> None:
    """Containers nest up to the limit and not once more; what they hold does not count."""
    inner = left * (max_depth - 1) + b'{"x":"y"}' + right * (max_depth - 1)
    loads(inner, max_depth=max_depth)
    with pytest.raises(SchemaError, match=f"nested deeper than {max_depth}"):
        loads(left + inner + right, max_depth=max_depth)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5000 + b"]" * 5000])
def test_a_tower_of_brackets_harms_nobody(text: bytes) -> None:
    """Nesting far beyond the interpreter's own stack is refused like any other."""
    with pytest.raises(SchemaError, match="nested deeper"):
        loads(text)


def test_writing_is_compact() -> None:
    """Written JSON has no spaces, and UTF-8 in place of escapes."""
    assert dumps({"a": [1, 2.5, True, None, "é"]}) == '{"a":[1,2.5,true,null,"é"]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_json_is_not_written(value: float) -> None:
    """NaN and Infinity never get onto the wire."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps({"a": value})


@given(JSON)
def test_what_is_written_is_read_back(value: Any) -> None:
    """Reading undoes writing."""
    assert loads(dumps(value)) == value


@given(st.binary())
def test_any_bytes_are_json_or_refused(text: bytes) -> None:
    """No bytes at all raise anything but `SchemaError`."""
    try:
        value = loads(text)
    except SchemaError:
        return
    assert value == json.loads(text)


@given(st.text(alphabet='[]{}",:\\u0d8c1e+-.9ntrfalsx \n\ud800', max_size=40))
def test_nearly_json_is_json_or_refused(text: str) -> None:
    """Nor does text made of JSON's own characters."""
    try:
        value = loads(text.encode("utf-8", "surrogatepass"))
    except SchemaError:
        return
    assert loads(dumps(value)) == value


NEARLY = st.text(alphabet='[]{}",:\\u0d8c1e+-.9ntrfalsx \n\ud800', max_size=40).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@given(NEARLY | st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_the_quick_way_is_never_wrong(text: bytes) -> None:
    """What the quick parser vouches for, the thorough one reads as the very same value."""
    value = json_text._quick(text, MAX_DEPTH)
    if value is not json_text._UNSURE:
        assert repr(json_text._thorough(text, MAX_DEPTH)) == repr(value)


@pytest.mark.parametrize("text", [text for text, _ in REFUSED])
def test_the_quick_way_vouches_for_nothing_that_is_refused(text: bytes) -> None:
    """Whatever the thorough parser refuses, the quick one is not sure of."""
    assert json_text._quick(text, MAX_DEPTH) is json_text._UNSURE


@pytest.mark.parametrize(
    "text",
    [b'{"a:b":"c:d","u":"wss://x:1"}', b'[[{"n":[1.5,-2,1e300]}]]', '{"é":"\u2028"}'.encode()],
)
def test_the_quick_way_takes_what_is_common(text: bytes) -> None:
    """Colons in strings, numbers and UTF-8 need no thorough parser."""
    assert json_text._quick(text, MAX_DEPTH) == json.loads(text)


def test_without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does without orjson reads and writes the same."""
    monkeypatch.setattr(json_text, "orjson", None)
    value = {"a": [1, 2.5, None, "é"], "b": {"c": True}}
    assert loads(dumps(value)) == value
    with pytest.raises(SchemaError, match="duplicate"):
        loads(b'{"a":1,"a":1}')
