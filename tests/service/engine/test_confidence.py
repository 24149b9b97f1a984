import datetime as dt

import numpy as np
import pytest

from octet.service.engine.confidence import (
    DESCRIBED,
    MOST_YEARS,
    SUSPICION_COST,
    YEARLY_COST,
    confidences,
)
from octet.service.engine.facts import Facts

TABLES = dt.date(2026, 1, 1)
TODAY_MS = int(dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)
YEAR_MS = int(365.25 * 24 * 3600 * 1000)


def sure(top: float, suspicion: float = 0.0, years: float = 0.0) -> float:
    fact = Facts(source_ip="10.0.0.1", received_at_ms=TODAY_MS + int(years * YEAR_MS))
    best, confidence = confidences(
        np.array([[1 - top, top]]), np.array([suspicion]), [fact], TABLES
    )
    assert best[0] == int(top > 0.5)
    return float(confidence[0])


def test_it_rises_with_the_posterior() -> None:
    """Surer posteriors give surer answers, never certainty."""
    values = [sure(top) for top in (0.55, 0.7, 0.9, 0.99, 1.0)]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(DESCRIBED)


def test_suspicion_and_age_cost() -> None:
    """Doubtful settings and old tables lower it."""
    assert sure(0.99, suspicion=1.0) == pytest.approx((1 - SUSPICION_COST) * sure(0.99))
    assert sure(0.99, years=1.0) == pytest.approx((1 - YEARLY_COST) * sure(0.99))
    assert sure(0.99, years=50.0) == pytest.approx(sure(0.99, years=MOST_YEARS))


def test_a_report_older_than_the_tables_is_not_surer() -> None:
    """A clock that is behind earns nothing."""
    assert sure(0.99, years=-3.0) == sure(0.99)
