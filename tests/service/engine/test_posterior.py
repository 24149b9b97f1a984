import numpy as np
import pytest

from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.hypotheses import ENVIRONMENT, IMPOSSIBLE, TRANSPORT, Hypotheses, log
from octet.service.engine.posterior import combine, dense

COUNTRY = np.array([0.25, 0.75])
HALVES = np.array([[0.0, 1.0], [1.0, 0.0]])
PRIOR = Hypotheses(
    country=COUNTRY,
    log_country=log(COUNTRY),
    log_manner=log(TRANSPORT[:, None] * ENVIRONMENT),
    travel=HALVES,
    exits=HALVES,
    own_exit=np.ones((len(TRANSPORT), 2)),
    by_exit=np.zeros((3, 3, 2)),
)
EXITS = np.zeros((1, len(TRANSPORT), 1, 2), np.float32)


def test_no_evidence_leaves_the_prior() -> None:
    """Nothing seen, nothing learnt."""
    posterior = combine(PRIOR, EXITS, [])
    np.testing.assert_allclose(posterior.country[0], COUNTRY)
    np.testing.assert_allclose(posterior.manner[0], TRANSPORT[:, None] * ENVIRONMENT)


def test_bayes_rule_by_hand() -> None:
    """Odds multiply."""
    ratio = np.log([4.0, 1.0]).reshape(1, 1, 1, 2)
    posterior = combine(PRIOR, EXITS, [Evidence("x", Group.ADDRESS, path=ratio)])
    assert posterior.country[0, 0] / posterior.country[0, 1] == pytest.approx(4 / 3)


def test_suspicion_is_what_is_not_good() -> None:
    """M is the mass outside of honest people on honest paths."""
    table = TRANSPORT[:, None] * ENVIRONMENT
    good = table[[0, 1, 4, 6]][:, :2].sum()
    posterior = combine(PRIOR, EXITS, [])
    assert posterior.suspicion[0] == pytest.approx(1 - good)
    plain = table[[0, 1, 6]][:, :2].sum()
    assert posterior.log_odds[0] == pytest.approx(np.log((1 - good) / plain))


def test_impossible_evidence_stays_finite() -> None:
    """Evidence against everything normalises all the same."""
    against = np.full((1, len(TRANSPORT), 1, 1), IMPOSSIBLE, np.float32)
    posterior = combine(PRIOR, EXITS, [Evidence("x", Group.TIMING, path=against)])
    assert posterior.country[0].sum() == pytest.approx(1.0)
    assert np.isfinite(posterior.log_odds).all()


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_full_sum(seed: int) -> None:
    """Over random evidence of every shape, the factored sum is the full one."""
    rng = np.random.default_rng(seed)
    shapes = {"manner": (3, 7, 4), "path": (3, 7, 4, 2), "settings": (3, 4, 2)}
    tables = {name: rng.normal(0, 4, shape) for name, shape in shapes.items()}
    tables["path"] = tables["path"].astype(np.float32)
    follows = rng.normal(0, 4, (3, 2, 4, 2))
    evidence = [
        Evidence("one", Group.TIMING, manner=tables["manner"], path=tables["path"]),
        Evidence("two", Group.ENVIRONMENT, settings=tables["settings"], follows=follows),
    ]
    exits = rng.normal(0, 2, (3, 7, 4, 2)).astype(np.float32)
    fast, full = combine(PRIOR, exits, evidence), dense(PRIOR, exits, evidence)
    np.testing.assert_allclose(fast.country, full.country, rtol=1e-5)
    np.testing.assert_allclose(fast.manner, full.manner, rtol=1e-5)
