"""The clocks, and what is read off them."""

import email.utils

from octet.edge.clock import HttpDate, epoch_ms, monotonic_ns


def test_clocks_go_on() -> None:
    """Neither clock goes back while nobody sets it."""
    assert epoch_ms() <= epoch_ms()
    assert monotonic_ns() <= monotonic_ns()


def test_date_follows_the_clock() -> None:
    """A date is that of the second that it is asked in, whichever way the clock was set."""
    now_ms = 0
    date = HttpDate(lambda: now_ms)
    for now_ms in (0, 999, 1000, 1_790_000_000_000, 86_400_000, 86_400_999):
        told = email.utils.parsedate_to_datetime(str(date))
        assert told.timestamp() == now_ms // 1000
        assert str(date).endswith(" GMT")
