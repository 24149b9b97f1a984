"""Clocks compared no more exactly than they can be."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.check.finding import Status
from octet.edge.check.skew import Skew, judge_edge, judge_service, skew_by_date

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000


@given(
    theirs_ms=st.integers(NOW_MS, NOW_MS + DAY_MS),
    there_ms=st.integers(0, 5000),
    back_ms=st.integers(0, 5000),
    ahead_ms=st.integers(-DAY_MS, DAY_MS),
)
def test_the_truth_is_within(theirs_ms: int, there_ms: int, back_ms: int, ahead_ms: int) -> None:
    """Whatever the way took and the header cut off, the real difference is not excluded."""
    date = formatdate(theirs_ms // 1000, usegmt=True)
    asked_ms, answered_ms = (
        theirs_ms + ahead_ms - there_ms,
        theirs_ms + ahead_ms + back_ms,
    )
    skew = skew_by_date(date, asked_ms, answered_ms)
    assert skew is not None
    assert skew.least <= ahead_ms <= skew.most
    assert abs(skew.certain) <= abs(ahead_ms)


@pytest.mark.parametrize("date", ["", "yesterday", "2026-09-21T00:00:00Z"])
def test_no_date(date: str) -> None:
    """What is no date of HTTP's tells nothing."""
    assert skew_by_date(date, NOW_MS, NOW_MS) is None


@pytest.mark.parametrize(
    ("skew", "words"),
    [
        (Skew(-900, 100), "agrees with"),
        (Skew(2500, 3500), "is 2.5 s ahead of"),
        (Skew(-43_000, -42_000), "is 42 s behind"),
        (Skew(600_000, 601_000), "is 10 minutes ahead of"),
        (Skew(-7_300_000, -7_200_000), "is 2 hours behind"),
        (Skew(3 * DAY_MS, 4 * DAY_MS), "is 3 days ahead of"),
    ],
)
def test_words(skew: Skew, words: str) -> None:
    """The part that is certain is what is said."""
    assert str(skew) == f"this machine's clock {words}"


@pytest.mark.parametrize(
    ("ahead_s", "signs", "status"),
    [
        (0, True, Status.OK),
        (30, True, Status.OK),
        (31, True, Status.WARN),
        (-300, True, Status.WARN),
        (301, True, Status.FAIL),
        (-302, True, Status.FAIL),
        (301, False, Status.WARN),
    ],
)
def test_judged(ahead_s: int, signs: bool, status: Status) -> None:
    """Beyond what the service allows to signatures it is fatal to an edge that signs."""
    headers = {"date": formatdate(NOW_MS / 1000, usegmt=True)}
    here_ms = NOW_MS + ahead_s * 1000
    asked_ms = here_ms + 1000 * (ahead_s > 0)  # of the second that the header cuts off
    finding = judge_service(headers, asked_ms, here_ms + 1000, signs=signs)
    assert finding.status is status
    assert status is Status.OK or finding.remedy


def test_edge() -> None:
    """The time in a receipt is compared likewise."""
    assert judge_edge(NOW_MS, NOW_MS - 30, NOW_MS + 30).status is Status.OK
    far = judge_edge(NOW_MS, NOW_MS + 119_000, NOW_MS + 121_000)
    assert far.status is Status.WARN
    assert "119 s ahead of the edge's" in far.text
