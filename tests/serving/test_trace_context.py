"""The header ``traceparent``, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.serving.trace_context import TraceContext

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


def digits(count: int) -> st.SearchStrategy[str]:
    """Return hex digits, not all of them zero."""
    return st.integers(1, 16**count - 1).map(lambda number: f"{number:0{count}x}")


@given(digits(32), digits(16), st.booleans())
def test_round_trip(trace_id: str, parent_id: str, sampled: bool) -> None:
    """What is written is read as it was."""
    context = TraceContext(trace_id, parent_id, sampled)
    assert TraceContext.read([str(context)]) == context


@pytest.mark.parametrize(
    ("value", "sampled"),
    [
        (f"00-{TRACE}-{PARENT}-01", True),
        (f"00-{TRACE}-{PARENT}-00", False),
        (f"00-{TRACE}-{PARENT}-03", True),  # a flag of a later level
        (f" 00-{TRACE}-{PARENT}-01\t", True),
        (f"cc-{TRACE}-{PARENT}-01", True),  # a later version
        (f"cc-{TRACE}-{PARENT}-01-what-the-future-will-be-like", True),
    ],
)
def test_good(value: str, sampled: bool) -> None:
    """A header of this version, or of a later one that begins like it, names its trace."""
    assert TraceContext.read([value]) == TraceContext(TRACE, PARENT, sampled)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        [f"00-{TRACE}-{PARENT}"],
        [f"00-{TRACE}-{PARENT}-01-more"],
        [f"00-{TRACE}-{PARENT}-01."],
        [f"cc-{TRACE}-{PARENT}-01.what"],
        [f"ff-{TRACE}-{PARENT}-01"],
        [f"00-{TRACE.upper()}-{PARENT}-01"],
        [f"00-{'0' * 32}-{PARENT}-01"],
        [f"00-{TRACE}-{'0' * 16}-01"],
        [f"00-{TRACE[1:]}-{PARENT}-01"],
        [f"00-{TRACE}-{PARENT}-01\n"],
        [f"00-{TRACE}-{PARENT}-01"] * 2,
    ],
)
def test_malformed(values: list[str]) -> None:
    """Anything else is as if it had not come."""
    assert TraceContext.read(values) is None


@given(st.lists(st.text(max_size=80), max_size=2))
def test_any_text(values: list[str]) -> None:
    """No header makes the reader fail."""
    TraceContext.read(values)
