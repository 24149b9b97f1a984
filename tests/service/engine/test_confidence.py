import datetime as dt

import numpy as np
import pytest

from octet.service.engine.confidence import (
    FRESH_YEARS,
    MOST_YEARS,
    TUNNEL_CAP,
    YEARLY_COST,
    best_countries,
    confidences,
)
from octet.service.engine.facts import Facts

TABLES = dt.date(2026, 1, 1)
TODAY_MS = int(dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)
YEAR_MS = int(365.25 * 24 * 3600 * 1000)


def sure(right: float, tunnel: float = 0.0, years: float = 0.0) -> float:
    fact = Facts(source_ip="10.0.0.1", received_at_ms=TODAY_MS + int(years * YEAR_MS))
    [confidence] = confidences(np.array([right]), np.array([tunnel]), [fact], TABLES)
    return float(confidence)


def test_the_best_country_and_its_logit() -> None:
    """The likeliest country is found, and certainty stays finite."""
    best, logit = best_countries(np.array([[0.25, 0.75], [1.0, 0.0]]))
    assert best.tolist() == [1, 0]
    assert logit[0] == pytest.approx(np.log(3.0))
    assert np.isfinite(logit[1])


def test_a_likely_tunnel_is_never_sure() -> None:
    """The likelier a tunnel, the lower the most that is claimed, down to the cap."""
    values = [sure(0.999, tunnel) for tunnel in (0.0, 0.05, 0.2, 0.5, 1.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(0.999)
    assert values[-1] == pytest.approx(TUNNEL_CAP)
    assert sure(0.6, 1.0) == pytest.approx(0.6)


def test_age_costs() -> None:
    """Old tables lower it, down to an end."""
    assert sure(0.99, years=FRESH_YEARS) == sure(0.99)
    assert sure(0.99, years=FRESH_YEARS + 1) == pytest.approx((1 - YEARLY_COST) * sure(0.99))
    assert sure(0.99, years=50.0) == pytest.approx(sure(0.99, years=FRESH_YEARS + MOST_YEARS))


def test_a_report_older_than_the_tables_is_not_surer() -> None:
    """A clock that is behind earns nothing."""
    assert sure(0.99, years=-3.0) == sure(0.99)
