"""Dates in claims are ISO 8601 with an offset, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.service.credentials.instant import to_ms, to_text


@given(st.integers(0, 4_000_000_000))
def test_round_trip(seconds: int) -> None:
    """What is written is read as the same second."""
    assert to_ms(to_text(seconds * 1000)) == seconds * 1000


@pytest.mark.parametrize(
    ("text", "epoch_ms"),
    [
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T01:00:01+01:00", 1000),
        ("1970-01-01T00:00:01.5+00:00", 1500),
    ],
)
def test_offsets(text: str, epoch_ms: int) -> None:
    """Every offset names the same instant."""
    assert to_ms(text) == epoch_ms


@pytest.mark.parametrize("text", ["", "tomorrow", "1970-01-01T00:00:01", "1970-01-01", "9" * 40])
def test_refused(text: str) -> None:
    """A date without time or offset is none."""
    with pytest.raises(ValueError, match="ISO 8601"):
        to_ms(text)
