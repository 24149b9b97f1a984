import numpy as np
import pytest

from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.hypotheses import ENVIRONMENT, IMPOSSIBLE, TRANSPORT, log
from octet.service.engine.posterior import combine

PRIOR = log(np.array([0.25, 0.75])[:, None, None] * (TRANSPORT[:, None] * ENVIRONMENT))[
    None, :, :, :, None
]
EXITS = np.zeros((1, 2, 6, 1, 1))


def test_no_evidence_leaves_the_prior() -> None:
    """Nothing seen, nothing learnt."""
    posterior = combine(PRIOR, EXITS, [])
    np.testing.assert_allclose(posterior.country[0], [0.25, 0.75])
    np.testing.assert_allclose(posterior.manner[0], TRANSPORT[:, None] * ENVIRONMENT)


def test_bayes_rule_by_hand() -> None:
    """Odds multiply."""
    ratio = np.log([4.0, 1.0]).reshape(1, 2, 1, 1, 1)
    posterior = combine(PRIOR, EXITS, [Evidence("x", Group.ADDRESS, ratio)])
    assert posterior.country[0, 0] / posterior.country[0, 1] == pytest.approx(4 / 3)


def test_suspicion_is_what_is_not_good() -> None:
    """M is the mass outside of honest people on honest paths."""
    table = TRANSPORT[:, None] * ENVIRONMENT
    good = table[[0, 1, 4]][:, :2].sum()
    posterior = combine(PRIOR, EXITS, [])
    assert posterior.suspicion[0] == pytest.approx(1 - good)
    plain = table[:2, :2].sum()
    assert posterior.log_odds[0] == pytest.approx(np.log((1 - good) / plain))


def test_impossible_evidence_stays_finite() -> None:
    """Evidence against everything normalises all the same."""
    posterior = combine(
        PRIOR, EXITS, [Evidence("x", Group.TIMING, np.full((1, 1, 1, 1, 1), IMPOSSIBLE))]
    )
    assert posterior.country[0].sum() == pytest.approx(1.0)
    assert np.isfinite(posterior.log_odds).all()
