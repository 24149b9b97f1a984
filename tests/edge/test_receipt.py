"""Receipts: sealed by one edge, opened by another of the same deployment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.receipt import LIFETIME_S, ReceiptSealer
from octet.schema import AbsenceReason, ChannelTiming, TcpTiming
from tests.edge.fakes import LICENSE, NOW_MS, REF

TIMING = ChannelTiming(
    edge="fra-1",
    lat=50.11,
    lon=8.68,
    source_ip="203.0.113.7",
    rtt_us=(41_200, 40_900),
    tcp=TcpTiming(rtt_us=40_000, min_rtt_us=39_000),
    at=NOW_MS,
)
FOREIGN, EXPIRED = AbsenceReason.FOREIGN_RECEIPT, AbsenceReason.EXPIRED_RECEIPT


def sealer(license_token: str | None = LICENSE, at_ms: int = NOW_MS) -> ReceiptSealer:
    return ReceiptSealer(license_token, lambda: at_ms)


@pytest.mark.parametrize("ref", [REF, None])
def test_round_trip(ref: str | None) -> None:
    """Another edge of the deployment reads exactly what was sealed."""
    opened = sealer().open_all((sealer().seal(ref, TIMING),), ref)
    assert (opened.channels, opened.refused) == ((TIMING,), None)


@pytest.mark.parametrize(
    ("other", "ref", "reason"),
    [
        (sealer("octet_live_v4.public.x"), REF, FOREIGN),
        (sealer(None), REF, FOREIGN),
        (sealer(), "sess_other", FOREIGN),
        (sealer(), None, FOREIGN),
        (sealer(at_ms=NOW_MS + LIFETIME_S * 1000), REF, EXPIRED),
        (sealer(at_ms=NOW_MS + LIFETIME_S * 1000 - 1), REF, None),
    ],
)
def test_refused(other: ReceiptSealer, ref: str | None, reason: AbsenceReason | None) -> None:
    """A receipt counts for one deployment, one reference and so many seconds."""
    opened = other.open_all((sealer().seal(REF, TIMING),), ref)
    assert opened.refused == reason
    assert opened.channels == (() if reason else (TIMING,))


def test_good_ones_stay() -> None:
    """A refused receipt takes no other with it, and the first reason is told."""
    good, old = sealer().seal(REF, TIMING), sealer("octet_live_v4.public.x").seal(REF, TIMING)
    opened = sealer().open_all((old, good, "v4.local.AA"), REF)
    assert (opened.channels, opened.refused) == ((TIMING,), FOREIGN)


def test_page_learns_nothing() -> None:
    """The receipt shows neither the reference nor the address, and no two are alike."""
    first, second = sealer().seal(REF, TIMING), sealer().seal(REF, TIMING)
    assert first != second
    assert REF not in first


_PASETO = st.from_regex(r"v4\.local\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?", fullmatch=True)


@given(st.text() | _PASETO)
def test_arbitrary_text_is_foreign(text: str) -> None:
    """Whatever a page carries, opening it raises nothing."""
    assert sealer().open_all((text,), REF).refused == FOREIGN
