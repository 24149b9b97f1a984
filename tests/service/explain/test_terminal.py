"""Bars out of blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.service.explain.terminal import BAR, FULL_NATS, SIDE, bar, signed, two_sided


@given(share=st.floats(-1, 2))
def test_a_bar_keeps_its_place(share: float) -> None:
    """Bars of all lengths take the same room, so what follows stays aligned."""
    assert len(bar(share)) == BAR


@pytest.mark.parametrize(
    ("share", "drawn"), [(0.0, "    "), (0.5, "██  "), (1.0, "████"), (0.28, "█▏  ")]
)
def test_a_bar_is_as_long_as_its_share(share: float, drawn: str) -> None:
    """Lengths are told to an eighth of a cell."""
    assert bar(share, 4) == drawn


@given(nats=st.floats(-1e6, 1e6))
def test_both_sides_have_one_middle(nats: float) -> None:
    """What speaks for is right of the middle, what speaks against left."""
    drawn = two_sided(nats)
    assert (len(drawn), drawn[SIDE]) == (2 * SIDE + 1, "│")
    left, right = drawn[:SIDE].count("█"), drawn[SIDE + 1 :].count("█")
    assert min(left, right) == 0
    assert (left if nats < 0 else right) == round(min(abs(nats) / FULL_NATS, 1.0) * SIDE)


@pytest.mark.parametrize(("nats", "said"), [(-0.004, "+0.00"), (-0.006, "-0.01"), (1.5, "+1.50")])
def test_nothing_has_no_sign_of_its_own(nats: float, said: str) -> None:
    """What rounds to nothing does not look as if it spoke against."""
    assert signed(nats) == said
