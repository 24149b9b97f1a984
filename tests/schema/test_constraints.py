import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.schema.constraints import (
    Address,
    Base64,
    Constraint,
    CountryCode,
    Identifier,
    Length,
    Members,
    Pattern,
    Range,
    SessionRef,
)

BASE64, COUNTRY, IDENTIFIER, REF = (
    get_args(kind)[1] for kind in (Base64, CountryCode, Identifier, SessionRef)
)

TABLE: list[tuple[Constraint, list[Any], list[Any]]] = [
    (Range(0), [0, 0.5, 1e308], [-1, -0.001]),
    (Range(high=1), [1, -5], [1.001]),
    (Range(-90, 90), [-90, 0, 90], [-90.5, 91]),
    (Length(1, 2), [(1,), (1, 2)], [(), (1, 2, 3)]),
    (Members(1), [{}, {"a": 1}], [{"a": 1, "b": 2}]),
    (Pattern("[ab]+"), ["a", "abab"], ["", "c", "ac", "a\n", " a"]),
    (REF, ["sess_abc", "A.z~0-9_", "x" * 128], ["sess_ab", "x" * 129, "sess/abcd", "sess_abcé"]),
    (COUNTRY, ["DE"], ["de", "D", "DEU", "DE\n", "ÄÖ"]),
    (IDENTIFIER, ["a", "~" * 128, "!"], ["", "a b", "a\n", "a\x7f", "é", "~" * 129]),
    (BASE64, ["AA==", "AAA=", "AAAA", "+/+/AA=="], ["", "A", "AA", "AAA", "AA=A", "A===", "-_=="]),
    (
        Address(),
        ["203.0.113.7", "2001:db8::7", "::1", "::ffff:203.0.113.7"],
        [
            "",
            "203.0.113",
            "203.0.113.07",
            "203.0.113.7/32",
            "fe80::1%eth0",
            "::1%1",
            "host",
            " ::1",
        ],
    ),
]


@pytest.mark.parametrize(
    ("constraint", "value"), [(con, value) for con, good, _ in TABLE for value in good]
)
def test_what_is_in_bounds_passes(constraint: Constraint, value: Any) -> None:
    """Both ends of a bound are inside."""
    constraint.check(value)


@pytest.mark.parametrize(
    ("constraint", "value"), [(con, value) for con, _, bad in TABLE for value in bad]
)
def test_what_is_out_of_bounds_is_refused(constraint: Constraint, value: Any) -> None:
    """The refusal says what must be, and repeats nothing of the value."""
    with pytest.raises(ValueError, match=r"^must (be|have|match) "):
        constraint.check(value)


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        (Range(0), "must be at least 0"),
        (Range(high=1), "must be at most 1"),
        (Range(-90, 90), "must be at least -90 and at most 90"),
    ],
)
def test_a_range_names_only_the_ends_it_has(bounds: Range, text: str) -> None:
    """An open end is not spoken of."""
    with pytest.raises(ValueError, match=re.escape(text)):
        bounds.check(-1e9 if bounds.low is not None else 1e9)


@pytest.mark.parametrize(
    ("constraint", "keywords"),
    [
        (Range(0), {"minimum": 0}),
        (Range(-1, 1), {"minimum": -1, "maximum": 1}),
        (Length(0, 8), {"minItems": 0, "maxItems": 8}),
        (Pattern("a+"), {"pattern": "^a+$"}),
        (Address(), {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
    ],
)
def test_a_constraint_says_itself_in_json_schema(
    constraint: Constraint, keywords: dict[str, Any]
) -> None:
    """The exported keywords say what `check` does."""
    assert constraint.keywords() == keywords


@given(st.ip_addresses())
def test_every_address_is_one(address: object) -> None:
    """Every IPv4 and IPv6 address passes in its usual form."""
    Address().check(str(address))
