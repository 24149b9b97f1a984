"""The window slides over the requests."""

from hypothesis import given
from hypothesis import strategies as st

from octet.service.quotas.window import Window

MINUTE_MS = 60_000


def test_a_minute() -> None:
    """A quota is spent, refused, and comes back as its requests grow old."""
    window = Window()
    first = window.take(2, 500)
    assert (first.admitted, first.remaining, first.reset_s) == (True, 1, 60.5)
    second = window.take(2, 10_000)
    assert (second.admitted, second.remaining) == (True, 0)
    refused = window.take(2, 60_999)
    assert (refused.admitted, refused.remaining, refused.reset_s) == (False, 0, 0.001)
    third = window.take(2, 61_000)
    assert (third.admitted, third.remaining, third.reset_s) == (True, 0, 10.0)


def test_smaller_quota() -> None:
    """A credential that was issued anew with less counts what it did before."""
    window = Window()
    for _ in range(5):
        window.take(5, 0)
    assert window.take(3, 0).remaining == 0
    assert not window.take(3, 0).admitted


@given(
    st.integers(1, 5),
    st.lists(st.integers(0, 30_000), max_size=60).map(
        lambda gaps: [sum(gaps[: n + 1]) for n in range(len(gaps))]
    ),
)
def test_never_more_in_any_minute(limit: int, times_ms: list[int]) -> None:
    """No minute has more requests than the quota; none is refused but for those of 61 seconds.

    Who is refused is told when to come, and is let in then.
    """
    window = Window()
    admitted: list[int] = []
    for now_ms in times_ms:
        allowance = window.take(limit, now_ms)
        lately = sum(at > now_ms - MINUTE_MS for at in admitted)
        if allowance.admitted:
            admitted.append(now_ms)
            assert lately < limit
        else:
            assert sum(at > now_ms - MINUTE_MS - 1000 for at in admitted) >= limit
        assert 0 <= allowance.remaining < limit
        assert 0 < allowance.reset_s <= 61
    if times_ms:
        last = window.take(limit, times_ms[-1])
        later_ms = times_ms[-1] + last.reset_s * 1000
        assert last.admitted or window.take(limit, later_ms).admitted
